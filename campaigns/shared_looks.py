"""What many people look at is worked out once for all of them, and again when it has changed.

A progress page asks every five seconds for each of its viewers. Counting a large campaign and
foreseeing its end take long enough to be shared; both are told as of the moment of the one look.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.cache import cache

from campaigns.counters import Tally, tally_of
from campaigns.forecasting import AT_WORK, foresee_rest
from campaigns.models import Campaign, SpokiAccount
from campaigns.outlook import Outlook
from campaigns.policies import policy_in_force
from campaigns.sender.figures import figures_of
from campaigns.sender.policy import StopRules
from campaigns.sender.stop_rules import Figures

# Counting fewer takes a few hundredths of a second: everybody gets the very moment.
MANY = 50_000
COUNTED_FOR = timedelta(seconds=4)
OUTLOOK_FOR = timedelta(seconds=10)
# Of the account, whatever decides when people may be written to and how fast.
_DECIDING = (
    "automation_sends_per_minute", "frozen_until", "hour_seconds", "lease_seconds", "margin",
    "marketing_hours", "marketing_share", "minute_seconds", "people_per_day", "quality_in_force",
    "sends_per_hour", "speed_factor", "template_sends_per_minute", "templates_frozen_until",
)  # fmt: skip
T = TypeVar("T")


def shared_tally(campaign: Campaign, *, since: datetime, now: datetime) -> Tally:
    """Return the tally of a small campaign at `now`, of a large one as of some seconds before."""
    return _shared_if_large(
        "tally", campaign, lambda: tally_of(campaign, since=since, now=now), now=now
    )


def shared_figures(
    campaign: Campaign, *, since: datetime | None, rules: StopRules, now: datetime
) -> Figures:
    """Return what the stop rules judge (see `figures_of`), shared like the tally."""
    return _shared_if_large(
        f"figures:{since.timestamp() if since else 0}",
        campaign,
        lambda: figures_of(campaign.pk, since=since, rules=rules, now=now),
        now=now,
    )


def shared_end(campaign: Campaign, account: SpokiAccount, *, now: datetime) -> Outlook:
    """Return the outlook of those who wait, without its curve; as of some seconds before `now`.

    It is foreseen anew as soon as a campaign at work moves, or the account or its policy changes.
    """
    at_work = Campaign.objects.filter(status__in=AT_WORK).order_by("pk")
    deciding = [str(getattr(account, name)) for name in _DECIDING]
    moved = [f"{pk}@{at.timestamp()}" for pk, at in at_work.values_list("pk", "updated_at")]
    world = "|".join([*deciding, *moved, repr(policy_in_force())])
    digest = hashlib.sha256(world.encode()).hexdigest()
    return _shared(
        f"end:{_state_of(campaign)}:{digest}",
        OUTLOOK_FOR,
        lambda: replace(foresee_rest(campaign, now=now), hours=(), minutes=(), rests=()),
        now=now,
    )


def _shared_if_large(what: str, campaign: Campaign, look: Callable[[], T], *, now: datetime) -> T:
    if campaign.total < MANY:
        return look()
    return _shared(f"{what}:{_state_of(campaign)}", COUNTED_FOR, look, now=now)


def _state_of(campaign: Campaign) -> str:
    return f"{campaign.pk}:{campaign.status}:{campaign.updated_at.timestamp()}"


def _shared(key: str, keep: timedelta, look: Callable[[], T], *, now: datetime) -> T:
    """Return what was found within the last `keep`, by whoever looked; else look now."""
    known: tuple[datetime, T] | None = cache.get(key)
    if known is not None and timedelta() <= now - known[0] < keep:
        return known[1]
    found = look()
    cache.set(key, (now, found), keep.total_seconds())
    return found
