"""What an answer of Spoki means."""

from datetime import timedelta

import pytest

from campaigns import reasons
from campaigns.sender.outcome import RULES, of_error, of_receipt
from spoki import (
    SendReceipt,
    SpokiAuthError,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)


def refused(code: str) -> SpokiRefused:
    return SpokiRefused("send_template", status=400, code=code, detail="no")


def test_an_answer_with_an_identifier_is_accepted():
    outcome = of_receipt(SendReceipt(uuid="ab12", id="7", status=None, is_held=False, raw={}))

    assert (outcome.status, outcome.provider_uuid, outcome.provider_id) == ("accepted", "ab12", "7")


def test_an_answer_without_identifier_is_unknown():
    outcome = of_receipt(SendReceipt(uuid=None, id=None, status=None, is_held=False, raw={}))

    assert (outcome.status, outcome.reason) == ("unknown", "no_identifier")


def test_a_held_message_is_accepted_and_never_resent():
    outcome = of_receipt(SendReceipt(uuid="ab12", id=None, status=None, is_held=True, raw={}))

    assert (outcome.status, outcome.reason) == ("accepted", "held")


def test_a_lost_answer_is_unknown_and_never_queued_again():
    outcome = of_error(SpokiOutcomeUnknown("send_template"), attempts=1)

    assert (outcome.status, outcome.reason, outcome.again_in) == ("unknown", "no_answer", None)


def test_a_429_puts_the_message_back_and_rests_as_long_as_spoki_asks():
    outcome = of_error(SpokiThrottled("send_template", retry_after=7.0), attempts=1)

    assert outcome.status == "queued"
    assert outcome.freeze == timedelta(seconds=7)
    assert outcome.halve


def test_a_senseless_retry_after_silences_us_for_an_hour_at_most():
    outcome = of_error(SpokiThrottled("send_template", retry_after=1e14), attempts=1)

    assert outcome.freeze == timedelta(hours=1)


def test_a_429_without_retry_after_rests_a_minute():
    outcome = of_error(SpokiThrottled("send_template"), attempts=9)

    assert outcome.status == "queued"
    assert outcome.freeze == timedelta(seconds=60)


def test_when_spoki_cannot_be_reached_everything_rests_without_losing_speed():
    outcome = of_error(SpokiUnreachable("send_template"), attempts=5)

    assert outcome.status == "queued"
    assert outcome.freeze == timedelta(seconds=10)
    assert not outcome.halve


def test_a_wrong_key_stops_the_account_and_loses_nothing():
    outcome = of_error(SpokiAuthError("send_template", status=401), attempts=1)

    assert (outcome.status, outcome.account_pause) == ("queued", "wrong_credentials")


@pytest.mark.parametrize(
    "code",
    [
        "spoki::1029",
        "whatsapp::131042",
        "whatsapp::131048",
        "whatsapp::131031",
        "whatsapp::368",
        "whatsapp::131064",
        "whatsapp::135000",
    ],
)
def test_a_wall_for_the_whole_account_stops_it_at_the_first_sign(code):
    outcome = of_error(refused(code), attempts=1)

    assert outcome.status == "queued"
    assert outcome.account_pause


@pytest.mark.parametrize("code", ["whatsapp::132015", "whatsapp::132016"])
def test_a_paused_or_disabled_template_stops_its_campaign_and_keeps_the_message(code):
    outcome = of_error(refused(code), attempts=1)

    assert outcome.status == "queued"
    assert outcome.campaign_pause in {"template_paused", "template_disabled"}


@pytest.mark.parametrize("code", ["whatsapp::132000", "whatsapp::132001", "whatsapp::132012"])
def test_a_mapping_mistake_fails_one_message_and_stops_the_campaign(code):
    outcome = of_error(refused(code), attempts=1)

    assert (outcome.status, outcome.campaign_pause) == ("failed", "template_mismatch")


def test_too_many_messages_to_one_person_wait_ever_longer_for_that_person_only():
    first = of_error(refused("whatsapp::131056"), attempts=1)
    second = of_error(refused("whatsapp::131056"), attempts=2)
    fifth = of_error(refused("whatsapp::131056"), attempts=5)

    assert first.again_in == timedelta(seconds=4)
    assert second.again_in == timedelta(seconds=16)
    assert (fifth.status, fifth.reason) == ("failed", "too_many_attempts")
    assert first.freeze is None


def test_marketing_held_back_by_meta_is_tried_again_once_after_a_day():
    first = of_error(refused("whatsapp::131049"), attempts=1)
    second = of_error(refused("whatsapp::131049"), attempts=2)

    assert (first.status, first.again_in) == ("queued", timedelta(hours=24))
    assert (second.status, second.reason) == ("failed", "marketing_cap")


@pytest.mark.parametrize("code", ["whatsapp::131050", "spoki::1044"])
def test_a_person_who_stopped_marketing_is_suppressed(code):
    outcome = of_error(refused(code), attempts=1)

    assert (outcome.status, outcome.withdraw) == ("failed", True)


def test_an_unknown_code_fails_this_message_only():
    outcome = of_error(refused("spoki::9999"), attempts=1)

    assert (outcome.status, outcome.error_code) == ("failed", "spoki::9999")
    assert not outcome.account_pause
    assert not outcome.campaign_pause


def test_every_code_that_is_written_down_has_its_sentence():
    written = {rule.reason for rule in RULES.values()}
    written |= {rule.account_pause for rule in RULES.values() if rule.account_pause}
    written |= {rule.campaign_pause for rule in RULES.values() if rule.campaign_pause}

    assert written <= reasons.CODES
