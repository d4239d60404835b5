"""How much of each limit is used now: what the account page and the API show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from campaigns.models import Grant, SpokiAccount
from campaigns.policies import policy_in_force
from campaigns.sender.ledger import read_state


@dataclass(frozen=True, slots=True)
class Usage:
    """Sends granted in each rolling window, and unique people in 24 hours against the tier.

    `people_limit` is None while it was never read, and where there is none.
    """

    last_minute: int
    last_hour: int
    last_day: int
    people: int
    people_limit: int | None


def usage_of(account: SpokiAccount, *, now: datetime) -> Usage:
    """Return the usage at `now`, from the ledger that the sender decides by."""
    people = read_state(account, now=now, policy=policy_in_force()).people
    counted = Grant.objects.filter(account=account).aggregate(
        minute=_since(now - timedelta(seconds=account.minute_seconds)),
        hour=_since(now - timedelta(seconds=account.hour_seconds)),
        day=_since(now - timedelta(seconds=account.day_seconds)),
    )
    return Usage(
        last_minute=counted["minute"] or 0,
        last_hour=counted["hour"] or 0,
        last_day=counted["day"] or 0,
        people=people.used,
        people_limit=None if account.has_no_daily_limit else people.limit,
    )


def _since(moment: datetime) -> Sum:
    return Sum("count", filter=Q(at__gt=moment))
