"""Shopify's bucket of points: how long to wait, read from its own answers and never from memory.

Rate limits of the GraphQL Admin API: each answer says `extensions.cost` with what the query asked for
(`requestedQueryCost`) and how the bucket stands (`throttleStatus`: `maximumAvailable`,
`currentlyAvailable`, `restoreRate` in points a second).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

# Where a refusal says nothing about the bucket.
PAUSE_UNSAID = 1.0
# So much stays in the bucket for what people wait for, while we read page after page.
RESERVE = 100.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer says of its cost, in points; `rate` in points a second."""

    asked: float
    available: float
    most: float
    rate: float

    def seconds_until(self, points: float) -> float:
        """Return how long the bucket takes to hold `points`; 0 where it does, or can never."""
        if self.rate <= 0:
            return 0.0
        return max(0.0, (min(points, self.most) - self.available) / self.rate)


def read_cost(payload: Mapping[str, Any]) -> Cost | None:
    """Return the cost that an answer tells of, None where it tells nothing we can use."""
    extensions = payload.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    status = cost.get("throttleStatus") if isinstance(cost, Mapping) else None
    if not isinstance(cost, Mapping) or not isinstance(status, Mapping):
        return None
    return Cost(
        asked=_number(cost.get("requestedQueryCost")),
        available=_number(status.get("currentlyAvailable")),
        most=_number(status.get("maximumAvailable")),
        rate=_number(status.get("restoreRate")),
    )


def pause_after_refusal(cost: Cost | None) -> float:
    """Return the seconds to wait after THROTTLED: (asked - available) / rate, a second if unsaid."""
    if cost is None or cost.rate <= 0:
        return PAUSE_UNSAID
    return max(0.1, cost.seconds_until(cost.asked))


class Bucket:
    """What one client knows of the bucket: it asks before it reads on, so that it is rarely refused."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._last: tuple[float, Cost] | None = None
        self._prices: dict[str, float] = {}

    def note(self, operation: str, cost: Cost | None) -> None:
        if cost is None:
            return
        self._last = (self._clock(), cost)
        self._prices[operation] = cost.asked

    def pause_before(self, operation: str, *, reserve: float = RESERVE) -> float:
        """Return the seconds to wait before `operation`, 0 where its price is not known yet."""
        price = self._prices.get(operation)
        if self._last is None or price is None:
            return 0.0
        at, cost = self._last
        gained = (self._clock() - at) * cost.rate
        now = Cost(cost.asked, min(cost.most, cost.available + gained), cost.most, cost.rate)
        return now.seconds_until(price + min(reserve, cost.most / 10))


class Patience:
    """How many seconds the calls of one client may wait for the bucket, in all."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def allows(self, pause: float) -> bool:
        """Take `pause` off what is left; False where there is not so much."""
        if pause > self._left:
            return False
        self._left -= pause
        return True


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return max(0.0, float(value))
