"""Never more than the share starts, judged before the next one follows."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Rollout
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import StopRules
from campaigns.sender.post import Posted
from campaigns.sender.rollout import keep_rollouts
from tests.campaigns.sender.shares.steps import (
    HOLD,
    OTHER,
    POLICY,
    Phase,
    deliver,
    rollout_of,
    send_all,
    verbs,
)
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    claim_and_start,
    claim_now,
)

pytestmark = pytest.mark.django_db


def after_hold(extra: timedelta = timedelta(0)):
    return timezone.now() + HOLD + timedelta(seconds=5) + extra


def test_no_more_than_the_first_share_starts_before_the_verdict(calm, careful):
    campaign = careful()

    assert send_all(calm, campaign) == 4
    assert send_all(calm, campaign) == 0
    assert campaign.messages.filter(status="queued").count() == 16


def test_what_is_reserved_and_not_started_takes_its_room(calm, careful):
    careful()
    first = claim_now(calm, capacity=3).rows

    second = claim_now(calm, capacity=100, worker=OTHER).rows

    assert (len(first), len(second)) == (3, 1)


def test_what_went_back_to_the_queue_leaves_its_room_to_the_next(calm, careful):
    careful()
    rows = claim_and_start(calm, capacity=100)
    answer(calm, Posted(rows[0], None), *(Posted(row, ACCEPTED) for row in rows[1:]))

    assert len(claim_now(calm, capacity=100).rows) == 1


def test_who_is_skipped_does_not_starve_the_first_share(calm, careful):
    campaign = careful()
    blocked = campaign.messages.order_by("pk")[:3]
    type(blocked[0].contact).objects.filter(
        pk__in=[message.contact_id for message in blocked]
    ).update(is_blocked=True)

    for _ in range(3):
        send_all(calm, campaign)

    assert campaign.messages.filter(status="accepted").count() == 4
    assert campaign.messages.filter(status="skipped").count() == 3


def test_who_was_started_and_failed_counts_in_the_first_share(calm, careful):
    campaign = careful()
    rows = claim_and_start(calm, capacity=100)

    answer(calm, *(Posted(row, Outcome("failed", "undeliverable")) for row in rows))

    assert claim_now(calm, capacity=100).rows == ()
    assert campaign.messages.filter(status="failed").count() == 4


def test_a_campaign_whose_share_was_never_prepared_sends_to_nobody(calm, running):
    running(5, canary_share="0.200")

    found = claim_now(calm, capacity=100)

    assert found.rows == ()
    assert [wait.code for wait in found.waits] == ["canary_not_ready"]


def test_another_campaign_goes_on_while_the_first_share_is_watched(calm, careful, running):
    watched = careful()
    send_all(calm, watched)
    keep_rollouts(now=timezone.now(), policy=POLICY)
    other = running(3)

    send_all(calm, other)

    assert other.messages.filter(status="accepted").count() == 3
    assert watched.messages.filter(status="accepted").count() == 4


def test_a_share_that_is_out_is_watched_and_the_page_says_until_when(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    now = timezone.now()

    keep_rollouts(now=now, policy=POLICY)

    rollout = rollout_of(campaign)
    (wait,) = claim_now(calm).waits
    assert (rollout.phase, rollout.judge_at) == (Phase.WATCHING, now + HOLD)
    assert (wait.code, wait.figures["most"]) == ("canary_watched", 4)
    assert wait.figures["until"] == (now + HOLD).isoformat()
    assert verbs(campaign) == ["share_out"]


def test_a_share_that_is_not_out_yet_is_not_watched(calm, careful):
    campaign = careful()
    claim_and_start(calm, capacity=3)

    keep_rollouts(now=timezone.now(), policy=POLICY)

    assert rollout_of(campaign).phase == Phase.SENDING


def test_a_share_that_went_well_is_followed_by_the_next_and_then_by_everybody(calm, careful):
    campaign = careful()
    reached = []
    for _ in range(3):
        send_all(calm, campaign)
        deliver(campaign)
        reached.append(campaign.messages.exclude(status="queued").count())
        keep_rollouts(now=timezone.now(), policy=POLICY)
        Rollout.objects.filter(judge_at__isnull=False).update(
            moved_at=timezone.now() - HOLD, judge_at=timezone.now()
        )
        keep_rollouts(now=timezone.now(), policy=POLICY)

    assert reached == [4, 10, 20]
    assert rollout_of(campaign).phase == Phase.OPEN
    assert verbs(campaign) == ["share_out", "share_next", "share_out", "share_rest"]


def test_nothing_is_decided_before_the_hold_is_over(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    deliver(campaign)
    now = timezone.now()
    keep_rollouts(now=now, policy=POLICY)

    keep_rollouts(now=now + HOLD - timedelta(seconds=1), policy=POLICY)

    assert rollout_of(campaign).phase == Phase.WATCHING


def test_a_share_without_any_receipt_holds_for_a_person(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    now = timezone.now()
    keep_rollouts(now=now, policy=replace(POLICY, stop=StopRules(min_sample=100)))

    keep_rollouts(now=after_hold(), policy=replace(POLICY, stop=StopRules(min_sample=100)))

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "canary_blind")
    assert json.loads(campaign.pause_detail) == {"code": "canary_blind", "count": 4}
    assert rollout_of(campaign).phase == Phase.HELD
    assert claim_now(calm).rows == ()
