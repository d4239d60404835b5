"""Answers in the outbox, and what they set off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import OutboundMessage, SpokiAccount
from campaigns.outbox import record_status
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from spoki import MessageStatus
from templates_sync.models import TemplateVersion
from tests.campaigns.sender.steps import answer, claim_and_start

pytestmark = pytest.mark.django_db

UUID = "ab" * 16
Status = OutboundMessage.Status


@pytest.fixture
def flying(calm, running):
    """A campaign of one message that was started, and its row."""
    campaign = running(1)
    (row,) = claim_and_start(calm)
    return campaign, row


def test_an_accepted_message_keeps_its_identifiers_and_its_attempt(calm, flying):
    campaign, row = flying

    answer(calm, Posted(row, Outcome("accepted", provider_uuid=UUID, provider_id="7")))

    message = campaign.messages.get()
    assert (message.status, message.provider_uuid, message.provider_id) == ("accepted", UUID, "7")
    assert (message.attempts, message.ended_at) == (1, None)
    assert message.accepted_at >= message.sending_at


@pytest.mark.parametrize(("is_counted", "attempts"), [(False, 0), (True, 1)])
def test_only_what_the_message_itself_met_counts_as_an_attempt(calm, flying, is_counted, attempts):
    campaign, row = flying
    rest = timedelta(seconds=90)

    answer(calm, Posted(row, Outcome("queued", again_in=rest, is_counted=is_counted)))

    message = campaign.messages.get()
    wait = message.due_at - timezone.now()
    assert (message.status, message.attempts) == ("queued", attempts)
    assert rest - timedelta(seconds=30) < wait <= rest


def test_a_refused_message_keeps_the_code_and_when_it_ended(calm, flying):
    campaign, row = flying

    answer(calm, Posted(row, Outcome("failed", "refused", "http::400", "no")))

    message = campaign.messages.get()
    assert (message.status, message.error_code, message.error_text) == ("failed", "http::400", "no")
    assert message.ended_at is not None


def test_what_does_not_fit_into_the_outbox_is_cut_and_kept(calm, flying):
    campaign, row = flying
    odd = Outcome("failed", "refused", "c" * 50, "bad \x00 value", provider_uuid="A" * 70)

    answer(calm, Posted(row, odd))

    message = campaign.messages.get()
    assert (message.error_code, message.error_text) == ("c" * 40, "bad  value")
    assert message.provider_uuid == "A" * 64


def test_an_answer_that_a_webhook_overtook_only_adds_its_identifiers(calm, flying):
    campaign, row = flying
    now = timezone.now()
    record_status(uuid=None, key=row.key.hex, status=MessageStatus.DELIVERED, at=now, now=now)

    answer(calm, Posted(row, Outcome("accepted", provider_uuid=UUID, provider_id="7")))

    message = campaign.messages.get()
    assert (message.status, message.delivered_at) == ("delivered", now)
    assert (message.provider_uuid, message.provider_id) == (UUID, "7")


@pytest.mark.parametrize("outcome", [Outcome("failed", "refused"), Outcome("queued"), None])
def test_no_answer_takes_back_what_a_webhook_saw_leave(calm, flying, outcome):
    campaign, row = flying
    now = timezone.now()
    record_status(uuid=None, key=row.key.hex, status=MessageStatus.SENT, at=now, now=now)

    answer(calm, Posted(row, outcome))

    message = campaign.messages.get()
    assert (message.status, message.ended_at) == ("sent", None)


def test_what_was_given_up_as_unknown_is_settled_by_a_late_answer(calm, flying):
    campaign, row = flying
    campaign.messages.update(status=Status.UNKNOWN, reason="crashed")

    answer(calm, Posted(row, Outcome("accepted", provider_uuid=UUID)))

    assert campaign.messages.get().status == Status.ACCEPTED


def test_what_was_given_up_as_unknown_never_goes_back_to_the_queue(calm, flying):
    campaign, row = flying
    campaign.messages.update(status=Status.UNKNOWN, reason="crashed")

    answer(calm, Posted(row, Outcome("queued", "unreachable", again_in=timedelta(0))))

    assert campaign.messages.get().status == Status.UNKNOWN


def test_a_template_that_meta_paused_is_held_and_its_campaign_paused(calm, flying):
    campaign, row = flying
    paused = Outcome(
        "queued", "template_paused", "whatsapp::132015", campaign_pause="template_paused"
    )

    answer(calm, Posted(row, paused))

    campaign.refresh_from_db()
    assert TemplateVersion.objects.get().held_reason == "whatsapp::132015"
    assert (campaign.status, campaign.pause_code) == ("paused", "template_paused")
    assert campaign.messages.get().status == Status.QUEUED


def test_a_reaction_that_breaks_loses_no_answer_and_no_other_reaction(calm, running, monkeypatch):
    campaign = running(2)
    first, second = claim_and_start(calm)

    def broken(**_given):
        raise KeyError("a bug")

    monkeypatch.setattr("campaigns.sender.reactions.withdraw_marketing", broken)

    answer(
        calm,
        Posted(first, Outcome("failed", "stopped_marketing", withdraw=True)),
        Posted(second, Outcome("queued", account_pause="spam_limit")),
    )

    assert SpokiAccount.objects.get().pause_code == "spam_limit"
    assert dict(campaign.messages.values_list("pk", "status")) == {
        first.id: "failed",
        second.id: "queued",
    }
