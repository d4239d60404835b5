"""A person settles unknown messages: assumed sent, or released once, with the risk of a double."""

from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audiences.models import ConsentState
from campaigns.evidence import facts_about
from campaigns.models import Campaign, CampaignEvent, OutboundMessage, Settlement, TierRecipient
from campaigns.outbox import record_opt_out, record_status
from campaigns.sender import housekeeping
from campaigns.sender.guards import Moment, judge
from campaigns.settling import Settled, SettlementRefused, digest_of, settle
from spoki import MessageStatus
from tests.campaigns.sender.steps import aside, make_reserved
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message, make_user

pytestmark = pytest.mark.django_db
Status = OutboundMessage.Status
SENT, RELEASED = Settlement.Decision.ASSUMED_SENT, Settlement.Decision.RELEASED
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])


@pytest.fixture
def unknown(campaign) -> OutboundMessage:
    return make_message(campaign=campaign, status="unknown", reason="crashed")


def decide(decision: str, *messages: OutboundMessage, **changes) -> Settled:
    known: dict[str, Any] = {"by": make_user(), "why": "Guardato su Spoki", "now": LATER}
    ids = [message.pk for message in messages]
    return settle(message_ids=ids, decision=decision, **known | changes)


def told(key, status: MessageStatus, at=LATER) -> bool:
    return record_status(uuid=None, key=key.hex, status=status, at=at, now=at)


def now_of(message: OutboundMessage) -> OutboundMessage:
    message.refresh_from_db()
    return message


def test_what_is_assumed_sent_is_sent_with_the_reason_that_it_is_assumed(unknown):
    assert decide(SENT, unknown).done == 1

    found = now_of(unknown)
    assert (found.status, found.reason, found.sent_at) == (Status.SENT, "assumed_sent", None)
    assert found.sending_at == NOW


def test_a_decision_is_kept_with_who_took_it_when_why_and_what_was_known(unknown):
    by = make_user()
    make_message(contact=unknown.contact, status="delivered", sending_at=NOW + timedelta(hours=2))

    decide(SENT, unknown, by=by, why="  Il cliente ha risposto al telefono ")

    kept = Settlement.objects.get()
    assert (kept.by, kept.at, kept.why) == (by, LATER, "Il cliente ha risposto al telefono")
    assert (kept.reason, kept.sending_at, kept.former_key) == ("crashed", NOW, None)
    assert [(fact["code"], fact["state"]) for fact in kept.evidence] == [
        ("other_message", "delivered")
    ]


@pytest.mark.parametrize("decision", [SENT, RELEASED])
def test_the_story_of_the_campaign_tells_the_decision(campaign, unknown, decision):
    other = make_message(campaign=campaign, status="unknown", reason="no_answer")

    decide(decision, unknown, other)

    event = CampaignEvent.objects.get(campaign=campaign)
    assert event.verb == f"settled_{decision}"
    assert event.figures == {"recipients": 2, "reason": "Guardato su Spoki"}


def test_a_decision_is_never_changed_or_deleted(unknown):
    decide(SENT, unknown)

    for change in (lambda rows: rows.update(why="altro"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Settlement.objects.all())

    assert Settlement.objects.get().why == "Guardato su Spoki"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (MessageStatus.DELIVERED, Status.DELIVERED),
        (MessageStatus.READ, Status.READ),
        (MessageStatus.FAILED, Status.FAILED),
    ],
)
def test_a_late_receipt_still_corrects_what_was_assumed(unknown, status, expected):
    decide(SENT, unknown)

    told(unknown.key, status)

    assert now_of(unknown).status == expected
    assert unknown.reason != "assumed_sent"


def test_a_receipt_that_it_was_sent_turns_the_assumption_into_knowledge(unknown):
    decide(SENT, unknown)

    told(unknown.key, MessageStatus.SENT)

    assert (now_of(unknown).status, unknown.reason, unknown.sent_at) == ("sent", "", LATER)


