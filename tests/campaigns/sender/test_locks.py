"""Launch, cancel and claim meet on the same rows: nobody waits for long, nobody deadlocks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.lifecycle import cancel_campaign
from campaigns.lifecycle import running as lifecycle
from campaigns.models import Campaign, OutboundMessage, Rollout, SpokiAccount
from campaigns.outbox import skip_rest
from campaigns.sender.drain import LOCK_CLASS
from campaigns.sender.housekeeping import expire_late, skip_cancelled
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.rollout import keep_rollouts
from tests.campaigns.sender.gate import Gate, Hanging
from tests.campaigns.sender.steps import (
    aside,
    claim_now,
    drainer,
    order_message,
    start_now,
    starts_granted,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def insert_as_a_launch_does(campaign: Campaign) -> None:
    """Queue one more message and check its references, as the commit of a launch does."""
    now = timezone.now()
    make_message(contact=make_contact(), campaign=campaign, created_at=now, due_at=now)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_claim_never_waits_for_a_campaign_that_is_just_being_cancelled(
    running, calm, monkeypatch
):
    campaign, other = running(3), running(2)
    cancelling, go_on = threading.Event(), threading.Event()

    def pause_before_the_rows(**given):
        cancelling.set()
        go_on.wait(5)
        return skip_rest(**given)

    monkeypatch.setattr(lifecycle, "skip_rest", pause_before_the_rows)
    by = make_user()
    cancel = aside(lambda: cancel_campaign(campaign=campaign, by=by, now=timezone.now()))
    assert cancelling.wait(5)
    claimed = aside(lambda: claim_now(calm))

    rows = claimed.result(2).rows

    go_on.set()
    cancel.result(5)
    assert {row.campaign_id for row in rows} == {other.pk}
    assert set(campaign.messages.values_list("status", flat=True)) == {"skipped"}


def test_a_cancellation_between_claim_and_start_wins(running, calm):
    campaign = running(3)
    rows = claim_now(calm).rows
    cancel_campaign(campaign=campaign, by=make_user(), now=timezone.now())

    assert start_now(rows, calm) == []

    assert set(campaign.messages.values_list("status", flat=True)) == {"skipped"}
    assert starts_granted() == 0


def test_a_cancellation_keeps_nobody_waiting_while_its_messages_are_skipped(
    running, calm, monkeypatch
):
    campaign, other = running(3), running(1)
    rows = claim_now(calm).rows
    skipping, go_on = threading.Event(), threading.Event()

    def pause_after_the_rows(**given):
        skipped = skip_rest(**given)
        skipping.set()
        go_on.wait(5)
        return skipped

    monkeypatch.setattr(lifecycle, "skip_rest", pause_after_the_rows)
    by = make_user()
    cancel = aside(lambda: cancel_campaign(campaign=campaign, by=by, now=timezone.now()))
    assert skipping.wait(5)

    started = aside(lambda: start_now(rows, calm)).result(3)

    assert not cancel.done()
    go_on.set()
    cancel.result(5)
    assert {row.campaign_id for row in started} == {other.pk}


def test_a_cancellation_leaves_to_the_sender_what_is_just_being_started(running, calm):
    campaign, by = running(2), make_user()
    first = campaign.messages.order_by("pk").first()
    with transaction.atomic():
        campaign.messages.select_for_update().get(pk=first.pk)
        aside(lambda: cancel_campaign(campaign=campaign, by=by, now=timezone.now())).result(3)
        assert campaign.messages.filter(status="skipped").count() == 1

    assert skip_cancelled(now=timezone.now()) == 1


def test_a_message_in_other_hands_keeps_no_housekeeping_waiting(running, calm):
    campaign = running(2)
    now = timezone.now()
    campaign.messages.update(expires_at=now)
    first = campaign.messages.order_by("pk").first()
    with transaction.atomic():
        campaign.messages.select_for_update().get(pk=first.pk)
        assert aside(lambda: expire_late(now=now)).result(3) == 1

    assert expire_late(now=now) == 1


def test_what_is_given_back_never_waits_for_a_campaign_in_a_persons_hands(running, calm):
    campaign = running(1)
    rows = claim_now(calm).rows
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        started = aside(lambda: start_now(rows, calm, allowlist=["+393990000000"])).result(3)

    assert started == []
    assert starts_granted() == 0


def test_a_share_never_waits_for_a_campaign_in_a_persons_hands(running, calm):
    campaign, now = running(3), timezone.now()
    Rollout.objects.create(campaign=campaign, phase="watching", most=1, moved_at=now, judge_at=now)

    def look() -> None:
        keep_rollouts(now=now, policy=DEFAULT_POLICY)

    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        aside(look).result(3)
        assert Rollout.objects.get().phase == "watching"

    look()
    assert Rollout.objects.get().phase != "watching"


def test_a_launch_that_is_not_committed_yet_keeps_no_claim_waiting(running, calm):
    campaign = running(1)
    inserted, commit = threading.Event(), threading.Event()

    def launch() -> None:
        with transaction.atomic():
            insert_as_a_launch_does(campaign)
            inserted.set()
            commit.wait(10)

    launched = aside(launch)
    assert inserted.wait(5)

    rows = aside(lambda: claim_now(calm)).result(3).rows

    assert not launched.done()
    commit.set()
    launched.result(5)
    assert len(rows) == 1


def test_a_claim_that_is_not_committed_yet_keeps_no_launch_waiting(running, calm):
    campaign = running(1)

    with transaction.atomic():
        assert len(claim_now(calm).rows) == 1
        aside(lambda: _launch(campaign)).result(3)

    assert campaign.messages.count() == 2


def _launch(campaign: Campaign) -> None:
    with transaction.atomic():
        insert_as_a_launch_does(campaign)


def test_two_claims_at_once_share_the_queue_and_the_limit(calm, greeting):
    SpokiAccount.objects.update(sends_per_hour=10, margin=0.0)
    for _ in range(20):
        order_message(template_version=greeting)
    together = threading.Barrier(2)

    def one_of_two(worker: UUID):
        together.wait(5)
        try:
            return [row.id for row in claim_now(calm, worker=worker, capacity=8).rows]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one_of_two, [UUID(int=1), UUID(int=2)])

    assert sorted([len(first), len(second)]) == [2, 8]
    assert not set(first) & set(second)
    assert starts_granted() == 10


def test_a_second_drainer_stays_outside_and_reserves_nothing(running, account):
    campaign = running(1)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        assert drainer(account, Gate())._lock()
        held.set()
        let_go.wait(10)

    holder = aside(hold)
    assert held.wait(5)

    assert drainer(account, Gate()).run(seconds=1) is False

    let_go.set()
    holder.result(5)
    message = campaign.messages.get()
    assert (message.status, message.leased_by) == (OutboundMessage.Status.QUEUED, None)


def test_a_drainer_that_finds_its_lock_taken_says_so_and_writes_down_what_flew(running, account):
    campaign = running(1)
    hanging = Hanging()
    run = aside(lambda: drainer(account, Gate(hanging)).run(seconds=20))
    assert hanging.flying.wait(10)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            "WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
            [LOCK_CLASS, account.pk],
        )
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, account.pk])
        hanging.land.set()

        was_ours = run.result(20)

        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, account.pk])
    assert was_ours is False
    assert campaign.messages.get().status == OutboundMessage.Status.ACCEPTED
