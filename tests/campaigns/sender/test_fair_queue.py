"""Who goes first, who waits, and who never waits for somebody else's reason."""

import threading
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.models import (
    Campaign,
    Lane,
    OutboundMessage,
    SenderReport,
    SpokiAccount,
    TierRecipient,
)
from campaigns.models.account import default_transactional_hours
from campaigns.sender import people
from campaigns.sender.drain import Drain
from campaigns.sender.holds import Hold
from campaigns.sender.housekeeping import write_report
from campaigns.sender.queue import QueueCounts
from spoki import SpokiThrottled
from tests.campaigns.sender.gate import Gate, Slow, StopAfter, accepted
from tests.campaigns.sender.steps import (
    claim_now,
    drainer,
    open_window,
    order_message,
    reply,
    starts_granted,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


def waited_since(campaign: Campaign, seconds: float) -> None:
    since = timezone.now() - timedelta(seconds=seconds)
    Campaign.objects.filter(pk=campaign.pk).update(pace_at=since)


def campaigns_of(found) -> list[int | None]:
    return [row.campaign_id for row in found.rows]


def test_replies_go_before_order_messages_and_these_before_marketing(calm, running, greeting):
    running(2)
    order_message(template_version=greeting)
    reply()

    assert [row.lane for row in claim_now(calm).rows] == [
        Lane.REPLY,
        Lane.TRANSACTIONAL,
        Lane.MARKETING,
        Lane.MARKETING,
    ]


def test_the_only_free_hand_takes_the_reply(calm, running, greeting):
    running(2)
    order_message(template_version=greeting)
    waiting = reply()

    assert [row.id for row in claim_now(calm, capacity=1).rows] == [waiting.pk]


def test_the_hour_limit_binds_replies_and_templates_together(calm, greeting):
    SpokiAccount.objects.update(sends_per_hour=20)
    for _ in range(15):
        order_message(template_version=greeting)
        reply()

    claim_now(calm, capacity=64)

    assert starts_granted() == 19


def test_a_held_order_template_holds_no_other_order_message(calm, greeting):
    paused = make_version(template=make_template(spoki_id=1009))
    for _ in range(4):
        order_message(template_version=paused)
    fine = order_message(template_version=greeting)

    found = claim_now(calm, capacity=2, held={paused.pk: Hold("paused", "")})

    assert [row.id for row in found.rows] == [fine.pk]


def test_messages_of_a_held_template_let_everybody_else_pass(account, running, greeting, statuses):
    campaign = running(2)
    paused = make_version(
        template=make_template(spoki_id=1009), status="paused", last_seen_at=timezone.now()
    )
    for _ in range(10):
        order_message(template_version=paused)
    order_message(template_version=greeting)
    gate = Gate()
    loop = drainer(account, gate)
    gate.answer = StopAfter(3, loop.stop)

    loop.run(seconds=10)

    rows = OutboundMessage.objects.filter(lane=Lane.TRANSACTIONAL).values_list("status", flat=True)
    assert Counter(rows) == {"queued": 10, "accepted": 1}
    assert statuses(campaign) == {"accepted": 2}


def test_a_stale_template_takes_neither_turns_nor_pace_from_another_campaign(calm, running):
    old = make_version(template=make_template(spoki_id=1010))
    stale, fine = running(5), running(5)
    stale.messages.update(template_version=old)
    Campaign.objects.filter(pk=stale.pk).update(template_version=old)
    waited_since(stale, 60)

    found = claim_now(calm, capacity=4, held={old.pk: Hold("stale", "")})

    assert campaigns_of(found) == [fine.pk] * 4
    # 57,000 less the 1,425 that are kept for orders.
    assert found.pace_per_second == pytest.approx(55_575 / 120)
    assert ("template_stale", {"campaign": stale.pk}) in [(w.code, w.figures) for w in found.waits]


def test_a_campaign_whose_last_message_is_due_tomorrow_starves_nobody(calm, running):
    asleep, awake = running(1), running(3)
    asleep.messages.update(due_at=timezone.now() + timedelta(days=1), reason="marketing_cap")
    waited_since(asleep, 60)

    assert campaigns_of(claim_now(calm, capacity=2)) == [awake.pk, awake.pk]


def test_only_people_who_could_be_written_to_now_count_as_waiting(calm, running):
    campaign = running(3)
    tomorrow, expired, _due = campaign.messages.order_by("pk")
    now = timezone.now()
    campaign.messages.filter(pk=tomorrow.pk).update(due_at=now + timedelta(days=1))
    campaign.messages.filter(pk=expired.pk).update(expires_at=now)

    assert QueueCounts().of(campaign) == {"Europe/Rome": 1}


def test_what_one_campaign_cannot_use_goes_to_the_next(calm, running):
    contact = make_contact()
    make_message(contact=contact, status="accepted", sending_at=timezone.now())
    stuck, free = running([contact]), running(3)
    waited_since(stuck, 60)

    assert campaigns_of(claim_now(calm, capacity=2)) == [free.pk, free.pk]


def test_a_campaign_whose_people_were_written_to_seconds_ago_says_so(calm, running):
    contact = make_contact()
    make_message(contact=contact, status="accepted", sending_at=timezone.now())
    stuck, free = running([contact]), running(3)

    found = claim_now(calm)

    gaps = [wait.figures for wait in found.waits if wait.code == "person_gap"]
    assert gaps == [{"campaign": stuck.pk}]
    assert campaigns_of(found) == [free.pk] * 3


def test_campaigns_that_share_are_told_what_is_left_for_each(calm, running):
    first, second = running(2), running(2)

    waits = claim_now(calm).waits

    shared = {wait.figures["campaign"]: wait for wait in waits if wait.code == "shared_pace"}
    assert shared.keys() == {first.pk, second.pk}
    assert shared[first.pk].figures["per_minute"] == 13_893.8
    assert "even_pace" not in [wait.code for wait in waits]


def test_a_last_hour_that_comes_near_buys_no_turns(calm, running):
    calm_one, urgent = running(10), running(10)
    soon = timezone.now() + timedelta(minutes=5)
    Campaign.objects.filter(pk=urgent.pk).update(send_before=soon)
    urgent.messages.update(expires_at=soon)

    shared = campaigns_of(claim_now(calm, capacity=6))

    assert (shared.count(calm_one.pk), shared.count(urgent.pk)) == (3, 3)


def test_a_campaign_that_could_not_use_its_turn_goes_behind_the_others(calm, running):
    contact = make_contact()
    make_message(contact=contact, status="accepted", sending_at=timezone.now())
    stuck = running([contact])
    waited_since(stuck, 60)

    found = claim_now(calm)

    stuck.refresh_from_db()
    assert found.rows == ()
    assert stuck.pace_at == found.now


def test_campaigns_at_work_share_the_starts_one_by_one(calm, running):
    first, second = running(10), running(10)

    shared = campaigns_of(claim_now(calm, capacity=6))

    assert (shared.count(first.pk), shared.count(second.pk)) == (3, 3)


def test_the_campaign_that_waited_longest_has_the_only_turn(calm, running):
    lately, long_ago = running(2), running(2)
    waited_since(lately, 5)
    waited_since(long_ago, 6)

    assert campaigns_of(claim_now(calm, capacity=1)) == [long_ago.pk]


def test_a_campaign_spread_over_hours_takes_only_the_turns_it_is_owed(calm, running):
    spread = running(10, spread_hours=1)

    assert campaigns_of(claim_now(calm)) == [spread.pk]


def test_a_person_never_has_two_messages_reserved_at_once(calm, greeting):
    contact = make_contact()
    first, _second = (order_message(contact=contact, template_version=greeting) for _ in range(2))

    assert [row.id for row in claim_now(calm).rows] == [first.pk]
    assert claim_now(calm).rows == ()


def test_whoever_was_written_to_seconds_ago_waits_and_the_others_do_not(calm, greeting):
    contact = make_contact()
    lately = timezone.now() - timedelta(seconds=5)
    make_message(contact=contact, status="accepted", sending_at=lately)
    order_message(contact=contact, template_version=greeting)
    other = order_message(template_version=greeting)

    assert [row.id for row in claim_now(calm).rows] == [other.pk]


def test_whoever_was_written_to_longer_ago_than_the_gap_may_be_written_to(calm, greeting):
    SpokiAccount.objects.update(lease_seconds=0.5)
    contact = make_contact()
    before = timezone.now() - timedelta(seconds=7)
    make_message(contact=contact, status="accepted", sending_at=before)
    due = order_message(contact=contact, template_version=greeting)

    assert [row.id for row in claim_now(calm).rows] == [due.pk]


def test_the_gap_counts_from_the_latest_moment_at_which_the_last_one_could_leave(calm, greeting):
    SpokiAccount.objects.update(lease_seconds=2.0)
    contact = make_contact()
    before = timezone.now() - timedelta(seconds=7)
    make_message(contact=contact, status="sending", sending_at=before)
    order_message(contact=contact, template_version=greeting)

    assert claim_now(calm).rows == ()


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.TRANSACTIONAL, Lane.MARKETING])
def test_six_seconds_between_two_messages_to_one_person_whatever_the_lanes(calm, greeting, lane):
    contact = make_contact()
    just_now = timezone.now() - timedelta(seconds=2)
    make_message(contact=contact, status="accepted", sending_at=just_now, lane=lane)
    reply(contact=contact)
    order_message(contact=contact, template_version=greeting)

    assert claim_now(calm).rows == ()
    assert claim_now(calm, worker=UUID(int=2)).rows == ()


