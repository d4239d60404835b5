"""Pure: when a number of marketing messages will have left, and how many in each hour.

The sender's own pace decides, so the two agree; the clock is virtual and moves by five minutes
where people may be written to, and by openings where they may not.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.sender.allowance import AccountState, Demand, People, marketing_pace
from campaigns.sender.hours import WritingHours

STEP = timedelta(minutes=5)
DAY = timedelta(hours=24)
# Beyond this nobody plans: the answer is "not within a month".
HORIZON = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Hour:
    """How many leave in the hour that starts `at`."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """`finish_at` is None where it does not finish within a month, or may not start at all."""

    start_at: datetime
    finish_at: datetime | None
    hours: tuple[Hour, ...]
    unsent: int = 0

    @property
    def busiest(self) -> int:
        return max((hour.count for hour in self.hours), default=0)


def foresee(
    *,
    recipients: int,
    account: AccountState,
    hours: WritingHours,
    zone: ZoneInfo,
    start_at: datetime,
    spread_hours: float = 0.0,
) -> Outlook:
    """Return the outlook of `recipients` messages from `start_at` (aware)."""
    run = _Run(recipients, account, spread_hours)
    finish = start_at if recipients == 0 else None
    for at, closes in _open_steps(start_at, hours, zone):
        if run.left == 0 or run.is_stopped:
            break
        finish = run.step(at, closes)
    done = finish if run.left == 0 else None
    return Outlook(start_at, done, run.by_hour(), run.left)


def _open_steps(
    start_at: datetime, hours: WritingHours, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime | None]]:
    at = start_at
    while at < start_at + HORIZON:
        opens = hours.next_open(at, zone)
        if opens is None:
            return
        at = opens
        closes = hours.closes_at(at, zone)
        yield at, closes
        at = min(at + STEP, closes) if closes else at + STEP


class _Run:
    """The state of one virtual drain: what is left, who was written to in the last day."""

    def __init__(self, recipients: int, account: AccountState, spread_hours: float) -> None:
        self.left = recipients
        self.is_stopped = False
        self._account = account
        self._ceiling = recipients / (spread_hours * 3600) if spread_hours else float("inf")
        self._day: deque[tuple[datetime, int]] = deque()
        self._owed = 0.0
        self._hours: dict[datetime, int] = {}
        self._first: datetime | None = None

    def step(self, at: datetime, closes: datetime | None) -> datetime:
        """Send what five minutes from `at` allow; return when the last of it left."""
        pace = self._pace(at, closes)
        if pace <= 0 and self._slots(at) > 0:
            self.is_stopped = True
            return at
        length = min(STEP, closes - at) if closes else STEP
        may = min(self._owed + pace * length.total_seconds(), float(self._slots(at)))
        count = min(self.left, int(may + 1e-9))
        self._owed = may - count
        self._take(at, count)
        return at + (timedelta(seconds=count / pace) if pace > 0 else timedelta())

    def by_hour(self) -> tuple[Hour, ...]:
        return tuple(Hour(at, count) for at, count in sorted(self._hours.items()))

    def _pace(self, at: datetime, closes: datetime | None) -> float:
        used = self._used(at)
        account = replace(self._account, people=People(self._account.people.limit, used))
        demand = Demand(backlog=self.left, closes_at=closes)
        return min(self._ceiling, marketing_pace(now=at, account=account, demand=demand))

    def _slots(self, at: datetime) -> int:
        people = People(self._account.people.limit, self._used(at))
        return people.left_for_marketing(self._account.marketing_share)

    def _used(self, at: datetime) -> int:
        """Return unique people of the last 24 hours: those of before the start, and ours."""
        self._first = self._first or at
        while self._day and self._day[0][0] <= at - DAY:
            self._day.popleft()
        before = self._account.people.used if at < self._first + DAY else 0
        return before + sum(count for _, count in self._day)

    def _take(self, at: datetime, count: int) -> None:
        self.left -= count
        if count:
            self._day.append((at, count))
            hour = at.replace(minute=0, second=0, microsecond=0)
            self._hours[hour] = self._hours.get(hour, 0) + count
