"""What an answer of Spoki means: Meta's error table and Spoki's, row by row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns import reasons
from campaigns.sender.codes import RULES, is_new
from campaigns.sender.outcome import Outcome, of_error, of_receipt, of_report
from campaigns.sender.policy import DEFAULT_POLICY
from spoki import (
    SendReceipt,
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)

DAY = timedelta(hours=24)
NO_CODE = "no_code"


def refused(code: str | None) -> SpokiRefused:
    return SpokiRefused("send_template", status=400, code=code, detail="no")


def meant(code: str, *, attempts: int = 1, **changes) -> Outcome:
    return of_error(refused(code), attempts=attempts, **changes)


def receipt(**changes) -> SendReceipt:
    fields: dict[str, Any] = {
        "uuid": "ab12",
        "id": "7",
        "status": None,
        "is_held": False,
        "raw": {},
    }
    return SendReceipt(**fields | changes)


def meta(*codes: int) -> list[str]:
    return [f"whatsapp::{code}" for code in codes]


def test_an_answer_with_an_identifier_is_accepted():
    outcome = of_receipt(receipt())

    assert (outcome.status, outcome.provider_uuid, outcome.provider_id) == ("accepted", "ab12", "7")


def test_a_200_without_identifier_is_unknown():
    outcome = of_receipt(receipt(uuid=None, id=None))

    assert (outcome.status, outcome.reason) == ("unknown", "no_identifier")


def test_a_held_message_is_accepted_and_never_resent():
    outcome = of_receipt(receipt(is_held=True))

    assert (outcome.status, outcome.reason, outcome.again_in) == ("accepted", "held", None)


@pytest.mark.parametrize(
    "error",
    [
        SpokiOutcomeUnknown("send_template"),
        SpokiOutcomeUnknown("send_template", status=500),
        SpokiOutcomeUnknown("send_template", status=503, code="whatsapp::131016"),
    ],
    ids=["no_answer_or_html", "a_5xx", "a_5xx_with_a_code_that_might_go_again"],
)
def test_what_may_have_left_is_unknown_and_never_queued_again(error):
    outcome = of_error(error, attempts=1)

    assert (outcome.status, outcome.reason, outcome.again_in) == ("unknown", "no_answer", None)
    assert outcome.freeze is None


@pytest.mark.parametrize(
    ("retry_after", "rest"),
    [
        (None, 60),
        (7.0, 7),
        (0.0, 60),
        (1e14, 3600),
        (86_400.0, 3600),
    ],
    ids=["without_a_minute", "as_long_as_asked", "of_the_past", "hostile", "a_day_is_an_hour"],
)
def test_a_429_puts_the_message_back_halves_the_speed_and_rests(retry_after, rest):
    outcome = of_error(SpokiThrottled("send_template", retry_after=retry_after), attempts=9)

    assert (outcome.status, outcome.halve, outcome.is_counted) == ("queued", True, False)
    assert outcome.freeze == timedelta(seconds=rest)


def test_the_policy_says_how_long_a_429_rests():
    policy = replace(DEFAULT_POLICY, default_rest=timedelta(minutes=5), longest_rest=timedelta(1))
    silent, asked = SpokiThrottled("send"), SpokiThrottled("send", retry_after=1e9)

    assert of_error(silent, attempts=1, policy=policy).freeze == timedelta(minutes=5)
    assert of_error(asked, attempts=1, policy=policy).freeze == timedelta(1)


@pytest.mark.parametrize("code", meta(130429, 4, 80007))
def test_metas_own_throttling_is_paced_and_costs_no_attempt(code):
    outcome = meant(code, attempts=9)

    assert (outcome.status, outcome.halve, outcome.is_counted) == ("queued", True, False)
    assert outcome.freeze == timedelta(seconds=60)


def test_when_spoki_cannot_be_reached_everything_rests_without_losing_speed():
    outcome = of_error(SpokiUnreachable("send_template"), attempts=5)

    assert (outcome.status, outcome.halve) == ("queued", False)
    assert outcome.freeze == timedelta(seconds=10)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_stops_the_account_and_loses_nothing(status):
    outcome = of_error(SpokiAuthError("send_template", status=status), attempts=1)

    assert (outcome.status, outcome.account_pause) == ("queued", "wrong_credentials")
    assert outcome.error_code == f"http::{status}"


def test_a_404_fails_the_message_and_says_where_to_look():
    outcome = of_error(SpokiNotFound("send_template", status=404), attempts=1)

    assert (outcome.status, outcome.reason) == ("failed", "endpoint_missing")
    assert not outcome.is_new_code


# code → (state of the message, pause of the account, pause of the campaign), when it comes in the
# answer of the first attempt.
IN_THE_ANSWER = {
    "credit_used_up_stops_the_account": (["spoki::1029"], ("queued", "credit_exhausted", "")),
    "a_payment_problem_stops_the_account": (meta(131042), ("queued", "payment_problem", "")),
    "the_spam_limit_stops_the_account": (meta(131048), ("queued", "spam_limit", "")),
    "a_blocked_account_stops": (meta(131031, 368), ("queued", "account_blocked", "")),
    "enforced_categories_stop_the_account": (meta(131064), ("queued", "miscategorised", "")),
    "a_portfolio_under_review_stops": (meta(135000), ("queued", "portfolio_pacing", "")),
    "an_expired_token_stops_the_account": (meta(0, 190), ("queued", "meta_token", "")),
    "a_missing_permission_stops_the_account": (
        meta(3, 10, 200, 250, 299, 131005),
        ("queued", "meta_permission", ""),
    ),
    "a_deleted_number_stops_the_account": (meta(33), ("queued", "number_deleted", "")),
    "an_unapproved_name_stops_the_account": (meta(131037), ("queued", "display_name", "")),
    "an_unregistered_number_stops_the_account": (
        meta(131045, 133010),
        ("queued", "number_not_registered", ""),
    ),
    "a_paused_template_keeps_the_message": (meta(132015), ("queued", "", "template_paused")),
    "a_disabled_template_keeps_the_message": (meta(132016), ("queued", "", "template_disabled")),
    "a_blocked_form_stops_the_campaign": (meta(132068), ("queued", "", "flow_blocked")),
    "a_throttled_form_stops_the_campaign": (meta(132069), ("queued", "", "flow_throttled")),
    "a_mapping_mistake_stops_at_the_first": (
        meta(132000, 132012),
        ("failed", "", "template_mismatch"),
    ),
    "a_missing_language_stops_the_campaign": (meta(132001), ("failed", "", "template_missing")),
    "a_forbidden_content_stops_the_campaign": (
        [*meta(132007), "spoki::3014"],
        ("failed", "", "template_content"),
    ),
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [(code, row) for codes, row in IN_THE_ANSWER.values() for code in codes],
    ids=[f"{name}-{code}" for name, (codes, _row) in IN_THE_ANSWER.items() for code in codes],
)
def test_a_wall_for_everybody_stops_at_the_first_sign(code, expected):
    outcome = meant(code)

    assert (outcome.status, outcome.account_pause, outcome.campaign_pause) == expected
    assert not outcome.is_counted


FOR_ONE_PERSON = {
    "undeliverable": meta(131026),
    "window_closed": meta(131047),
    "experiment": meta(130472),
    "country_restricted": meta(130497),
    "own_number": meta(131021),
    "text_too_long": meta(132005),
    "value_refused": [*meta(132018), "local::empty_variable", "local::variable_layout"],
    "bad_phone": ["local::invalid_phone"],
    "bad_parameter": meta(100, 131008, 131009),
    "unsupported_type": meta(131051),
    "media_problem": meta(131052, 131053),
    "refused_by_spoki": ["spoki::3004"],
    "refused": meta(133016),
}


@pytest.mark.parametrize(
    ("reason", "code"),
    [(reason, code) for reason, codes in FOR_ONE_PERSON.items() for code in codes],
)
def test_what_the_same_message_would_meet_again_fails_and_stops_nobody(reason, code):
    outcome = meant(code)

    assert (outcome.status, outcome.reason) == ("failed", reason)
    assert (outcome.account_pause, outcome.campaign_pause, outcome.again_in) == ("", "", None)
    assert not outcome.withdraw
    assert not outcome.is_new_code


@pytest.mark.parametrize("code", ["whatsapp::131050", "spoki::1044"])
def test_a_person_who_stopped_marketing_is_suppressed(code):
    outcome = meant(code)

    assert (outcome.status, outcome.reason, outcome.withdraw) == (
        "failed",
        "stopped_marketing",
        True,
    )


@pytest.mark.parametrize("code", meta(1, 2, 131000))
def test_an_error_of_metas_own_leaves_it_open_and_is_never_resent(code):
    outcome = meant(code)

    assert (outcome.status, outcome.reason, outcome.again_in) == (
        "unknown",
        "provider_unsure",
        None,
    )


def test_too_many_messages_to_one_person_wait_ever_longer_for_that_person_only():
    waits = [meant("whatsapp::131056", attempts=attempt) for attempt in (1, 2, 3, 4)]
    given_up = meant("whatsapp::131056", attempts=5)

    assert [w.again_in for w in waits] == [timedelta(seconds=s) for s in (4, 16, 64, 256)]
    assert {(w.status, w.freeze, w.halve) for w in waits} == {("queued", None, False)}
    assert (given_up.status, given_up.reason) == ("failed", "too_many_attempts")


@pytest.mark.parametrize(("dice", "rest"), [(0.0, DAY), (1.0, DAY + timedelta(hours=1))])
def test_marketing_held_back_by_meta_is_tried_again_once_after_a_day_and_a_little(dice, rest):
    first = meant("whatsapp::131049", attempts=1, dice=dice)
    second = meant("whatsapp::131049", attempts=2, dice=dice)

    assert (first.status, first.again_in, first.is_counted) == ("queued", rest, True)
    assert (second.status, second.reason, second.again_in) == ("failed", "marketing_cap", None)


@pytest.mark.parametrize(
    ("code", "rest"), [("131016", 30), ("133004", 30), ("131057", 60)], ids=str
)
def test_a_whatsapp_that_is_away_is_tried_thrice_ever_later_and_everybody_rests(code, rest):
    first, second, third = (meant(f"whatsapp::{code}", attempts=n) for n in (1, 2, 3))

    assert (first.again_in, second.again_in) == (
        timedelta(seconds=rest),
        timedelta(seconds=4 * rest),
    )
    assert {first.freeze, second.freeze, third.freeze} == {timedelta(seconds=rest)}
    assert (third.status, third.reason) == ("failed", "too_many_attempts")


@pytest.mark.parametrize(
    ("code", "is_told"),
    [("spoki::9999", True), ("whatsapp::139999", True), ("77", True), (None, False)],
    ids=["of_spoki", "of_meta", "a_bare_number", NO_CODE],
)
def test_an_unknown_code_fails_this_message_only_and_is_told(code, is_told):
    outcome = of_error(refused(code), attempts=1)

    assert (outcome.status, outcome.reason) == ("failed", "refused")
    assert outcome.error_code == (code or "http::400")
    assert (outcome.account_pause, outcome.campaign_pause, outcome.is_new_code) == ("", "", is_told)


def test_a_refusal_of_our_own_is_no_news():
    assert not is_new("local::batch_too_large")
    assert not is_new("http::418")
    assert not is_new("")


# What a webhook reports of a message that was accepted: it surely did not arrive.
BACK_ONCE_MORE = {
    "meta_holds_marketing_back": ("whatsapp::131049", DAY),
    "too_fast_for_the_person": ("whatsapp::131056", timedelta(seconds=4)),
    "too_fast_for_the_number": ("whatsapp::130429", timedelta(0)),
    "whatsapp_was_away": ("whatsapp::131016", timedelta(seconds=30)),
    "credit_that_a_person_tops_up": ("spoki::1029", timedelta(0)),
    "a_payment_that_a_person_repairs": ("whatsapp::131042", timedelta(0)),
    "a_token_that_a_person_renews": ("whatsapp::190", timedelta(0)),
}


@pytest.mark.parametrize(("code", "rest"), BACK_ONCE_MORE.values(), ids=BACK_ONCE_MORE)
def test_a_late_failure_that_passes_goes_back_to_the_queue(code, rest):
    outcome = of_report(code, attempts=1)

    assert (outcome.status, outcome.again_in, outcome.is_counted) == ("queued", rest, True)


@pytest.mark.parametrize(
    "code",
    [
        "spoki::3004",
        *meta(132015, 135000, 131048, 368, 131031, 131064, 131026, 131050, 131000, 132001),
    ],
)
def test_a_late_failure_that_would_come_again_or_was_dropped_by_meta_is_final(code):
    assert of_report(code, attempts=1).status == "failed"


@pytest.mark.parametrize("code", meta(130429, 131016, 131042))
def test_no_message_goes_round_for_ever(code):
    assert of_report(code, attempts=DEFAULT_POLICY.most_attempts).status == "failed"


def test_a_late_unknown_code_fails_its_message_and_is_told():
    outcome = of_report("spoki::9999", attempts=1)

    assert (outcome.status, outcome.reason, outcome.is_new_code) == ("failed", "refused", True)


def test_every_code_that_is_written_down_has_its_sentence():
    written = {rule.reason for rule in RULES.values()}
    written |= {rule.account_pause for rule in RULES.values() if rule.account_pause}
    written |= {rule.campaign_pause for rule in RULES.values() if rule.campaign_pause}

    assert written <= reasons.CODES
