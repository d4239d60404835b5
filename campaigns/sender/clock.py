"""The database's clock, carried on by our own for a second: for what need not be exact.

Grants and starts are dated by the database at their own statement; a guard that looks back 24 hours
need not ask for the time at every turn.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.sender import ledger

CARRIED_SECONDS = 1.0


@dataclass(slots=True)
class CarriedClock:
    """Call it for the moment; asks the database at most once a second."""

    _read: datetime | None = None
    _at: float = float("-inf")

    def __call__(self) -> datetime:
        elapsed = time.monotonic() - self._at
        if self._read is None or elapsed > CARRIED_SECONDS:
            self._read, self._at = ledger.database_now(), time.monotonic()
            return self._read
        return self._read + timedelta(seconds=elapsed)
