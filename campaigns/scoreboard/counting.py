"""Counts the messages of each use into `UseCount`: often while it changes, rarely once it is old.

Counting again gives the same, so a count that broke, or that two people asked for at once, does no
harm. Reads and answers come in for days, a decision on an unknown message even later: that is why
nothing is ever counted for the last time.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaigns.missed import MISSED
from campaigns.models import Campaign, OutboundMessage, UseCount
from campaigns.scoreboard.figures import NAMES, NEVER_LEFT, fold
from templates_sync.models import Template

# So long after its end, so much time between two counts; what is older every 30 days.
_PACES: Final = (
    (timedelta(days=2), timedelta(minutes=5)),
    (timedelta(days=10), timedelta(hours=1)),
    (timedelta(days=60), timedelta(days=1)),
)
_OLD: Final = timedelta(days=30)
# As many messages as one statement counts; more are left to the next one.
AT_ONCE: Final = 100_000
# A number of our own among the advisory locks of the database: who counts, counts alone.
_LOCK: Final = 7_304_001
_WRITTEN: Final = [*NAMES, "missed", "first_left_at", "last_left_at", "counted_at"]

Rows = Iterable[Mapping[str, Any]]


def is_due(*, counted_at: datetime | None, ended_at: datetime | None, now: datetime) -> bool:
    """Return whether a use that ended then (None = it goes on) should be counted again. Pure."""
    if counted_at is None:
        return True
    age = now - ended_at if ended_at else timedelta()
    pace = next((every for reach, every in _PACES if age < reach), _OLD)
    return now - counted_at >= pace


def count_due(
    *,
    now: datetime,
    template: Template | None = None,
    most: int = AT_ONCE,
    is_brief: bool = False,
) -> tuple[int, int]:
    """Count what is due, of `template` alone if it is given, up to about `most` messages.

    `is_brief`: somebody waits for it, so that older days outside campaigns are left to the task.
    Returns how many uses were counted, and how many more are due. Nothing is counted while another
    does it: then what is there stays.
    """
    with transaction.atomic():
        if not _is_alone():
            return 0, 0
        due = _due_campaigns(template, now=now)
        chosen = _within(due, most)
        _count_campaigns(chosen, now=now)
        outside = _count_outside(is_brief=is_brief, now=now)
    return len(chosen) + outside, len(due) - len(chosen)


def count_for(*, seconds: float) -> int:
    """Count whatever is due, in commits of their own, until nothing is or the time is up."""
    until = time.monotonic() + seconds
    counted = 0
    while True:
        done, left = count_due(now=timezone.now())
        counted += done
        if not left or not done or time.monotonic() >= until:
            return counted


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _due_campaigns(template: Template | None, *, now: datetime) -> list[tuple[int, int]]:
    """Return (id, messages) of what is due, never counted ones first, then the longest ago."""
    launched = Campaign.objects.filter(launched_at__isnull=False)
    if template is not None:
        launched = launched.filter(template_version__template=template)
    rows = launched.order_by(F("use_count__counted_at").asc(nulls_first=True), "-pk").values_list(
        "pk", "total", "ended_at", "use_count__counted_at"
    )
    return [
        (pk, messages)
        for pk, messages, ended_at, counted_at in rows
        if is_due(counted_at=counted_at, ended_at=ended_at, now=now)
    ]


def _within(due: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Return the first of `due` that together have about `most` messages, at least one. Pure."""
    chosen: list[int] = []
    for pk, messages in due:
        if chosen and messages > most:
            break
        chosen.append(pk)
        most -= messages
    return chosen


def _grouped(*keys: str, **annotations: Any) -> Any:
    """Return the query that groups messages alike, by `keys` too."""
    messages: Any = OutboundMessage.objects.order_by()
    if annotations:
        messages = messages.annotate(**annotations)
    return messages.values(*keys, "status", "reason", "error_code").annotate(
        people=Count("pk"),
        replied=Count("pk", filter=Q(replied_at__isnull=False)),
        opted_out=Count("pk", filter=Q(opted_out_at__isnull=False)),
        first_left=Min("sending_at"),
        last_left=Max("sending_at"),
    )


def _count_campaigns(ids: Sequence[int], *, now: datetime) -> None:
    """Count all of `ids` in one statement, and write them down in another."""
    groups = defaultdict(list)
    for row in _grouped("campaign_id").filter(campaign__in=ids):
        groups[row["campaign_id"]].append(row)
    # Nothing is launched without a version.
    versions = Campaign.objects.filter(pk__in=ids, template_version__isnull=False).values_list(
        "pk", "template_version_id"
    )
    UseCount.objects.bulk_create(
        [
            UseCount(campaign_id=pk, version_id=version, **_counted(groups[pk], now=now))
            for pk, version in sorted(versions)
        ],
        update_conflicts=True,
        unique_fields=["campaign"],
        update_fields=_WRITTEN,
    )


def _count_outside(*, is_brief: bool, now: datetime) -> int:
    """Count what was sent with a template outside campaigns: a line per version, flow and day.

    What somebody tried out on a phone of their own says nothing about a template and is not counted.
    """
    since = _outside_since(now=now)
    if since is not None and is_brief:
        since = max(since, timezone.localdate(now) - timedelta(days=1))
    rows = _outside()
    if since is not None:
        rows = rows.filter(created_at__gte=_midnight(since))
        # Written anew instead of over: what a line is of (no flow) may be null, and nobody else counts.
        UseCount.objects.filter(day__gte=since).delete()
    groups: dict[tuple[int, int | None, date], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["template_version_id"], row["flow"], row["day"]].append(row)
    UseCount.objects.bulk_create(
        UseCount(version_id=version, flow_id=flow, day=day, **_counted(rows, now=now))
        for (version, flow, day), rows in groups.items()
    )
    return len(groups)


def _outside() -> Any:
    day = TruncDate("created_at", tzinfo=timezone.get_default_timezone())
    grouped = _grouped("template_version_id", "flow", "day", day=day, flow=F("flow_entry__flow"))
    return grouped.filter(
        campaign__isnull=True, template_version__isnull=False, flow_test__isnull=True
    )


def _outside_since(*, now: datetime) -> date | None:
    """Return the oldest day that is due to be counted again; None before the first count of all.

    From the last day that was counted on there may always be something new.
    """
    days: list[tuple[date, datetime]] = list(
        UseCount.objects.filter(day__isnull=False)
        .values_list("day")
        .annotate(counted_at=Min("counted_at"))
        .order_by("day")
    )
    for day, counted_at in days:
        ended_at = _midnight(day + timedelta(days=1))
        if is_due(counted_at=counted_at, ended_at=ended_at, now=now):
            return day
    return days[-1][0] if days else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())


def _counted(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, Any]:
    left = [row for row in rows if row["status"] not in NEVER_LEFT]
    missed = [
        [row["status"], row["reason"], row["error_code"], row["people"]]
        for row in sorted(rows, key=lambda row: -row["people"])
        if row["status"] in MISSED
    ]
    return {
        **asdict(fold(rows)),
        "missed": missed,
        "first_left_at": min((row["first_left"] for row in left), default=None),
        "last_left_at": max((row["last_left"] for row in left), default=None),
        "counted_at": now,
    }
