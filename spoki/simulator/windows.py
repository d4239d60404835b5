"""Rolling windows, counted exactly: how many events fell in any `(t - length, t]`.

Both classes cost O(1) amortised per event: each event enters once and leaves once per window.
Times are seconds of the simulator's monotonic clock and never decrease.
"""

from array import array
from collections import deque
from collections.abc import Mapping, Sequence

_TRIM_AT = 65_536

# Pairs of (how many, in how many seconds); an empty sequence is no limit.
Rules = Sequence[tuple[int, float]]


class WorstWindows:
    """The fullest window of each length that was ever seen, with the moment it ended."""

    def __init__(self, lengths: Mapping[str, float]) -> None:
        self._names = tuple(lengths)
        self._lengths = tuple(lengths.values())
        self._starts = [0] * len(self._lengths)
        self._worst = [0] * len(self._lengths)
        self._worst_at = [0.0] * len(self._lengths)
        self._times = array("d")
        self.total = 0

    def add(self, at: float) -> None:
        times = self._times
        times.append(at)
        self.total += 1
        size = len(times)
        for index, length in enumerate(self._lengths):
            start = self._starts[index]
            edge = at - length
            while times[start] <= edge:
                start += 1
            self._starts[index] = start
            if size - start > self._worst[index]:
                self._worst[index] = size - start
                self._worst_at[index] = at
        if self._starts and (first := min(self._starts)) > _TRIM_AT and first * 2 > size:
            self._forget(first)

    def _forget(self, count: int) -> None:
        del self._times[:count]
        self._starts = [start - count for start in self._starts]

    def current(self, now: float) -> dict[str, int]:
        """Return how many events each window holds at `now` (a read, O(window) at worst)."""
        return {
            name: sum(1 for at in self._times[start:] if at > now - length)
            for name, length, start in zip(self._names, self._lengths, self._starts, strict=True)
        }

    def worst(self) -> dict[str, int]:
        return dict(zip(self._names, self._worst, strict=True))

    def worst_at(self) -> dict[str, float]:
        return dict(zip(self._names, self._worst_at, strict=True))

    def with_lengths(self, lengths: Mapping[str, float]) -> "WorstWindows":
        """Return the same events recounted with other lengths."""
        recounted = WorstWindows(lengths)
        for at in self._times:
            recounted.add(at)
        recounted.total = self.total
        return recounted


class RateLimiter:
    """Admits an event while every rule of its lane still has room in its rolling window."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, str], list[deque[float]]] = {}

    def wait_for(self, lane: tuple[str, str], rules: Rules, now: float) -> float:
        """Count the event and return 0, or return the seconds until it would be admitted."""
        seen = self._lanes.get(lane)
        if seen is None or len(seen) != len(rules):
            seen = self._lanes[lane] = [deque() for _ in rules]
        wait = 0.0
        for (limit, seconds), times in zip(rules, seen, strict=True):
            while times and times[0] <= now - seconds:
                times.popleft()
            if len(times) >= limit:
                wait = max(wait, times[len(times) - limit] + seconds - now if limit else seconds)
        if not wait:
            for times in seen:
                times.append(now)
        return wait

    def forget(self) -> None:
        self._lanes.clear()
