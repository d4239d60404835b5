"""A person releases an unknown message once, with the risk of a double."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audiences.models import ConsentState
from campaigns.models import Campaign, CampaignEvent, OutboundMessage, Settlement
from campaigns.sender import housekeeping
from campaigns.sender.guards import Moment, judge
from campaigns.settling import SettlementRefused
from spoki import MessageStatus
from tests.campaigns.sender.steps import make_reserved
from tests.campaigns.settling.steps import LATER, RELEASED, SENT, Status, decide, now_of, told
from tests.conftest import NOW
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db


def test_what_is_released_waits_again_under_a_new_key(unknown):
    former = unknown.key

    decide(RELEASED, unknown)

    found = now_of(unknown)
    assert (found.status, found.reason, found.due_at) == (Status.QUEUED, "released", LATER)
    assert found.key != former
    assert Settlement.objects.get().former_key == former


def test_what_is_released_is_checked_again_before_it_leaves(unknown):
    decide(RELEASED, unknown)
    type(unknown.contact).objects.update(marketing_consent=ConsentState.WITHDRAWN)
    row = make_reserved(id=unknown.pk, contact_id=unknown.contact_id, phone=unknown.phone)

    assert judge([row], Moment(LATER)).refused == {unknown.pk: "consent_withdrawn"}


def test_what_is_released_does_not_count_against_itself(unknown):
    type(unknown.contact).objects.update(marketing_consent=ConsentState.GIVEN)
    decide(RELEASED, unknown)
    row = make_reserved(id=unknown.pk, contact_id=unknown.contact_id, phone=unknown.phone)

    assert judge([row], Moment(LATER)).refused == {}


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.DELIVERED])
def test_a_late_receipt_of_the_first_attempt_keeps_a_released_message_from_going_twice(
    unknown, status
):
    former = unknown.key
    decide(RELEASED, unknown)

    assert told(former, status)

    assert now_of(unknown).status == status.value
    assert not CampaignEvent.objects.filter(verb="doubled").exists()


def test_a_late_failure_of_the_first_attempt_leaves_a_released_message_in_the_queue(unknown):
    former = unknown.key
    decide(RELEASED, unknown)

    assert told(former, MessageStatus.FAILED)

    assert now_of(unknown).status == Status.QUEUED


def test_a_double_is_told_once_in_the_story(campaign, unknown):
    former = unknown.key
    decide(RELEASED, unknown)
    OutboundMessage.objects.update(status="accepted", sending_at=LATER + timedelta(minutes=1))

    for _ in range(2):
        told(former, MessageStatus.DELIVERED)

    assert now_of(unknown).status == Status.DELIVERED
    assert campaign.events.filter(verb="doubled").count() == 1


def test_news_of_the_second_attempt_comes_by_the_new_key(unknown):
    decide(RELEASED, unknown)
    OutboundMessage.objects.update(status="accepted", sending_at=LATER)

    told(now_of(unknown).key, MessageStatus.FAILED)

    assert now_of(unknown).status == Status.FAILED


def test_a_message_is_released_once_only(unknown):
    decide(RELEASED, unknown)
    OutboundMessage.objects.update(status="unknown", reason="no_answer")

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    assert now_of(unknown).status == Status.UNKNOWN
    assert decide(SENT, unknown).done == 1


def test_the_database_too_allows_one_release_per_message(unknown):
    decide(RELEASED, unknown)
    row = Settlement.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.create(
            message=unknown, decision=RELEASED, at=NOW, by=row.by, why="ancora",
            sending_at=NOW, former_key="0" * 32,
        )  # fmt: skip


def test_nothing_is_released_once_a_person_stopped_the_campaign_for_good(unknown):
    Campaign.objects.update(status="cancelled", ended_at=NOW)

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    assert now_of(unknown).status == Status.UNKNOWN
    assert not Settlement.objects.exists()
    assert Campaign.objects.get().status == "cancelled"


def test_a_finished_campaign_opens_again_for_what_is_released_and_ends_again(campaign, unknown):
    Campaign.objects.update(status="done", ended_at=NOW)
    by = make_user()

    decide(RELEASED, unknown, by=by)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.ended_at, now_of(unknown).status) == (
        "sending", None, "queued",
    )  # fmt: skip
    assert campaign.events.get(verb="reopened").by == by
    OutboundMessage.objects.update(status="accepted")
    assert housekeeping.finish_campaigns(now=LATER) == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.ended_at) == ("done", LATER)


def test_a_campaign_that_a_machine_had_stopped_before_it_ended_opens_paused(campaign, unknown):
    Campaign.objects.update(status="done", ended_at=NOW, pause_code="stop_failures")

    decide(RELEASED, unknown)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "stop_failures")
    assert housekeeping.finish_campaigns(now=LATER) == 0


def test_what_is_assumed_sent_leaves_a_finished_campaign_finished(campaign, unknown):
    Campaign.objects.update(status="done", ended_at=NOW)

    decide(SENT, unknown)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.ended_at) == ("done", NOW)


def test_a_finished_campaign_whose_last_hour_has_passed_stays_finished(campaign, unknown):
    Campaign.objects.update(status="done", ended_at=NOW)
    OutboundMessage.objects.update(expires_at=NOW)

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    campaign.refresh_from_db()
    assert campaign.status == "done"


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": LATER}, {"provider_uuid": "ab" * 16}, {"provider_id": "7"}],
    ids=["too_late", "spoki_knows_its_uuid", "spoki_knows_its_id"],
)
def test_what_is_too_late_or_known_to_spoki_is_not_released(unknown, changes):
    OutboundMessage.objects.update(**changes)

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    assert now_of(unknown).status == Status.UNKNOWN
