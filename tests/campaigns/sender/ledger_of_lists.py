"""A ledger of plain lists that stands in for the database, and what its windows hold.

Seconds are those of one clock; `clock` makes moments of them.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from campaigns.sender.allowance import AccountState, People, Rolling

ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EPSILON = 1e-6
MINUTE, HOUR, DAY = 60.0, 600.0, 1_800.0


@dataclass(slots=True)
class Grants:
    """Grants in the order of their moments, so that a window's are found without a look at the others."""

    moments: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def note(self, moment: float, count: int) -> None:
        place = bisect_right(self.moments, moment)
        self.moments.insert(place, moment)
        self.counts.insert(place, count)

    def after(self, moment: float) -> tuple[list[float], int]:
        """Return the moment of the first grant after `moment`, if there is one, and how many were granted since."""
        first = bisect_right(self.moments, moment)
        return self.moments[first : first + 1], sum(self.counts[first:])


@dataclass(slots=True)
class Account:
    """Limits, and the grants and people of a ledger in seconds of its own clock."""

    templates: int
    texts: int
    hour: int | None
    tier: int | None
    margin: float
    share: float
    lease: float
    speed: float = 1.0
    quality: str = "green"
    pace_at: datetime | None = None
    grants: dict[str, Grants] = field(
        default_factory=lambda: {"template": Grants(), "text": Grants()}
    )
    last_written: dict[int, float] = field(default_factory=dict)

    def state(self, now: float) -> AccountState:
        return AccountState(
            template_minute=self._rolling(
                "minute_limit", self.templates, MINUTE, ["template"], now
            ),
            text_minute=self._rolling("text_minute_limit", self.texts, MINUTE, ["text"], now),
            hour=self._rolling("hour_limit", self.hour, HOUR, [*self.grants], now)
            if self.hour
            else None,
            people=People(self.tier, self.people_used(now)),
            margin=self.margin,
            marketing_share=self.share,
            lease_seconds=self.lease,
            speed=self.speed,
            quality=self.quality,
            pace_at=self.pace_at,
            templates_lately=self.grants["template"].after(now - 1)[1],
        )

    def people_used(self, now: float) -> int:
        return sum(at > now - DAY - self.lease for at in self.last_written.values())

    def _rolling(
        self, code: str, limit: int, seconds: float, kinds: list[str], now: float
    ) -> Rolling:
        seen = [self.grants[kind].after(now - seconds - self.lease) for kind in kinds]
        frees = min((moment for first, _count in seen for moment in first), default=None)
        frees_at = None if frees is None else clock(frees + seconds + self.lease)
        return Rolling(code, limit, seconds, sum(count for _first, count in seen), frees_at)


def clock(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def fullest(starts: list[float], seconds: float) -> int:
    """Return the largest number of starts in any half-open window of that length."""
    starts = sorted(starts)
    most, first = 0, 0
    for last, moment in enumerate(starts):
        while starts[first] <= moment - seconds + EPSILON:
            first += 1
        most = max(most, last - first + 1)
    return most


def usable(limit: int, margin: float, speed: float = 1.0) -> int:
    return max(1, int(limit * (1 - margin) * speed + 1e-9))


def for_marketing(limit: int, margin: float, speed: float = 1.0) -> int:
    """Return the places that marketing may fill: all but one in forty, at least one if two are there."""
    places = usable(limit, margin, speed)
    return places if places == 1 else places - max(1, places // 40)


def most_people(written: list[tuple[float, int]]) -> int:
    """Return the largest number of different people in any rolling day."""
    written = sorted(written)
    most, first = 0, 0
    present: Counter[int] = Counter()
    for moment, person in written:
        present[person] += 1
        while written[first][0] <= moment - DAY + EPSILON:
            gone = written[first][1]
            present[gone] -= 1
            present += Counter()
            first += 1
        most = max(most, len(present))
    return most
