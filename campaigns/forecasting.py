"""When a campaign will be finished: the account's own state fed to the pure outlook.

A first cut: everybody is taken to live in Italy, and this campaign to be alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.account import current_account
from campaigns.models import Campaign
from campaigns.outlook import DAY, Outlook, foresee
from campaigns.policies import policy_in_force
from campaigns.sender.allowance import AccountState, People
from campaigns.sender.claim import marketing_hours
from campaigns.sender.ledger import read_state

ROME = ZoneInfo("Europe/Rome")


def foresee_campaign(campaign: Campaign, *, recipients: int, now: datetime) -> Outlook:
    """Return the outlook of all `recipients` of a campaign that starts at `now` or when planned."""
    start_at = max(now, campaign.send_after) if campaign.send_after else now
    return _foresee(campaign, recipients, whole=recipients, start_at=start_at, now=now)


def foresee_rest(campaign: Campaign, *, waiting: int, now: datetime) -> Outlook:
    """Return the outlook of those who still wait in the queue of a running campaign."""
    start_at = max(now, campaign.send_after) if campaign.send_after else now
    whole = max(campaign.total, waiting)
    return _foresee(campaign, waiting, whole=whole, start_at=start_at, now=now)


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign that is only thought of; None = what the account has, `tier` in people per 24 hours."""

    recipients: int
    start_at: datetime
    tier: int | None = None
    per_minute: int | None = None
    spread_hours: float = 0.0


def foresee_plan(plan: Plan, *, now: datetime) -> tuple[Outlook, AccountState]:
    """Return the outlook of a plan, and the limits it was made with."""
    account = current_account()
    policy = policy_in_force()
    state = _planned(plan, read_state(account, now=now, policy=policy), now=now)
    outlook = foresee(
        recipients=plan.recipients,
        account=state,
        hours=marketing_hours(account, policy),
        zone=ROME,
        start_at=plan.start_at,
        spread_hours=plan.spread_hours,
    )
    return outlook, state


def _planned(plan: Plan, state: AccountState, *, now: datetime) -> AccountState:
    limit = state.people.limit if plan.tier is None else plan.tier
    # Whoever was written to until now no longer counts a day later.
    used = state.people.used if plan.start_at < now + DAY else 0
    minute = state.template_minute
    if plan.per_minute is not None:
        minute = replace(minute, limit=plan.per_minute)
    return replace(state, people=People(limit, used), template_minute=minute)


def _foresee(
    campaign: Campaign, recipients: int, *, whole: int, start_at: datetime, now: datetime
) -> Outlook:
    account = current_account()
    policy = policy_in_force()
    spread = float(campaign.spread_hours)
    return foresee(
        recipients=recipients,
        account=read_state(account, now=now, policy=policy),
        hours=marketing_hours(account, policy),
        zone=ROME,
        start_at=start_at,
        # The spread is that of the whole campaign: what is left takes its part of it.
        spread_hours=spread * recipients / whole if whole else spread,
    )
