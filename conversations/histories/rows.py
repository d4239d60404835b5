"""One row per number: who reads its history just now, how the last reading ended, when the next may begin.

Only whoever holds the lease writes to a row that runs. A source that gave nobody an answer is left alone for some
minutes by all cards; then one of them tries.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from audiences.models import Contact
from conversations.histories.standing import SOURCE_WIDE
from conversations.models import HistoryFetch

State = HistoryFetch.State
# One page takes half a minute at most; whoever died lets go after this.
LEASE: Final = timedelta(minutes=2)
# A person may ask again at once, but a second click is the same one.
SAME_CLICK: Final = timedelta(seconds=2)


def fetch_of(phone: str) -> HistoryFetch | None:
    return HistoryFetch.objects.filter(phone=phone).first()


def is_at_work(row: HistoryFetch, *, now: datetime) -> bool:
    """Say whether somebody reads this history just now."""
    return row.leased_until is not None and row.leased_until > now


def is_due(row: HistoryFetch | None, *, now: datetime) -> bool:
    """Say whether the history may be asked (again): never yet, interrupted, or long enough ago."""
    if row is None:
        return True
    if is_at_work(row, now=now):
        return False
    return row.state == State.RUNNING or row.again_at <= now


def resting(*, now: datetime) -> HistoryFetch | None:
    """Return the reading that failed because the source is down, while nobody should try; else the turn is the caller's.

    When the time is over one caller gets the turn, whatever number they ask for; the others still rest.
    """
    answered = HistoryFetch.objects.filter(finished_at__isnull=False)
    last = answered.order_by(F("finished_at").desc(), "-pk").first()
    if last is None or last.reason not in SOURCE_WIDE:
        return None
    if last.again_at > now:
        return last
    taken = HistoryFetch.objects.filter(pk=last.pk, again_at=last.again_at)
    is_ours = taken.update(again_at=now + retry_after())
    last.refresh_from_db()
    return None if is_ours else last


def claim(
    *, phone: str, contact: Contact, seen: HistoryFetch | None, now: datetime
) -> HistoryFetch | None:
    """Begin to read the history of a number, or go on where it was interrupted.

    `seen` is the row as the caller judged it; None where somebody else has it, or has read it since.
    """
    with transaction.atomic():
        HistoryFetch.objects.bulk_create(
            [HistoryFetch(phone=phone, contact=contact, started_at=now, again_at=now)],
            ignore_conflicts=True,
        )
        row = HistoryFetch.objects.select_for_update().get(phone=phone)
        was_read = row.finished_at != (seen.finished_at if seen else None)
        if was_read or is_at_work(row, now=now):
            return None
        _begin(row, contact, now=now)
        row.save()
    return row


def _begin(row: HistoryFetch, contact: Contact, *, now: datetime) -> None:
    # How it ended last stays until it is known better: other cards go by it.
    if row.state != State.RUNNING:
        row.started_at = now
        if row.next_page == 1:
            row.pages, row.found, row.added, row.unreadable = 0, 0, 0, 0
            row.oldest_at, row.is_newest_first = None, True
    row.state, row.contact, row.leased_until = State.RUNNING, contact, now + LEASE


def held(row: HistoryFetch) -> QuerySet[HistoryFetch]:
    """Return the row as long as this worker has it."""
    return HistoryFetch.objects.filter(
        pk=row.pk, state=State.RUNNING, leased_until=row.leased_until
    )


def note(row: HistoryFetch, *, now: datetime, **changes: Any) -> bool:
    """Write down how far it got, and keep the row for the next page; False where somebody else has taken over."""
    lease = now + LEASE
    if held(row).update(**changes, leased_until=lease) != 1:
        return False
    row.leased_until = lease
    for column, value in changes.items():
        setattr(row, column, value)
    return True


def release(row: HistoryFetch) -> None:
    """Leave the rest to whoever comes next."""
    held(row).update(leased_until=None)
    row.leased_until = None


def finish(
    row: HistoryFetch,
    state: HistoryFetch.State,
    *,
    now: datetime,
    reason: str = "",
    pause: timedelta | None = None,
    **changes: Any,
) -> None:
    """Close the reading; it is not asked again before `pause`, by default what the settings say."""
    usual = retry_after() if reason else timedelta(minutes=settings.HISTORY_REMEMBER_MINUTES)
    values: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "finished_at": now,
        "again_at": now + (usual if pause is None else pause),
        **changes,
    }
    if held(row).update(**values, leased_until=None) == 1:
        row.leased_until = None
        for column, value in values.items():
            setattr(row, column, value)


def retry_after() -> timedelta:
    return timedelta(minutes=settings.HISTORY_RETRY_MINUTES)
