"""What was granted and surely not used is given back: the start, the person, the turn."""

import random
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from campaigns.models import Campaign, Grant, OutboundMessage, SpokiAccount, TierRecipient
from campaigns.sender import ledger, people
from campaigns.sender.holds import Holds
from campaigns.sender.housekeeping import expire_late
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from campaigns.sender.rhythm import JITTER
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    claim_and_start,
    claim_now,
    start_now,
    starts_granted,
)
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def counted_people() -> set[str]:
    return set(TierRecipient.objects.values_list("phone", flat=True))


def pace_at() -> datetime:
    moment = SpokiAccount.objects.get().pace_at
    assert moment is not None
    return moment


def test_whoever_is_skipped_uses_up_no_start_of_the_window(calm, running):
    ours = make_contact()
    running([ours, make_contact(), make_contact()])
    rows = claim_now(calm).rows
    assert starts_granted() == 3

    start_now(rows, calm, allowlist=[ours.phone])

    assert starts_granted() == 1


def test_whoever_is_skipped_does_not_count_as_a_person_of_the_day(calm, running):
    ours = make_contact()
    running([ours, make_contact(), make_contact()])
    rows = claim_now(calm).rows
    assert len(counted_people()) == 3

    start_now(rows, calm, allowlist=[ours.phone])

    assert counted_people() == {ours.phone}
    assert ledger.read_state(calm, now=ledger.database_now()).people.used == 1


def test_a_person_counted_earlier_today_stays_counted_from_then(calm, running):
    contact = make_contact()
    earlier = timezone.now() - timedelta(hours=20)
    people.add(calm, [str(contact.phone)], at=earlier)
    running([contact])
    rows = claim_now(calm).rows
    assert TierRecipient.objects.get().last_at > earlier

    start_now(rows, calm, allowlist=["+390000000000"])

    assert TierRecipient.objects.get().last_at == earlier


def test_skipped_people_take_no_turn_of_the_pace(calm, running):
    SpokiAccount.objects.update(template_sends_per_minute=1230, margin=0.0)
    people = [make_contact(is_blocked=place < 4) for place in range(6)]
    running(people)
    found = claim_now(calm)
    owed_at = pace_at()
    # 1,200 beside the 30 kept for orders, in the window and its lease of a minute each.
    assert (len(found.rows), found.pace_per_second) == (6, 10.0)

    start_now(found.rows, calm)

    assert owed_at - pace_at() == timedelta(seconds=0.4)


def test_the_pace_gets_back_what_its_dice_drew_and_not_the_mean(calm, running):
    SpokiAccount.objects.update(template_sends_per_minute=1230, margin=0.0)
    running([make_contact(is_blocked=True) for _ in range(6)])
    rows = claim_now(calm, rng=random.Random(7)).rows
    owed_at = pace_at()

    start_now(rows, calm)

    dice = random.Random(7)
    _of_the_campaign, drawn = (1 + dice.uniform(-JITTER, JITTER) for _ in range(2))
    wrong = (owed_at - pace_at()).total_seconds() - 6 * drawn / 10
    assert len(rows) == 6
    assert abs(wrong) < 0.000_01


def test_the_spread_of_a_campaign_gets_its_turns_back_too(calm, running):
    campaign = running([make_contact(is_blocked=True) for _ in range(4)], spread_hours=1)
    Campaign.objects.update(total=36_000, pace_at=timezone.now() - timedelta(hours=1))
    rows = claim_now(calm).rows
    campaign.refresh_from_db()
    moved = campaign.pace_at

    start_now(rows, calm)

    campaign.refresh_from_db()
    assert moved - campaign.pace_at == timedelta(seconds=len(rows) * 0.1)
    assert len(rows) == 4


