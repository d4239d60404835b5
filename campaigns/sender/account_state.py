"""Pure: what limits and ledger say of an account at one moment, and what waits to leave."""

import math
from dataclasses import dataclass
from datetime import datetime

from campaigns.sender.policy import DEFAULT_POLICY, LOWEST_TIER

# Marketing leaves one place in so many of each rolling window to order messages and replies. A window
# that it kept full would free a place only when its oldest start is a minute old, which a few orders
# at once make seconds wide. One in forty is what the use of the limit can spare beside the lease: of
# 57 usable places in a minute (60 less the margin) 56 are marketing's, 55 a minute leave.
KEPT_ONE_IN = 40
# A limit that nobody has set.
NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class Rolling:
    """One limit in a rolling window: `used` were granted in the last `seconds` plus the lease.

    `has_orders`: order messages or replies count in it beside marketing.
    """

    code: str
    limit: int
    seconds: float
    used: int = 0
    frees_at: datetime | None = None
    has_orders: bool = True

    def usable(self, *, margin: float, speed: float) -> int:
        """Return the limit less the margin, slowed by `speed` (0–1]; at least one."""
        return max(1, math.floor(self.limit * (1 - margin) * speed + 1e-9))

    def kept(self, *, margin: float, speed: float) -> int:
        """Return how many of the usable places marketing leaves free.

        One in forty; at least one, as in a small limit the next place is long in coming; never the
        only one, so that marketing does not starve.
        """
        if not self.has_orders:
            return 0
        usable = self.usable(margin=margin, speed=speed)
        return min(max(1, usable // KEPT_ONE_IN), usable - 1)

    def free(self, *, margin: float, speed: float) -> int:
        return max(0, self.usable(margin=margin, speed=speed) - self.used)


@dataclass(frozen=True, slots=True)
class People:
    """Unique people outside an open window in the last 24 hours, against the tier.

    `frees_at`: when the first of them does not count any more.
    """

    limit: int | None
    used: int = 0
    frees_at: datetime | None = None

    @property
    def known_limit(self) -> int:
        return LOWEST_TIER if self.limit is None else self.limit

    def left(self) -> int:
        return max(0, self.known_limit - self.used)

    def left_for_marketing(self, share: float) -> int:
        return max(0, math.floor(self.known_limit * share + 1e-9) - self.used)


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the limits and the ledger say at one moment, read under the account's lock."""

    template_minute: Rolling
    text_minute: Rolling
    hour: Rolling | None
    people: People
    margin: float
    marketing_share: float
    lease_seconds: float
    speed: float = 1.0
    quality: str = "unknown"
    throttled_at: datetime | None = None
    pause_code: str = ""
    pause_detail: str = ""
    frozen_until: datetime | None = None
    templates_frozen_until: datetime | None = None
    texts_frozen_until: datetime | None = None
    pace_at: datetime | None = None
    # Template sends granted in the last second of the minute's sixty.
    templates_lately: int = 0
    # Sends by automation have a limit, a freeze and a pace of their own; None = no route is in use.
    automation_minute: Rolling | None = None
    automations_frozen_until: datetime | None = None
    automation_pace_at: datetime | None = None
    # What is left of the pace while the quality is medium.
    yellow_factor: float = DEFAULT_POLICY.yellow_factor

    def free(self, window: Rolling | None) -> int:
        """Return how many may still start in `window`; None = no such limit."""
        if window is None:
            return NO_LIMIT
        return window.free(margin=self.margin, speed=self._speed_in(window))

    def free_for_marketing(self, window: Rolling | None) -> int:
        """Return how many of them marketing may take, which leaves the last places free."""
        if window is None:
            return NO_LIMIT
        return max(0, self.free(window) - self.kept(window))

    def kept(self, window: Rolling) -> int:
        """Return how many places of `window` marketing leaves to order messages and replies."""
        return window.kept(margin=self.margin, speed=self._speed_in(window))

    def even_pace(self, window: Rolling) -> float:
        """Return the sends per second that use all of `window` but what is kept in it, evenly."""
        usable = window.usable(margin=self.margin, speed=self.speed)
        kept = window.kept(margin=self.margin, speed=self.speed)
        return (usable - kept) / (window.seconds + self.lease_seconds)

    def seconds_per_place(self, window: Rolling) -> float:
        """Return in how many seconds one place of `window` becomes free where its use is even."""
        usable = window.usable(margin=self.margin, speed=self.speed)
        return (window.seconds + self.lease_seconds) / usable

    def _speed_in(self, window: Rolling) -> float:
        # A lower speed is a slower pace. In the window of an hour, already half full, it would stop
        # orders and replies as well, for half an hour.
        return 1.0 if window is self.hour else self.speed


@dataclass(frozen=True, slots=True)
class Demand:
    """Marketing that could leave now: how many people, and when the last open zone closes.

    `opening` is the share of the pace that so fresh an opening allows (see `opening_share`).
    `orders_opening`: the hours of order messages have just opened on what the night brought.
    `opened_at`: when the first of these zones opened; None where they never close.
    """

    backlog: int = 0
    closes_at: datetime | None = None
    opening: float = 1.0
    orders_opening: bool = False
    opened_at: datetime | None = None
