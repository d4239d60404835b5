"""The limits and hours in force: the account's own, else those of the policy for its tier."""

from dataclasses import dataclass
from datetime import timedelta

from campaigns.models import SpokiAccount
from campaigns.sender.hours import WritingHours
from campaigns.sender.policy import Policy


@dataclass(frozen=True, slots=True)
class Limits:
    """Templates per rolling minute, messages of any kind per rolling hour (None = no limit)."""

    per_minute: int
    per_hour: int | None


def limits_of(account: SpokiAccount, policy: Policy) -> Limits:
    """Return what the account itself says, and what its tier says where it says nothing.

    A tier that was never read counts as the lowest, never as unlimited.
    """
    tier = policy.tier_of(account.people_per_day, is_unlimited=account.has_no_daily_limit)
    minute, hour = account.template_sends_per_minute, account.sends_per_hour
    return Limits(
        per_minute=tier.per_minute if minute is None else minute,
        per_hour=tier.per_hour if hour is None else hour,
    )


def person_gap(account: SpokiAccount, policy: Policy) -> timedelta:
    """Return the least time between two messages to one person."""
    own = account.person_gap_seconds
    return policy.person_gap if own is None else timedelta(seconds=own)


def marketing_hours(account: SpokiAccount, policy: Policy) -> WritingHours:
    """Return when marketing may start: the account's hours, less the last minutes before closing."""
    last_start = int(policy.marketing_last_start.total_seconds() // 60)
    return WritingHours.parse(account.marketing_hours, last_start_minutes=last_start)