def test_once_the_tier_is_used_up_only_people_who_do_not_count_any_more_are_written_to(
    calm, running, greeting
):
    SpokiAccount.objects.update(daily_limit=10, contacted_in_24h=10)
    running(1)
    stranger = order_message(template_version=greeting)
    talking, counted = (order_message(template_version=greeting) for _ in range(2))
    open_window(talking)
    people.add(calm, [counted.phone], at=timezone.now() - timedelta(hours=3))

    found = claim_now(calm)

    assert [row.id for row in found.rows] == [talking.pk, counted.pk]
    stranger.refresh_from_db()
    assert stranger.leased_by is None


def test_people_with_an_open_window_do_not_count_against_the_tier(calm, greeting):
    open_window(order_message(template_version=greeting))
    stranger = order_message(template_version=greeting)

    claim_now(calm)

    assert TierRecipient.objects.get().phone == stranger.phone


def test_order_messages_sleep_at_night_and_replies_do_not(calm, greeting):
    closed = dict.fromkeys(default_transactional_hours())
    SpokiAccount.objects.update(transactional_hours=closed)
    order_message(template_version=greeting)
    awake = reply()

    assert [row.id for row in claim_now(calm).rows] == [awake.pk]


def test_a_429_on_templates_leaves_replies_going(account, running, statuses):
    campaign = running(1)
    throttled = StopAfter(1, threading.Event(), raises=SpokiThrottled("send", retry_after=30.0))
    drainer(account, Gate(throttled), stop=throttled.stop).run(seconds=10)
    open_window(reply())
    answered = StopAfter(1, threading.Event())

    drainer(account, Gate(answered), stop=answered.stop).run(seconds=5)

    account.refresh_from_db()
    assert account.templates_frozen_until > timezone.now()
    assert OutboundMessage.objects.get(lane=Lane.REPLY).status == OutboundMessage.Status.ACCEPTED
    assert statuses(campaign) == {"queued": 1}


