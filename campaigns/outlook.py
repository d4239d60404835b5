"""What a forecast answers: when a campaign will have left, how many in each hour, who will not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Hour:
    """How many leave in the hour that starts `at`."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Minute:
    """How many leave in the minute (or the longer step of a long plan) that starts `at`."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Rest:
    """From `at` to `until` nothing leaves; `code` of `campaigns.reasons` says why."""

    at: datetime
    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """The plan of one campaign; everybody is in an hour, in `expired` or in `unsent`.

    `finish_at` is None where it does not finish within the horizon, or may not start at all.
    `expired` are those whose turn does not come before the campaign's last hour; `why` says what
    keeps the rest (a code of `campaigns.reasons`), empty where nothing does.
    """

    start_at: datetime
    finish_at: datetime | None
    hours: tuple[Hour, ...]
    unsent: int = 0
    expired: int = 0
    why: str = ""
    minutes: tuple[Minute, ...] = ()
    rests: tuple[Rest, ...] = ()

    @property
    def busiest(self) -> int:
        return max((hour.count for hour in self.hours), default=0)

    @property
    def sent(self) -> int:
        return sum(hour.count for hour in self.hours)

    def days(self, zone: tzinfo) -> list[tuple[date, int]]:
        """Return how many leave on each calendar day of `zone` on which somebody is written to."""
        days = groupby(self.hours, key=lambda hour: hour.at.astimezone(zone).date())
        return [(day, sum(hour.count for hour in hours)) for day, hours in days]

    def finishes_on_its_first_day(self, zone: tzinfo) -> bool:
        """Return whether everybody is written to on the day of the start."""
        if self.finish_at is None or self.expired:
            return False
        return self.finish_at.astimezone(zone).date() == self.start_at.astimezone(zone).date()


def by_hour(minutes: Iterable[tuple[datetime, int]]) -> tuple[Hour, ...]:
    """Return counts by the minute as counts by the hour; `minutes` come in their order."""
    hours = groupby(
        minutes, key=lambda minute: minute[0].replace(minute=0, second=0, microsecond=0)
    )
    return tuple(Hour(at, sum(count for _at, count in group)) for at, group in hours)
