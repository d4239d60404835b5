"""What a probe sends, and what Spoki answers."""

from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Grant, SpokiAccount, TierRecipient
from campaigns.routes import RouteRefused
from spoki import (
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)
from tests.campaigns.route_probe.steps import PHONE, Probe, State
from tests.factories.audiences import make_contact
from tests.factories.routes import TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def refusal(call, *args: Any, **changes: Any) -> str:
    with pytest.raises(RouteRefused) as refused:
        call(*args, **changes)
    assert str(refused.value) != refused.value.code
    return refused.value.code


# What is sent


def test_a_probe_is_the_very_call_that_campaigns_use_with_one_person_in_it(probe, spoki, route):
    sent = probe()

    ((trigger, contact),) = spoki.started
    assert spoki.calls == ["start_automation_bulk"]
    assert (trigger, contact.phone, contact.language) == (TRIGGER, PHONE, "it")
    assert contact.variables == {"FIRST_NAME": "Ada"}
    assert contact.metadata == {"msg": sent.key.hex}
    route.refresh_from_db()
    assert (sent.state, route.state) == (Probe.WAITING, State.PROBING)


def test_a_probe_counts_in_the_ledger_like_any_send(probe):
    probe()

    assert [grant.count for grant in Grant.objects.all()] == [1]
    assert TierRecipient.objects.get().phone == PHONE


def test_a_probe_needs_no_consent_but_not_a_blocked_phone(probe, spoki):
    make_contact(phone=PHONE, is_blocked=True)

    assert refusal(probe) == "blocked"
    assert spoki.calls == []


def test_a_probe_goes_to_nobody_outside_the_allowlist(probe, spoki, route):
    assert refusal(probe, allowlist=["+393330000009"]) == "not_on_allowlist"

    route.refresh_from_db()
    assert (spoki.calls, route.state) == ([], State.OFF)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("phone", ["", "ciao", "+390212345678"])
def test_a_probe_needs_a_phone_that_has_whatsapp(probe, spoki, phone):
    assert refusal(probe, phone=phone) == "not_a_mobile"
    assert spoki.calls == []


def test_a_route_that_is_on_is_not_tested_under_its_campaigns(probe, spoki, account):
    assert refusal(probe, route=make_route()) == "route_cannot_be_tested"
    assert spoki.calls == []


def test_a_second_probe_waits_for_the_first(probe, spoki):
    probe()

    assert refusal(probe) == "route_cannot_be_tested"
    assert len(spoki.started) == 1


def test_nothing_is_tested_while_the_account_is_stopped(probe, spoki, account):
    SpokiAccount.objects.update(paused_at=timezone.now(), pause_code="spam_limit")

    assert refusal(probe) == "account_paused"
    assert spoki.calls == []


def test_a_probe_waits_where_the_minute_is_full(probe, spoki, account):
    Grant.objects.create(account=account, at=timezone.now(), kind="template", count=60)

    assert refusal(probe) == "minute_limit"
    assert spoki.calls == []


def test_a_version_that_was_replaced_is_not_tested(probe, spoki, route):
    route.version.superseded_at = timezone.now()
    route.version.save()

    assert refusal(probe) == "route_superseded"
    assert spoki.calls == []


def test_a_template_that_may_not_be_sent_is_not_tested(probe, spoki):
    paused = make_route(state=State.OFF, version=make_version(status="paused"))

    assert refusal(probe, route=paused) == "template_not_sendable"
    assert spoki.calls == []


# What Spoki answers


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpokiAuthError("start_automation_bulk", status=401), "route_secret_refused"),
        (SpokiAuthError("start_automation_bulk", status=403), "route_secret_refused"),
        (SpokiNotFound("start_automation_bulk", status=404), "route_not_found"),
    ],
)
def test_a_wrong_secret_or_trigger_breaks_the_route_and_stops_nothing_else(
    probe, spoki, route, account, error, code
):
    spoki.fail("start_automation_bulk", error)

    sent = probe()

    route.refresh_from_db()
    account.refresh_from_db()
    assert (sent.state, sent.error_code) == (Probe.FAILED, code)
    assert (route.state, route.error_code) == (State.BROKEN, code)
    assert account.paused_at is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpokiUnreachable("x"), "unreachable"),
        (SpokiThrottled("x", status=429), "unreachable"),
        (SpokiRefused("x", status=400, code="whatsapp::132000"), "refused"),
    ],
)
def test_a_probe_that_surely_did_not_leave_is_given_back_and_may_be_repeated(
    probe, spoki, route, error, code
):
    spoki.fail("start_automation_bulk", error)

    sent = probe()

    route.refresh_from_db()
    assert (sent.state, sent.error_code, route.state) == (Probe.FAILED, code, State.OFF)
    assert [grant.count for grant in Grant.objects.all()] == [0]
    assert not TierRecipient.objects.exists()
    assert probe().state == Probe.WAITING


def test_a_probe_whose_answer_was_lost_waits_for_the_webhook_and_stays_in_the_ledger(probe, spoki):
    spoki.fail("start_automation_bulk", SpokiOutcomeUnknown("x"))

    sent = probe()

    assert (sent.state, sent.error_code) == (Probe.WAITING, "no_answer")
    assert [grant.count for grant in Grant.objects.all()] == [1]


def test_no_error_text_shows_the_secret_or_the_phone(probe, spoki, caplog):
    spoki.fail("start_automation_bulk", SpokiNotFound("start_automation_bulk", status=404))

    probe()

    assert "segreto" not in caplog.text
    assert PHONE not in caplog.text
