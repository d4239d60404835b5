"""How often each kind of call may leave, for all processes together: rows, never a memory.

In any minute no more leave than the burst and what the gap lets through: four fifths of what Spoki's
collection names, or of what is assumed where it names none. `sync_all` takes one call a minute, and
gets a little more than a minute.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from audiences.models import SpokiPace


class Call(StrEnum):
    SYNC_ALL = "sync_all"
    SYNC = "sync"
    READ = "read"
    FIELDS = "fields"
    HISTORY = "history"


GAPS = {
    Call.SYNC_ALL: timedelta(seconds=62),
    Call.SYNC: timedelta(seconds=60 / 36),
    Call.READ: timedelta(seconds=60 / 72),
    Call.FIELDS: timedelta(seconds=15),
    Call.HISTORY: timedelta(seconds=60 / 36),
}
# So many may leave at once after a rest.
BURSTS = {Call.SYNC_ALL: 1, Call.SYNC: 12, Call.READ: 24, Call.FIELDS: 1, Call.HISTORY: 12}
# After a 429 that does not say for how long, and the least after one that does.
FREEZE = timedelta(seconds=60)

_TAKE = """
INSERT INTO audiences_spokipace AS p (kind, free_at) VALUES (%(kind)s, %(now)s + %(gap)s)
ON CONFLICT (kind) DO UPDATE SET free_at = greatest(p.free_at, %(now)s) + %(gap)s
WHERE p.free_at <= %(now)s + %(slack)s
RETURNING free_at
"""
_FREEZE = """
INSERT INTO audiences_spokipace AS p (kind, free_at) VALUES (%(kind)s, %(until)s)
ON CONFLICT (kind) DO UPDATE SET free_at = greatest(p.free_at, %(until)s)
"""


def take(call: Call, *, now: datetime, calls: int = 1) -> bool:
    """Reserve `calls` calls; False while it is somebody else's turn, or Spoki asked to wait."""
    values: dict[str, Any] = {
        "kind": call.value,
        "now": now,
        "gap": GAPS[call] * calls,
        "slack": _slack(call),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return cursor.fetchone() is not None


def freeze(call: Call, *, seconds: float | None, now: datetime) -> None:
    """Nobody makes this call for `seconds`, a minute at least."""
    until = now + max(timedelta(seconds=seconds or 0), FREEZE) + _slack(call)
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, {"kind": call.value, "until": until})


def seconds_until_free(call: Call, *, now: datetime) -> float:
    """Return how long to wait, 0 when the call may be made."""
    row = SpokiPace.objects.filter(kind=call.value).first()
    return max(0.0, (row.free_at - _slack(call) - now).total_seconds()) if row else 0.0


def _slack(call: Call) -> timedelta:
    """How far the row may run ahead of the clock: the calls of the burst after the first."""
    return GAPS[call] * (BURSTS[call] - 1)


class Budget:
    """Waits for turns until `ends_at`; `wait` takes seconds, `clock` says the time.

    A background task has a short one and comes back; the command waits to the end.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        wait: Callable[[float], object],
        ends_at: datetime | None,
    ) -> None:
        self.clock = clock
        self._wait = wait
        self._ends_at = ends_at

    def turn(self, call: Call, *, calls: int = 1) -> bool:
        """Wait for a turn and take it; False when it does not come in time."""
        while not take(call, now=self.clock(), calls=calls):
            now = self.clock()
            seconds = seconds_until_free(call, now=now)
            if self._ends_at is not None and now + timedelta(seconds=seconds) > self._ends_at:
                return False
            self._wait(max(seconds, 0.05))
        return True