@pytest.mark.parametrize(
    ("people", "answer"), [(0, accepted), (30, Slow(1.0))], ids=["idle", "every_hand_busy"]
)
def test_the_loop_rests_while_there_is_nothing_to_do(account, running, monkeypatch, people, answer):
    running(people)
    turn = Drain._turn
    turns: list[int] = []

    def counted(loop: Drain) -> None:
        turns.append(1)
        turn(loop)

    monkeypatch.setattr(Drain, "_turn", counted)

    drainer(account, Gate(answer), threads=2).run(seconds=1)

    assert 2 <= len(turns) <= 12


def test_the_report_of_a_stopped_account_names_the_stop(calm, running):
    SpokiAccount.objects.update(paused_at=timezone.now(), pause_code="credit_exhausted")
    running(1)
    found = claim_now(calm)

    write_report(account_id=calm.pk, waits=found.waits, look_again_at=None, now=found.now)

    assert found.rows == ()
    assert SenderReport.objects.get().waits == [
        {"code": "account_paused", "why": "credit_exhausted"}
    ]


def test_idle_means_that_nothing_is_due_and_no_campaign_is_at_work(calm, running, greeting):
    assert claim_now(calm).is_idle

    running(0)

    assert not claim_now(calm).is_idle


def test_a_pace_that_nobody_uses_names_no_moment_to_look_again(calm, running):
    running(5, spread_hours=8)
    claim_now(calm)

    found = claim_now(calm)

    assert (found.rows, found.look_again_at) == ((), None)
