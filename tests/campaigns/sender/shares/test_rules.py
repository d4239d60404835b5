"""Stop rules at work: campaigns are stopped with their figures, or watched."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Alert, Campaign
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from campaigns.sender.rollout import keep_rollouts, open_rollout
from tests.campaigns.sender.shares.steps import (
    POLICY,
    deliver,
    rollout_of,
    send_all,
    verbs,
)
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    claim_and_start,
)
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def test_a_stop_rule_pauses_the_campaign_with_its_figures(calm, running):
    campaign = running(10)
    rows = claim_and_start(calm, capacity=5)
    answer(
        calm,
        *(Posted(row, Outcome("failed", "undeliverable")) for row in rows[:1]),
        *(Posted(row, ACCEPTED) for row in rows[1:]),
    )

    keep_rollouts(now=timezone.now(), policy=POLICY)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "stop_undeliverable")
    assert json.loads(campaign.pause_detail) == {
        "code": "stop_undeliverable", "count": 1, "of": 5, "percent": 20.0, "limit": 15.0,
    }  # fmt: skip
    assert "paused" in verbs(campaign)


def test_what_is_only_watched_is_told_once_and_stops_nothing(calm, running):
    campaign = running(20)
    rows = claim_and_start(calm, capacity=20)
    answer(
        calm,
        Posted(rows[0], Outcome("failed", "refused", "http::400")),
        *(Posted(row, ACCEPTED) for row in rows[1:]),
    )
    now = timezone.now()

    for moment in (now, now + timedelta(seconds=11)):
        keep_rollouts(now=moment, policy=POLICY)

    campaign.refresh_from_db()
    rollout = rollout_of(campaign)
    assert (campaign.status, rollout.level) == ("sending", "watch")
    assert rollout.findings[0]["code"] == "watch_stop_failures"
    assert Alert.objects.filter(code="campaign_watched").count() == 1


def test_the_second_campaign_of_a_template_that_too_few_read_is_stopped(calm, running):
    first, second = running(6), running(6)
    day = timedelta(hours=25)
    for campaign in (first, second):
        send_all(calm, campaign)
        left = timezone.now() - day
        deliver(campaign, sending_at=left, accepted_at=left, delivered_at=left)
    make_message(campaign=second)
    open_rollout(campaign=first, now=timezone.now(), policy=POLICY)
    Campaign.objects.filter(pk=first.pk).update(status="done", ended_at=timezone.now())

    keep_rollouts(now=timezone.now(), policy=POLICY)

    assert rollout_of(first).findings[0]["code"] == "watch_stop_read"
    second.refresh_from_db()
    assert (second.status, second.pause_code) == ("paused", "stop_read")


def test_figures_are_looked_at_every_ten_seconds_not_at_every_turn(calm, running):
    campaign = running(5)
    now = timezone.now()
    keep_rollouts(now=now, policy=POLICY)

    keep_rollouts(now=now + timedelta(seconds=9), policy=POLICY)
    soon = rollout_of(campaign).judged_at
    keep_rollouts(now=now + timedelta(seconds=10), policy=POLICY)

    assert soon == now
    assert rollout_of(campaign).judged_at == now + timedelta(seconds=10)
