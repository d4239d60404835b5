"""Pure: when may people be written to, in their own time.

The shape of a policy is the account's (`{"weekday": ["10:00", "19:30"], …, "sunday": null}`);
`["00:00", "24:00"]` never closes. Italian holidays apply to everybody, since the sender is Italian.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Public holidays on the same day of every year (law 260/1949; law 151/2025 for Saint Francis).
# Not from the library that knows every country: it takes half a second to load.
_EVERY_YEAR = (
    (1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26),
)  # fmt: skip
SAINT_FRANCIS_SINCE = 2026
DAY_KINDS = ("weekday", "saturday", "holiday_eve", "sunday", "holiday")
FULL_DAY = (0, 24 * 60)
# How far ahead an opening is looked for: longer than any run of closed days.
HORIZON_DAYS = 30


@dataclass(frozen=True, slots=True)
class WritingHours:
    """Opening minutes from local midnight per kind of day; `None` = closed all day.

    `last_start_minutes`: nothing starts in the last minutes before closing, so that a message
    delayed on its way does not arrive after hours. It does not apply to days that never close.
    """

    by_day: Mapping[str, tuple[int, int] | None]
    last_start_minutes: int = 0

    @classmethod
    def parse(
        cls, raw: Mapping[str, Sequence[str] | None], *, last_start_minutes: int = 0
    ) -> "WritingHours":
        """Return the policy written as `raw`.

        :raises ValueError: a kind of day is missing or unknown, or its hours make no sense.
        """
        if unknown := set(raw) - set(DAY_KINDS):
            raise ValueError(f"unknown kind of day: {', '.join(sorted(unknown))}")
        if missing := set(DAY_KINDS) - set(raw):
            raise ValueError(f"missing kind of day: {', '.join(sorted(missing))}")
        return cls({kind: _minutes(raw[kind]) for kind in DAY_KINDS}, last_start_minutes)

    @property
    def never_closes(self) -> bool:
        return all(opening == FULL_DAY for opening in self.by_day.values())

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        """Return whether a message to somebody in `zone` may start at `at` (aware)."""
        local = at.astimezone(zone)
        opening = self._starts_on(local.date())
        minute = local.hour * 60 + local.minute
        return opening is not None and opening[0] <= minute < opening[1]

    def next_open(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return `at` if open, else the next opening in UTC; None if there is none in 30 days."""
        if self.is_open(at, zone):
            return at
        today = at.astimezone(zone).date()
        for offset in range(HORIZON_DAYS):
            day = today + timedelta(days=offset)
            opening = self._starts_on(day)
            if opening is not None and (opens := _moment(day, opening[0], zone)) > at:
                return opens
        return None

    def closes_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the opening that holds `at` ends (UTC); None if closed or never closing."""
        if self.never_closes or not self.is_open(at, zone):
            return None
        day = at.astimezone(zone).date()
        closes = self._starts_on(day)
        while closes is not None and closes[1] == FULL_DAY[1]:
            following = self._starts_on(day + timedelta(days=1))
            if following is None or following[0] != 0:
                break
            day, closes = day + timedelta(days=1), following
        return _moment(day, closes[1], zone) if closes is not None else None

    def opened_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the opening that holds `at` began (UTC); None if closed or never closing."""
        if self.never_closes or not self.is_open(at, zone):
            return None
        day = at.astimezone(zone).date()
        opens = self._starts_on(day)
        while opens is not None and opens[0] == 0:
            before = self._starts_on(day - timedelta(days=1))
            if before is None or before[1] != FULL_DAY[1]:
                break
            day, opens = day - timedelta(days=1), before
        return _moment(day, opens[0], zone) if opens is not None else None

    def _starts_on(self, day: date) -> tuple[int, int] | None:
        opening = self.by_day[day_kind(day)]
        if opening is None or opening[1] == FULL_DAY[1]:
            return opening
        return opening[0], max(opening[0], opening[1] - self.last_start_minutes)


def day_kind(day: date) -> str:
    """Return which of the five kinds `day` is: a holiday counts before anything else."""
    if is_holiday(day):
        return "holiday"
    if day.weekday() == 6:
        return "sunday"
    if is_holiday(day + timedelta(days=1)):
        return "holiday_eve"
    return "saturday" if day.weekday() == 5 else "weekday"


def is_holiday(day: date) -> bool:
    """Return whether `day` is a public holiday in Italy (4 October since 2026, law 151/2025)."""
    return day in _italian_holidays(day.year)


@lru_cache(maxsize=16)
def _italian_holidays(year: int) -> frozenset[date]:
    easter = _easter(year)
    found = {date(year, month, day) for month, day in _EVERY_YEAR}
    found |= {easter, easter + timedelta(days=1), _first_sunday_of_november(year)}
    return frozenset(found | {date(year, 10, 4)} if year >= SAINT_FRANCIS_SINCE else found)


def _first_sunday_of_november(year: int) -> date:
    """Return the day of national unity (law 54/1977)."""
    first = date(year, 11, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7)


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo:
    """Return the time zone `name`, or Rome where the name means nothing."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("Europe/Rome")


def _minutes(hours: Sequence[str] | None) -> tuple[int, int] | None:
    if hours is None:
        return None
    if len(hours) != 2:
        raise ValueError("hours are a pair: opening and closing")
    opens, closes = (_minute(text) for text in hours)
    if opens >= closes:
        raise ValueError(f"{hours[0]}-{hours[1]}: closing must come after opening")
    return opens, closes


def _minute(text: str) -> int:
    hour, _, minute = str(text).partition(":")
    if not (hour.isdigit() and minute.isdigit() and len(minute) == 2):
        raise ValueError(f"{text!r} is not a time like 10:00")
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > FULL_DAY[1]:
        raise ValueError(f"{text!r} is not a time of the day")
    return total


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    day += timedelta(days=minute // FULL_DAY[1])
    wall = time(minute % FULL_DAY[1] // 60, minute % 60)
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