def test_those_who_began_reach_the_hands_though_the_others_could_not_be_given_back(calm, running):
    running([make_contact(), make_contact(is_blocked=True)])
    rows = claim_now(calm).rows

    def broken(execute, sql, params, many, context):
        if "FOR NO KEY UPDATE" in sql:
            raise OperationalError("the connection is gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        began = start_now(rows, calm)

    states = set(OutboundMessage.objects.values_list("status", flat=True))
    assert len(began) == 1
    assert states == {"sending", "queued"}


def test_a_row_whose_lease_is_over_goes_back_with_its_start_and_its_person(calm, running):
    campaign = running(1)
    (row,) = claim_now(calm).rows

    began = start_now([replace(row, start_by=time.monotonic() - 1)], calm)

    message = campaign.messages.get()
    assert began == []
    assert (message.status, message.attempts) == ("queued", 0)
    assert (starts_granted(), counted_people()) == (0, set())


def test_a_row_whose_lease_another_has_taken_over_does_not_start(calm, running):
    campaign = running(1)
    rows = claim_now(calm).rows
    campaign.messages.update(leased_by="00000000-0000-0000-0000-00000000000b")

    assert start_now(rows, calm) == []

    assert campaign.messages.get().status == OutboundMessage.Status.QUEUED


def test_a_campaign_paused_between_claim_and_start_keeps_everything_in_the_queue(calm, running):
    campaign = running(3)
    rows = claim_now(calm).rows
    Campaign.objects.update(status=Campaign.Status.PAUSED)

    assert start_now(rows, calm) == []

    assert set(campaign.messages.values_list("status", "leased_by")) == {("queued", None)}
    assert (starts_granted(), counted_people()) == (0, set())


def test_a_campaign_paused_between_claim_and_start_is_not_called_a_stale_template(calm, running):
    campaign = running(3)
    holds = Holds()
    rows = claim_now(calm).rows
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    start_now(rows, calm)

    held = holds.of([campaign.template_version_id], now=ledger.database_now())
    found = claim_now(calm, held=held)

    assert found.waits == ()


def test_an_account_stopped_between_claim_and_start_keeps_everything_in_the_queue(calm, running):
    campaign = running(2)
    rows = claim_now(calm).rows
    SpokiAccount.objects.update(paused_at=timezone.now(), pause_code="spam_limit")

    assert start_now(rows, calm) == []

    assert list(campaign.messages.values_list("status", flat=True)) == ["queued", "queued"]
    assert starts_granted() == 0


def test_a_template_paused_between_claim_and_start_keeps_its_messages_in_the_queue(
    calm, running, greeting
):
    campaign = running(2)
    rows = claim_now(calm).rows
    type(greeting).objects.filter(pk=greeting.pk).update(status="paused")

    assert start_now(rows, calm) == []

    assert list(campaign.messages.values_list("status", flat=True)) == ["queued", "queued"]
    assert (starts_granted(), counted_people()) == (0, set())


def test_what_never_began_goes_back_with_its_start_and_its_person(calm, running):
    campaign = running(1)
    (row,) = claim_and_start(calm)

    answer(calm, Posted(row, None))

    message = campaign.messages.get()
    assert (message.status, message.attempts) == ("queued", 0)
    assert (starts_granted(), counted_people()) == (0, set())


def test_an_answer_written_twice_gives_a_start_back_once(calm, running):
    running(3)
    first, *_others = claim_and_start(calm)
    assert starts_granted() == 3

    answer(calm, Posted(first, None))
    answer(calm, Posted(first, None))

    assert starts_granted() == 2


def test_what_reached_spoki_and_was_refused_is_not_given_back(calm, running):
    running(1)
    (row,) = claim_and_start(calm)

    answer(calm, Posted(row, Outcome("queued", "unreachable", again_in=timedelta(0))))

    assert starts_granted() == 1


def test_an_answer_after_the_lease_counts_once_and_from_now(calm, running):
    running(2)
    on_time, late = claim_and_start(calm)

    answer(calm, Posted(on_time, ACCEPTED), Posted(late, ACCEPTED, was_late=True))

    first, again = Grant.objects.order_by("pk")
    assert (first.count, again.count) == (1, 1)
    assert again.at > first.at


@pytest.mark.parametrize("outcome", [ACCEPTED, Outcome("failed", "refused"), Outcome("queued")])
def test_a_late_answer_written_twice_gives_back_what_was_granted_once(calm, running, outcome):
    running(2)
    _on_time, late = claim_and_start(calm)

    for _ in range(2):
        answer(calm, Posted(late, outcome, was_late=True))

    assert Grant.objects.earliest("pk").count == 1


def test_a_message_that_may_still_arrive_keeps_what_was_granted_for_it(calm, running):
    running(1)
    (row,) = claim_and_start(calm)

    answer(calm, Posted(row, Outcome("unknown", "no_answer"), was_late=True))

    assert [grant.count for grant in Grant.objects.order_by("pk")] == [1, 1]


def test_a_person_reached_after_the_lease_counts_from_then_on(calm, running):
    running(2)
    on_time, late = claim_and_start(calm)
    granted_at = late.granted_at

    for _ in range(2):
        answer(calm, Posted(on_time, ACCEPTED), Posted(late, ACCEPTED, was_late=True))

    moments = dict(TierRecipient.objects.values_list("phone", "last_at"))
    assert moments[on_time.phone] == granted_at
    assert moments[late.phone] == Grant.objects.order_by("pk")[1].at
    assert people.counted(calm, now=ledger.database_now()).used == 2


def test_a_request_without_answer_past_its_lease_counts_as_if_it_left_now(calm, running):
    running(2)
    claim_now(calm)
    now = ledger.database_now()

    state = ledger.read_state(calm, now=now, late=3)

    assert (state.template_minute.used, state.text_minute.used) == (5, 3)


def test_a_message_whose_last_hour_passes_after_its_reservation_does_not_start(calm, running):
    campaign = running(2)
    rows = claim_now(calm).rows
    late, fine = campaign.messages.order_by("pk")
    campaign.messages.filter(pk=late.pk).update(expires_at=timezone.now())

    assert [row.id for row in start_now(rows, calm)] == [fine.pk]

    late.refresh_from_db()
    assert (late.status, late.leased_by) == ("queued", None)
    assert (starts_granted(), counted_people()) == (1, {fine.phone})
    assert expire_late(now=ledger.database_now()) == 1
    late.refresh_from_db()
    assert (late.status, late.reason) == ("expired", "send_before_passed")


def test_a_message_reserved_twice_by_one_drainer_is_started_once(running, calm):
    """Its lease ran out for the database, not yet for us, so that the next claim took it again."""
    running(2)
    first = claim_now(calm).rows
    OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = claim_now(calm).rows

    begun = start_now([*first, *second], calm)

    assert sorted(row.id for row in begun) == sorted(row.id for row in second)
    assert {row.grant_id for row in begun} == {row.grant_id for row in second}
    assert starts_granted() == 2


def test_a_reservation_that_ran_out_never_ends_a_later_one(running, calm):
    running(1)
    (first,) = claim_now(calm).rows
    OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (second,) = claim_now(calm).rows

    assert start_now([replace(first, start_by=0.0)], calm) == []

    assert [row.id for row in start_now([second], calm)] == [second.id]
