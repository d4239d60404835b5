"""What became of those who entered a flow: counted now, by flow and by version.

Everybody who entered is in exactly one of: waiting, control group, left (by reason), or handed to the
sender; those again are in exactly one of the states of a message (`campaigns.scoreboard` says what the
figures of messages mean). One statement for all flows of a page.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from campaigns.missed import MISSED, Group
from campaigns.models import FlowEntry
from campaigns.scoreboard.figures import Figures, fold

Status = FlowEntry.Status


@dataclass(frozen=True, slots=True)
class Span:
    """Moments between which somebody entered, the last one not included; None = open."""

    since: datetime | None = None
    until: datetime | None = None


EVER = Span()


@dataclass(frozen=True, slots=True)
class Leave:
    """How many left for one reason; `reason` is a code of `campaigns.reasons` or of the trigger."""

    reason: str
    people: int


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """Numbers of passages; `last_at` is when the latest of them began."""

    entered: int = 0
    waiting: int = 0
    held_out: int = 0
    left: tuple[Leave, ...] = ()
    messages: Figures = field(default_factory=Figures)
    missed: tuple[Group, ...] = ()
    last_at: datetime | None = None

    @property
    def gone(self) -> int:
        """Return how many left before they were written to."""
        return sum(leave.people for leave in self.left)

    def missed_in(self, *statuses: str) -> list[Group]:
        return [group for group in self.missed if group.status in statuses]


NOTHING = FlowFigures()


def figures_by_flow(ids: Iterable[int], span: Span = EVER) -> dict[int, FlowFigures]:
    """Return the figures of each of the flows `ids` that somebody entered in `span`."""
    return _by("flow_id", FlowEntry.objects.filter(flow__in=list(ids)), span)


def figures_by_version(flow_id: int, span: Span = EVER) -> dict[int, FlowFigures]:
    """Return the figures of each version of one flow, by the version's id."""
    return _by("version_id", FlowEntry.objects.filter(flow=flow_id), span)


def figures_of(rows: Sequence[Mapping[str, Any]]) -> FlowFigures:
    """Add up groups of passages alike. Pure."""
    left: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for row in rows:
        people[row["status"]] += row["people"]
        if row["status"] == Status.LEFT:
            left[row["reason"]] += row["people"]
    sent = [_of_message(row) for row in rows if row["message__status"] is not None]
    return FlowFigures(
        entered=people.total(),
        waiting=people[Status.WAITING],
        held_out=people[Status.HELD_OUT],
        left=tuple(Leave(*pair) for pair in left.most_common()),
        messages=fold(sent),
        missed=_missed(sent),
        last_at=max((row["last"] for row in rows), default=None),
    )


def _by(key: str, entries: QuerySet[FlowEntry], span: Span) -> dict[int, FlowFigures]:
    grouped: dict[int, list[Mapping[str, Any]]] = {}
    for row in _rows(key, _within(entries, span)):
        grouped.setdefault(row[key], []).append(row)
    return {pk: figures_of(rows) for pk, rows in grouped.items()}


def _rows(key: str, entries: QuerySet[FlowEntry]) -> Iterable[Mapping[str, Any]]:
    alike: Any = entries.order_by().values(
        key, "status", "reason", "message__status", "message__reason", "message__error_code"
    )
    rows: Iterable[Mapping[str, Any]] = alike.annotate(
        people=Count("pk"),
        replied=Count("pk", filter=Q(message__replied_at__isnull=False)),
        opted_out=Count("pk", filter=Q(message__opted_out_at__isnull=False)),
        last=Max("happened_at"),
    )
    return rows


def _within(entries: QuerySet[FlowEntry], span: Span) -> QuerySet[FlowEntry]:
    if span.since:
        entries = entries.filter(happened_at__gte=span.since)
    return entries.filter(happened_at__lt=span.until) if span.until else entries


def _of_message(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": row["message__status"],
        "reason": row["message__reason"],
        "error_code": row["message__error_code"],
        "people": row["people"],
        "replied": row["replied"],
        "opted_out": row["opted_out"],
    }


def _missed(rows: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    people: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        if row["status"] in MISSED:
            people[row["status"], row["reason"], row["error_code"]] += row["people"]
    return tuple(Group(*key, count) for key, count in people.most_common())
