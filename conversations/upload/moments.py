"""Dates as exports write them: Italian and English, figures or names of months, with or without seconds and zone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from conversations.told import EXACT

MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "gen gennaio jan january", "feb febbraio february", "mar marzo march", "apr aprile april",
            "mag maggio may", "giu giugno jun june", "lug luglio jul july", "ago agosto aug august",
            "set sett settembre sep sept september", "ott ottobre oct october", "nov novembre november",
            "dic dicembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([t ].*)?")
_FIGURES = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b(.*)", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})\b(.*)", re.DOTALL)
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|º|°)?[ .-]+([a-z]+)[ .,-]+(\d{4})\b(.*)", re.DOTALL
)
_MONTH_NAMED = re.compile(r"([a-z]+)[ .]+(\d{1,2})(?:st|nd|rd|th)?,?[ ]+(\d{4})\b(.*)", re.DOTALL)
_CLOCK = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,6}))?)?\s*(am|pm)?\s*(z|utc|gmt)?"
)
# No WhatsApp before, and nobody keeps a chat for so long after.
_YEARS: Final = range(2009, 2200)


class Order(StrEnum):
    """Which figure of 03/04/2026 is the day."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` (UTC) is the beginning of the stretch `within` in which it lies."""

    at: datetime
    within: timedelta


@dataclass(frozen=True, slots=True)
class Wall:
    """A moment as the clock on the wall shows it; `is_utc` where it says so itself."""

    at: datetime
    within: timedelta


def moment_of(text: str, *, order: Order, zone: ZoneInfo) -> Moment | None:
    """Read a date with a time; without a zone of its own it is in `zone`. None where it is none."""
    told = _from_figures(text, order) or _wall(text, order)
    if told is None:
        return None
    try:
        at = (told.at if told.at.tzinfo else told.at.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return Moment(at, told.within) if at.year in _YEARS else None


def order_of(texts: Sequence[str]) -> Order:
    """Return which figure is the day: as all of the file can be read, and goes on in time; in doubt as Italians write."""
    scores = {order: _score(texts, order) for order in Order}
    return max(Order, key=lambda order: (scores[order], order is Order.DAY_FIRST))


def _score(texts: Sequence[str], order: Order) -> tuple[int, int]:
    """Return how many can be read, and how many of them stand in one direction of time."""
    found = [wall.at.replace(tzinfo=None) for text in texts if (wall := _wall(text, order))]
    steps = [(later > earlier) - (later < earlier) for earlier, later in itertools.pairwise(found)]
    return len(found), abs(sum(steps))


def _from_figures(text: str, order: Order) -> Wall | None:
    """Seconds or milliseconds since 1970."""
    if not re.fullmatch(r"\d{10}(\.\d{1,6})?|\d{13}", text, re.ASCII):
        return None
    seconds = float(text) / (1000 if len(text) == 13 and "." not in text else 1)
    within = EXACT if len(text) != 10 else SECOND
    return Wall(datetime.fromtimestamp(seconds, tz=UTC), within)


def _wall(text: str, order: Order) -> Wall | None:
    plain = " ".join(text.casefold().replace("\u202f", " ").replace("\u00a0", " ").split())
    plain = re.sub(r"^(?:[a-zì]{3,12}[ ,.]+)(?=\d{1,2}[ .]+[a-z])", "", plain)
    try:
        return _iso(plain) or _written(plain, order)
    except ValueError:
        return None


def _iso(plain: str) -> Wall | None:
    if _ISO.fullmatch(plain) is None or re.search(r"[ap]m\b", plain):
        return None
    bare = plain.upper().removesuffix(" UTC").removesuffix(" GMT").replace(" +", "+")
    try:
        at = datetime.fromisoformat(bare)
    except ValueError:
        return None
    if plain.endswith((" utc", " gmt")):
        at = at.replace(tzinfo=UTC)
    clock = plain[10:].strip("t ")
    if not clock:
        return None
    has_seconds = re.match(r"\d{1,2}:\d{2}:\d{2}", clock) is not None
    return Wall(at, EXACT if "." in clock else SECOND if has_seconds else MINUTE)


def _written(plain: str, order: Order) -> Wall | None:
    found = _date(plain, order)
    if found is None:
        return None
    year, month, day, rest = found
    clock = _CLOCK.fullmatch(
        rest.strip(" ,-–t").removeprefix("alle ").removeprefix("ore ").removeprefix("at ").strip()
    )
    if clock is None:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock[5] == "pm" else 0)
    micros = int((clock[4] or "").ljust(6, "0")) if clock[4] else 0
    at = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC if clock[6] else None)
    return Wall(at, EXACT if clock[4] else SECOND if clock[3] else MINUTE)


def _date(plain: str, order: Order) -> tuple[int, int, int, str] | None:
    """Return year, month, day and what follows."""
    if figures := _FIGURES.match(plain):
        first, second = int(figures[1]), int(figures[2])
        day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
        year = int(figures[3])
        return (year if year > 99 else 2000 + year), month, day, figures[4]
    if turned := _YEAR_FIRST.match(plain):
        return int(turned[1]), int(turned[2]), int(turned[3]), turned[4]
    if named := _DAY_NAMED.match(plain):
        month = _MONTHS.get(named[2], 0)
        return (int(named[3]), month, int(named[1]), named[4]) if month else None
    if named := _MONTH_NAMED.match(plain):
        month = _MONTHS.get(named[1], 0)
        return (int(named[3]), month, int(named[2]), named[4]) if month else None
    return None
