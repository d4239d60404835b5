"""Failures that a webhook reports after Spoki had accepted the message: counted once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Alert, Campaign, OutboundMessage, SpokiAccount
from campaigns.outbox import record_status
from campaigns.sender.housekeeping import finish_campaigns
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.post import Posted
from spoki import MessageStatus
from tests.campaigns.sender.steps import answer, claim_and_start, claim_now, order_message
from tests.conftest import NOW
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db

Status = OutboundMessage.Status
CAP = "whatsapp::131049"
FIRST, SECOND = "a" * 32, "b" * 32


def report(
    message: OutboundMessage,
    status: MessageStatus = MessageStatus.FAILED,
    *,
    code: str = CAP,
    uuid: str | None = FIRST,
    now=NOW,
) -> OutboundMessage:
    told = code if status == MessageStatus.FAILED else ""
    record_status(uuid=uuid, key=message.key.hex, status=status, at=now, error_code=told, now=now)
    message.refresh_from_db()
    return message


def accepted(campaign: Campaign | None = None, **changes) -> OutboundMessage:
    fields = {"status": "accepted", "accepted_at": NOW, "provider_uuid": FIRST, "attempts": 1}
    return make_message(campaign=campaign, **fields | changes)


def sent_again(message: OutboundMessage) -> OutboundMessage:
    """The second try of `message`, accepted under another identifier."""
    OutboundMessage.objects.filter(pk=message.pk).update(
        status="accepted", provider_uuid=SECOND, attempts=2, reason="", error_code=""
    )
    message.refresh_from_db()
    return message


def test_marketing_that_meta_held_back_after_all_returns_once_after_a_day(running):
    message = accepted(running(0))

    report(message)

    jitter = DEFAULT_POLICY.marketing_cap_jitter
    assert (message.status, message.reason) == (Status.QUEUED, "marketing_cap")
    assert NOW + timedelta(hours=24) <= message.due_at <= NOW + timedelta(hours=24) + jitter
    assert (message.provider_uuid, message.earlier_uuids) == (None, [FIRST])


def test_marketing_that_meta_held_back_is_never_tried_a_third_time(running):
    message = sent_again(report(accepted(running(0))))

    report(message, uuid=SECOND)

    assert (message.status, message.reason) == (Status.FAILED, "marketing_cap")


def test_a_failure_told_twice_is_counted_once(running):
    message = report(accepted(running(0)))
    due_at = message.due_at

    report(message, now=NOW + timedelta(hours=1))

    assert (message.status, message.due_at, message.earlier_uuids) == (
        Status.QUEUED,
        due_at,
        [FIRST],
    )


def test_news_of_the_first_try_says_nothing_of_the_second(running):
    message = sent_again(report(accepted(running(0))))

    report(message, uuid=FIRST)

    assert (message.status, message.provider_uuid) == (Status.ACCEPTED, SECOND)


@pytest.mark.parametrize("late", [MessageStatus.PENDING, MessageStatus.SENT])
def test_what_the_first_try_reached_before_it_failed_does_not_end_the_second(running, late):
    message = report(accepted(running(0)))

    report(message, late)

    assert (message.status, message.sent_at) == (Status.QUEUED, None)


def test_a_delivery_of_the_first_try_keeps_the_second_from_leaving(running):
    message = report(accepted(running(0)))

    report(message, MessageStatus.DELIVERED)

    assert message.status == Status.DELIVERED


@pytest.mark.parametrize("end", [Campaign.Status.CANCELLED, Campaign.Status.DONE])
def test_a_campaign_that_may_not_send_any_more_takes_nothing_back(running, end):
    campaign = running(0)
    Campaign.objects.filter(pk=campaign.pk).update(status=end)

    message = report(accepted(campaign))

    assert (message.status, message.reason) == (Status.FAILED, "marketing_cap")


def test_what_would_be_due_after_its_last_moment_is_not_taken_back(running):
    message = accepted(running(0), expires_at=NOW + timedelta(hours=8))

    assert report(message).status == Status.FAILED


def test_what_may_have_left_is_never_sent_again_though_it_failed(running):
    message = accepted(running(0), status="unknown", reason="no_answer")

    assert report(message).status == Status.FAILED


def test_without_the_identifier_of_the_try_nothing_is_taken_back(running):
    message = accepted(running(0), provider_uuid=None)

    assert report(message, uuid=None).status == Status.FAILED


def test_a_message_that_waits_for_its_second_try_keeps_the_campaign_open(running):
    campaign = running(0)
    report(accepted(campaign))

    finish_campaigns(now=NOW)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.SENDING


def test_a_report_that_overtakes_the_answer_wins(running, calm):
    campaign = running(1)
    (row,) = claim_and_start(calm)
    message = report(campaign.messages.get(), code="whatsapp::130429", now=timezone.now())
    assert message.status == Status.QUEUED

    answer(calm, Posted(row, Outcome("accepted", provider_uuid=FIRST)))

    message.refresh_from_db()
    assert (message.status, message.provider_uuid) == (Status.QUEUED, None)


def test_a_late_130429_slows_everybody_down_and_brings_its_message_back(running, calm):
    message = accepted(running(0))

    report(message, code="whatsapp::130429")

    calm.refresh_from_db()
    assert (calm.speed_factor, message.status) == (0.5, Status.QUEUED)
    assert calm.templates_frozen_until > timezone.now()
    assert calm.texts_frozen_until is None


def test_a_late_131056_keeps_nobody_else_waiting(running, calm):
    campaign = running(1)
    message = accepted(campaign)

    report(message, code="whatsapp::131056", now=timezone.now())

    assert message.status == Status.QUEUED
    (row,) = claim_now(calm).rows
    assert row.id != message.pk


def test_credit_that_ran_out_stops_everything_and_its_message_waits_for_the_top_up(running):
    message = accepted(running(0))

    report(message, code="spoki::1029")

    assert SpokiAccount.objects.get().pause_code == "credit_exhausted"
    assert message.status == Status.QUEUED


@pytest.mark.parametrize(
    ("code", "reason"),
    [("whatsapp::132015", "template_paused"), ("whatsapp::135000", "portfolio_pacing")],
)
def test_a_held_message_that_meta_drops_has_failed_and_is_never_resent(running, code, reason):
    message = accepted(running(0), reason="held")

    report(message, code=code)

    assert (message.status, message.reason) == (Status.FAILED, reason)


def test_a_held_message_that_meta_releases_goes_on_as_any_other(running):
    message = accepted(running(0), reason="held")

    report(message, MessageStatus.DELIVERED)

    assert (message.status, message.reason) == (Status.DELIVERED, "")


def test_an_order_message_that_came_too_fast_goes_again(account):
    message = order_message(status="accepted", provider_uuid=FIRST, attempts=1)

    report(message, code="whatsapp::131056")

    assert message.status == Status.QUEUED


def test_late_failures_of_one_kind_pause_the_campaign(running):
    campaign = running(0)
    for place in range(DEFAULT_POLICY.breaker_in_a_row):
        message = accepted(campaign, provider_uuid=f"{place:032d}")
        report(message, code="whatsapp::131053", uuid=f"{place:032d}")

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "repeated_refusals")
    assert campaign.pause_detail == "whatsapp::131053"


def test_a_new_code_is_told_once_however_often_it_comes(running):
    campaign = running(0)
    for place in range(3):
        report(
            accepted(campaign, provider_uuid=f"{place:032d}"),
            code="spoki::4711",
            uuid=f"{place:032d}",
        )

    alert = Alert.objects.get()
    assert (alert.code, alert.subject) == ("unknown_code", "spoki::4711")


def test_the_same_code_in_the_answer_and_by_webhook_is_counted_once(running, calm):
    campaign = running(1)
    (row,) = claim_and_start(calm)
    answer(calm, Posted(row, Outcome("failed", "undeliverable", error_code="whatsapp::131026")))
    ended_at = campaign.messages.get().ended_at

    message = report(campaign.messages.get(), code="whatsapp::131048", now=timezone.now())

    assert (message.reason, message.ended_at) == ("undeliverable", ended_at)
    assert SpokiAccount.objects.get().pause_code == ""
