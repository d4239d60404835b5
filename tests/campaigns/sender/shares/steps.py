"""Campaigns that leave in shares, and their steps."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from campaigns.models import Campaign, CampaignEvent, Rollout
from campaigns.sender.policy import DEFAULT_POLICY, StopRules
from campaigns.sender.post import Posted
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    claim_and_start,
)

Phase = Rollout.Phase
HOLD = timedelta(minutes=60)
STEP = timedelta(minutes=30)
POLICY = replace(
    DEFAULT_POLICY,
    canary_size=4,
    canary_hold=HOLD,
    ramp=(0.5,),
    ramp_hold=STEP,
    stop=StopRules(min_sample=4),
)
OTHER = UUID(int=2)


def rollout_of(campaign: Campaign) -> Rollout:
    return Rollout.objects.select_related("campaign").get(campaign=campaign)


def verbs(campaign: Campaign) -> list[str]:
    return list(CampaignEvent.objects.filter(campaign=campaign).values_list("verb", flat=True))


def send_all(account, campaign, **changes) -> int:
    """Claim, start and have everything accepted that may leave now; return how many did."""
    rows = claim_and_start(account, capacity=100, **changes)
    answer(account, *(Posted(row, ACCEPTED) for row in rows))
    return len(rows)


def deliver(campaign: Campaign, status: str = "delivered", **changes) -> None:
    campaign.messages.filter(status="accepted").update(status=status, **changes)
