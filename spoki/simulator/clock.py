"""The simulator's time: the machine's clocks plus an offset that tests may grow."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0

    def epoch(self) -> float:
        """Seconds since 1970, as Spoki would print them."""
        return time.time() + self.offset

    def monotonic(self) -> float:
        """Seconds of the clock that never goes back; with offset 0, the one of every process here."""
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds


def iso(epoch: float) -> str:
    """Print as Spoki does: microseconds and an offset, `2026-09-21T14:13:20.000000+00:00`."""
    return datetime.fromtimestamp(epoch, tz=UTC).isoformat(timespec="microseconds")
