"""Campaigns that leave in shares, and their steps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.sender.rollout import keep_rollouts, open_rollout
from tests.campaigns.sender.shares.steps import POLICY, deliver, send_all


@pytest.fixture
def careful(running):
    """A campaign at work whose first share is 4 of 20, then 10, then the rest."""

    def make(people: int = 20, **changes) -> Campaign:
        campaign: Campaign = running(people, canary_share="0.200", **changes)
        open_rollout(campaign=campaign, now=timezone.now(), policy=POLICY)
        return campaign

    return make


@pytest.fixture
def held(calm, careful):
    """A campaign whose first share was held because of unreachable people."""
    campaign = careful()
    send_all(calm, campaign)
    deliver(campaign)
    keep_rollouts(now=timezone.now(), policy=POLICY)
    one = campaign.messages.filter(status="delivered").first()
    campaign.messages.filter(pk=one.pk).update(status="failed", reason="undeliverable")
    keep_rollouts(now=timezone.now() + timedelta(seconds=20), policy=POLICY)
    campaign.refresh_from_db()
    assert campaign.status == "paused"
    return campaign
