"""The life of a stored delivery of a webhook, Shopify's or Spoki's: put off, failed, tried again, forgotten.

How it is stored and claimed is the table's own: `orders.deliveries`, `conversations.deliveries`. `rows` are the
deliveries that are meant; each function leaves alone what it cannot be about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import OperationalError
from django.db.models import F

from audiences.models import WebhookDelivery, WebhookDeliveryQuerySet
from spoki.phones import redact

Rows = WebhookDeliveryQuerySet[Any]
State = WebhookDelivery.State
Done = TypeVar("Done")

# After a fault of ours: tried again at growing distances, then left for a person.
BACKOFF: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
# Another worker was in the way (deadlock, serialization, lock not available): the same again may pass.
_IN_THE_WAY: Final = frozenset({"40P01", "40001", "55P03"})
_TRIES_IN_PLACE: Final = 3
# Of what is worn out.
WORKERS_DIED: Final = "the worker ended in the middle, each time"
_FORGOTTEN_AT_ONCE: Final = 5_000


class RepeatRefused(Exception):
    """None of the deliveries is one that may be processed again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What processing made of a delivery. `wait_until` puts it off instead of finishing it."""

    word: str
    is_used: bool = True
    wait_until: datetime | None = None


def is_any_due(rows: Rows, *, now: datetime) -> bool:
    """Return whether a worker would find something to do."""
    return rows.free(now=now).filter(due_at__lte=now).exists()


def is_worn_out(attempts: int) -> bool:
    """Say whether it was claimed once more than it may fail: nobody lived to say why."""
    return attempts > len(BACKOFF) + 1


def try_in_place(once: Callable[[], Done]) -> Done:
    """Do it, a transaction of its own; at once again where another worker was only in the way.

    A STOP must not wait a minute for that.
    """
    for _ in range(_TRIES_IN_PLACE - 1):
        try:
            return once()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _IN_THE_WAY:
                raise
    return once()


def wait(rows: Rows, *, until: datetime, **columns: object) -> None:
    """Leave them for later, and write down why. Waiting is no attempt."""
    rows.unfinished().update(due_at=until, leased_until=None, attempts=F("attempts") - 1, **columns)


def give_up(rows: Rows, *, outcome: str, error: str, now: datetime) -> None:
    """Mark as failed what no repetition can mend."""
    rows.unfinished().update(
        state=State.FAILED,
        outcome=outcome,
        error=error[:300],
        processed_at=now,
        leased_until=None,
    )


def put_off(rows: Rows, *, attempts: int, error: Exception, now: datetime) -> None:
    """Note a fault of ours at the try of this number; try again later, or give up after the last."""
    words = _words(error)
    if attempts > len(BACKOFF):
        give_up(rows, outcome="fault", error=words, now=now)
        return
    rows.unfinished().update(
        error=words[:300], due_at=now + BACKOFF[attempts - 1], leased_until=None
    )


def process_again(rows: Rows, *, now: datetime) -> int:
    """Put finished deliveries back to the work to do; return how many. Those that wait stay as they are.

    :raises RepeatRefused: when none of them is finished.
    """
    moved = rows.exclude(state=State.RECEIVED).update(
        state=State.RECEIVED,
        outcome="",
        error="",
        attempts=0,
        due_at=now,
        processed_at=None,
        leased_until=None,
    )
    if not moved:
        raise RepeatRefused("they wait already, or are not to be processed again")
    return moved


def forget_old(rows: Rows, *, keep: timedelta, keep_failed: timedelta, now: datetime) -> int:
    """Delete what was processed long ago; return how many rows. What failed waits for a person for longer."""
    gone = 0
    for states, kept in (([State.DONE, State.IGNORED], keep), ([State.FAILED], keep_failed)):
        old = rows.filter(state__in=states, received_at__lt=now - kept).order_by("received_at")
        while ids := list(old.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE]):
            gone += rows.filter(pk__in=ids).delete()[0]
    return gone


def _words(error: Exception) -> str:
    """Return what went wrong without what it went wrong about: a database repeats the whole row below its first line."""
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {redact(first)}"