def test_what_is_assumed_sent_counts_for_the_frequency_cap(unknown):
    decide(SENT, unknown)
    next_one = make_reserved(id=99, contact_id=unknown.contact_id, phone=unknown.phone)

    assert judge([next_one], Moment(LATER)).refused == {99: "frequency_cap"}


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


def test_of_a_selection_those_that_may_not_go_again_stay_and_are_counted(campaign, unknown):
    late = make_message(campaign=campaign, status="unknown", expires_at=LATER)

    settled = decide(RELEASED, unknown, late)

    assert (settled.done, sum(settled.refused.values())) == (1, 1)
    assert (now_of(unknown).status, now_of(late).status) == (Status.QUEUED, Status.UNKNOWN)


@pytest.mark.parametrize("why", ["", "   "])
def test_nobody_decides_without_saying_why(unknown, why):
    with pytest.raises(SettlementRefused):
        decide(SENT, unknown, why=why)

    assert now_of(unknown).status == Status.UNKNOWN


def test_who_decides_on_what_a_webhook_settled_meanwhile_is_told(unknown):
    told(unknown.key, MessageStatus.DELIVERED)

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    assert now_of(unknown).status == Status.DELIVERED
    assert not Settlement.objects.exists()


def test_a_decision_on_facts_that_have_changed_is_not_taken(unknown):
    seen = digest_of(facts_about([unknown]))
    make_message(contact=unknown.contact, status="read", sending_at=NOW + timedelta(minutes=5))

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown, seen=seen)

    assert now_of(unknown).status == Status.UNKNOWN


def test_an_automation_start_without_news_becomes_unknown_and_a_late_webhook_settles_it():
    after = timedelta(minutes=15)
    silent = make_message(status="accepted", accepted_at=NOW)
    lately = make_message(status="accepted", sending_at=NOW, accepted_at=NOW + timedelta(seconds=1))
    known = make_message(status="accepted", accepted_at=NOW, provider_uuid="ab" * 16)

    moved = housekeeping.give_up_silent(after=after, now=NOW + after + timedelta(seconds=1))

    assert (moved, now_of(silent).status, silent.reason) == (1, "unknown", "no_news")
    assert (now_of(lately).status, now_of(known).status) == ("accepted", "accepted")
    told(silent.key, MessageStatus.DELIVERED)
    assert now_of(silent).status == Status.DELIVERED


def test_no_machine_ever_takes_a_message_out_of_unknown_by_itself(campaign, unknown):
    make_message(campaign=campaign)
    for days in range(3):
        housekeeping.keep_house(
            account_id=unknown.account_id,
            undecided_after=timedelta(seconds=60),
            now=NOW + timedelta(days=days),
        )

    assert now_of(unknown).status == Status.UNKNOWN


def test_a_wish_for_no_more_marketing_is_laid_at_the_door_of_the_last_message():
    contact = make_contact()
    first = make_message(contact=contact, status="delivered", sending_at=NOW - timedelta(hours=20))
    last = make_message(contact=contact, status="read", sending_at=NOW - timedelta(hours=2))

    assert record_opt_out(contact=contact, at=NOW)
    assert not record_opt_out(contact=contact, at=NOW + timedelta(minutes=1))

    assert (now_of(last).opted_out_at, now_of(first).opted_out_at) == (NOW, None)


def test_a_wish_a_day_after_the_last_message_is_laid_at_no_campaigns_door():
    message = make_message(status="delivered", sending_at=NOW - timedelta(hours=24))

    assert not record_opt_out(contact=message.contact, at=NOW)


def test_a_wish_that_quotes_an_older_message_is_laid_at_that_ones_door():
    contact = make_contact()
    uuid = "cd" * 16
    quoted = make_message(
        contact=contact, status="delivered", sending_at=NOW - timedelta(days=3), provider_uuid=uuid
    )
    make_message(contact=contact, status="read", sending_at=NOW - timedelta(hours=2))

    record_opt_out(contact=contact, at=NOW, reply_to=uuid)

    assert now_of(quoted).opted_out_at == NOW


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
