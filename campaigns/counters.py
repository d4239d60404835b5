"""How many of a campaign's people are in which state: one statement, so that it always adds up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from campaigns.missed import HELD, Group
from campaigns.models import Campaign, OutboundMessage

Status = OutboundMessage.Status
# What left, whatever became of it; a message that came back to the queue did not.
_DEPARTED = frozenset(Status.values) - {Status.QUEUED, Status.SKIPPED, Status.EXPIRED}


@dataclass(frozen=True, slots=True)
class Counters:
    """Each recipient is in exactly one state; `replied` counts across states."""

    queued: int = 0
    sending: int = 0
    accepted: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    expired: int = 0
    replied: int = 0

    @property
    def total(self) -> int:
        counted: dict[str, int] = asdict(self)
        return sum(counted.values()) - self.replied

    @property
    def handed_over(self) -> int:
        """How many left: nothing is waiting, left out or late among them."""
        return self.total - self.queued - self.skipped - self.expired

    @property
    def without_receipt(self) -> int:
        """How many left of which nobody has told yet whether they arrived."""
        return self.accepted + self.sent

    @property
    def is_settled(self) -> bool:
        """Whether no news can change a counter any more, except a late receipt."""
        return self.queued + self.sending + self.without_receipt == 0


@dataclass(frozen=True, slots=True)
class Tally:
    """The counters of one moment, and what else the same look shows.

    `departed` began to leave since the moment asked for. `held` are accepted ones that Meta keeps
    while it judges the template. `retrying` came back and wait for another try, between `retry_at`
    and `last_retry_at`. `groups` are the same people by state, reason and code.
    """

    counters: Counters
    departed: int = 0
    held: int = 0
    retrying: int = 0
    retry_at: datetime | None = None
    last_retry_at: datetime | None = None
    groups: tuple[Group, ...] = ()


def tally_of(campaign: Campaign, *, since: datetime, now: datetime) -> Tally:
    """Count the campaign's messages in one statement; `departed` from `since` to `now`."""
    is_later = Q(status=Status.QUEUED, due_at__gt=now)
    rows = list(
        campaign.messages.order_by()
        .values("status", "reason", "error_code")
        .annotate(
            people=Count("pk"),
            replies=Count("pk", filter=Q(replied_at__isnull=False)),
            departed=Count("pk", filter=Q(sending_at__gt=since, sending_at__lte=now)),
            retrying=Count("pk", filter=is_later),
            retry_at=Min("due_at", filter=is_later),
            last_retry_at=Max("due_at", filter=is_later),
        )
    )
    return Tally(
        counters=_counters(rows),
        departed=sum(row["departed"] for row in rows if row["status"] in _DEPARTED),
        held=sum(row["people"] for row in rows if _is_held(row)),
        retrying=sum(row["retrying"] for row in rows),
        retry_at=min((row["retry_at"] for row in rows if row["retry_at"]), default=None),
        last_retry_at=max(
            (row["last_retry_at"] for row in rows if row["last_retry_at"]), default=None
        ),
        groups=tuple(
            Group(row["status"], row["reason"], row["error_code"], row["people"]) for row in rows
        ),
    )


def count_messages(campaign: Campaign) -> Counters:
    """Count the campaign's messages by state, and the replies, in one statement."""
    now = timezone.now()
    return tally_of(campaign, since=now, now=now).counters


def _counters(rows: Iterable[Mapping[str, Any]]) -> Counters:
    states: Counter[str] = Counter()
    for row in rows:
        states[row["status"]] += row["people"]
        states["replied"] += row["replies"]
    return Counters(**states)


def _is_held(row: Mapping[str, Any]) -> bool:
    return (row["status"], row["reason"]) == (Status.ACCEPTED, HELD)
