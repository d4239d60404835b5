"""Two who settle a message at the same moment: one wins, nothing goes twice."""

from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Settlement, TierRecipient
from campaigns.sender import housekeeping
from spoki import MessageStatus
from tests.campaigns.sender.steps import aside
from tests.campaigns.settling.steps import RELEASED, SENT, Status, decide, now_of, told
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message, make_user

pytestmark = pytest.mark.django_db


def test_a_person_counted_in_the_tier_stays_counted_when_assumed_sent(unknown):
    TierRecipient.objects.create(account=unknown.account, phone=unknown.phone, last_at=NOW)

    decide(SENT, unknown)

    assert TierRecipient.objects.get().last_at == NOW


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told():
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    message = make_message(campaign=campaign, status="unknown", reason="crashed")
    people, together = [make_user(), make_user()], Barrier(2)

    def work(decision, by):
        together.wait(10)
        return decide(decision, message, by=by, now=timezone.now())

    futures = [
        aside(partial(work, decision, by))
        for decision, by in zip((SENT, RELEASED), people, strict=True)
    ]
    errors = [future.exception(30) for future in futures]

    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "SettlementRefused"]
    assert Settlement.objects.count() == 1
    decided = Settlement.objects.values_list("decision", flat=True).get()
    assert (decided, now_of(message).status) in {(SENT, "sent"), (RELEASED, "queued")}


@pytest.mark.django_db(transaction=True)
def test_a_release_and_a_webhook_at_once_never_leave_a_delivered_message_in_the_queue():
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    by = make_user()
    for _ in range(8):
        message = make_message(campaign=campaign, status="unknown", reason="crashed")
        together = Barrier(2)

        def report(key=message.key, meet=together):
            meet.wait(10)
            return told(key, MessageStatus.DELIVERED)

        def release(row=message, meet=together):
            meet.wait(10)
            return decide(RELEASED, row, by=by)

        futures = [aside(report), aside(release)]
        for future in futures:
            future.exception(30)

        assert now_of(message).status == Status.DELIVERED


@pytest.mark.django_db(transaction=True)
def test_a_release_and_the_end_of_the_campaign_at_once_leave_nothing_queued_in_an_ended_one():
    for _ in range(6):
        campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
        message = make_message(campaign=campaign, status="unknown", reason="crashed")
        by, together = make_user(), Barrier(2)

        def end(meet=together):
            meet.wait(10)
            return housekeeping.finish_campaigns(now=timezone.now())

        def release(row=message, by=by, meet=together):
            meet.wait(10)
            return decide(RELEASED, row, by=by, now=timezone.now())

        for future in [aside(end), aside(release)]:
            future.exception(30)

        campaign.refresh_from_db()
        expected = {"sending": "queued", "done": "unknown"}
        assert now_of(message).status == expected[campaign.status]
