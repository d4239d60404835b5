"""How much of each limit is used now: what the account page and the API show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from campaigns.models import Grant, SpokiAccount
from campaigns.policies import policy_in_force
from campaigns.sender.ledger import read_state
from campaigns.sender.limits import limits_of


@dataclass(frozen=True, slots=True)
class Usage:
    """Sends granted in each rolling window, and unique people in 24 hours, beside their limits.

    The limits are those in force, before the margin; `per_hour` is None where there is none,
    `people_limit` while it was never read, and where there is none.
    """

    last_minute: int
    last_hour: int
    last_day: int
    people: int
    people_limit: int | None
    templates_last_minute: int
    texts_last_minute: int
    automation_last_minute: int
    templates_per_minute: int
    texts_per_minute: int
    automation_per_minute: int
    per_hour: int | None


def usage_of(account: SpokiAccount, *, now: datetime) -> Usage:
    """Return the usage at `now`, from the ledger that the sender decides by."""
    policy = policy_in_force()
    people = read_state(account, now=now, policy=policy).people
    limits = limits_of(account, policy)
    minute = now - timedelta(seconds=account.minute_seconds)
    counted = Grant.objects.filter(account=account).aggregate(
        minute=_since(minute),
        hour=_since(now - timedelta(seconds=account.hour_seconds)),
        day=_since(now - timedelta(seconds=account.day_seconds)),
        templates=_since(minute, Grant.Kind.TEMPLATE),
        texts=_since(minute, Grant.Kind.TEXT),
        automation=_since(minute, Grant.Kind.AUTOMATION),
    )
    return Usage(
        last_minute=counted["minute"],
        last_hour=counted["hour"],
        last_day=counted["day"],
        people=people.used,
        people_limit=None if account.has_no_daily_limit else people.limit,
        templates_last_minute=counted["templates"],
        texts_last_minute=counted["texts"],
        automation_last_minute=counted["automation"],
        templates_per_minute=limits.per_minute,
        texts_per_minute=account.text_sends_per_minute,
        automation_per_minute=account.automation_sends_per_minute,
        per_hour=limits.per_hour,
    )


def _since(moment: datetime, kind: str = "") -> Sum:
    is_counted = Q(at__gt=moment, kind=kind) if kind else Q(at__gt=moment)
    return Sum("count", filter=is_counted, default=0)
