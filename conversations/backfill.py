"""The history of a number, asked of Spoki when somebody opens the card: once at a time, remembered for some minutes.

Spoki's published API has no such endpoint; an account may have one (SPOKI_HISTORY_PATH). Its pages are read one by
one, each joined as it comes, so that an interruption loses nothing and whoever looks next goes on. A source that is
down is tried by one card in some minutes; all the others say so at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Final, cast

from django.conf import settings
from django.utils.module_loading import import_string

from audiences import waking
from audiences.models import Contact
from conversations.histories import rows
from conversations.histories.pages import HistorySource, Turn, read_history
from conversations.histories.standing import (
    HistoryStanding,
    Standing,
    faulty,
    standing_of,
    unasked,
)
from conversations.models import HistoryFetch

__all__ = ["HistoryStanding", "Standing", "ensure_history", "go_on"]

logger = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 1.5
# So long a worker goes on; then another task of the queue has its turn.
TURN_SECONDS: Final = 20.0
_TASK: Final = "conversations.tasks.fetch_history"
_PAUSE = Event()


class Patience:
    """A person's: nothing is waited for, and what takes longer is left to a worker."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def left(self) -> float:
        return max(0.0, self._ends_at - self._clock())

    def wait(self, seconds: float) -> bool:
        return False


class Work(Patience):
    """A worker's: it waits for its turn at the source."""

    def wait(self, seconds: float) -> bool:
        if seconds >= self.left():
            return False
        _PAUSE.wait(seconds)
        return True


def ensure_history(
    *,
    contact: Contact,
    now: datetime,
    patience_seconds: float = PATIENCE_SECONDS,
    is_asked_again: bool = False,
    turn: Turn | None = None,
) -> HistoryStanding:
    """Have the history of a customer read if it is time to, and say how far back the conversation is whole.

    Never raises, and takes `patience_seconds` at most: what takes longer goes on in a worker, and `is_loading` is
    True. `is_asked_again`: a person wants it now, whatever was answered before.
    """
    try:
        return _ensure(contact, now, turn or Patience(patience_seconds), is_asked_again)
    except Exception:
        logger.exception("the history of contact %s could not be looked after", contact.pk)
        return faulty()


def go_on(*, fetch_id: int, turn: Turn, clock: Callable[[], datetime]) -> bool:
    """Go on with a reading that nobody is at, for a worker's turn; False where there is more to read."""
    row = HistoryFetch.objects.select_related("contact__merged_into").filter(pk=fetch_id).first()
    if row is None or row.state != HistoryFetch.State.RUNNING or row.contact is None:
        return True
    contact = row.contact.merged_into or row.contact
    claimed = rows.claim(phone=row.phone, contact=contact, seen=row, now=clock())
    if claimed is None:
        return True
    return _read(claimed, contact, turn, clock)


def wake(fetch_id: int) -> None:
    """Have a worker go on; without a broker whoever looks at the card next does."""
    waking.wake(_TASK, kwargs={"fetch_id": fetch_id}, expires=60)


def _ensure(contact: Contact, now: datetime, turn: Turn, is_asked_again: bool) -> HistoryStanding:
    phone = contact.phone or ""
    if not phone or not settings.SPOKI_HISTORY_PATH or not settings.SPOKI_API_KEY:
        return unasked(contact)
    row = rows.fetch_of(phone)
    if not _should_ask(row, now=now, is_asked_again=is_asked_again):
        return standing_of(contact, row, now=now)
    resting = rows.resting(now=now)
    if resting is not None and not _may_try_all_the_same(resting, is_asked_again):
        return standing_of(contact, row, now=now, resting=resting)
    claimed = rows.claim(phone=phone, contact=contact, seen=row, now=now)
    if claimed is None:
        return standing_of(contact, rows.fetch_of(phone), now=now)
    if not _read(claimed, contact, turn, lambda: now):
        wake(claimed.pk)
    return standing_of(contact, rows.fetch_of(phone), now=now)


def _should_ask(row: HistoryFetch | None, *, now: datetime, is_asked_again: bool) -> bool:
    if row is None or rows.is_due(row, now=now):
        return True
    if not is_asked_again or rows.is_at_work(row, now=now):
        return False
    # A second click is the same one.
    return row.finished_at is None or row.finished_at <= now - rows.SAME_CLICK


def _may_try_all_the_same(resting: HistoryFetch, is_asked_again: bool) -> bool:
    """A person may try a source that was down; where Spoki asked to slow down nobody does."""
    return is_asked_again and resting.reason != "throttled"


def _read(row: HistoryFetch, contact: Contact, turn: Turn, clock: Callable[[], datetime]) -> bool:
    source = import_string(settings.SPOKI_GATEWAY)()
    try:
        return read_history(
            row, contact=contact, source=cast("HistorySource", source), turn=turn, clock=clock
        )
    finally:
        source.close()
