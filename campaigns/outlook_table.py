"""An outlook for a terminal: a line per hour (per day where it takes long) with its bar."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from campaigns.outlook import Hour, Outlook

# Two days by the hour fit on a screen; what takes longer is shown by the day.
MOST_HOURS = 48
BAR = 40


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    count: int
    total: int


def table_of(outlook: Outlook, zone: ZoneInfo) -> list[str]:
    """Return the lines of the table, a heading first; none where nothing ever leaves."""
    rows = _rows(outlook.hours, zone)
    if not rows:
        return []
    most = max(row.count for row in rows)
    width = max(len(row.label) for row in rows)
    leave, in_all = _("Leave"), _("In all")
    heading = f"{'':<{width}}  {leave:>9}  {in_all:>9}"
    return [heading, *(_line(row, width, most) for row in rows)]


def _rows(hours: tuple[Hour, ...], zone: ZoneInfo) -> list[_Row]:
    by_hour = len(hours) <= MOST_HOURS
    counted: dict[str, int] = {}
    for hour in hours:
        label = _label(hour.at.astimezone(zone), by_hour=by_hour)
        counted[label] = counted.get(label, 0) + hour.count
    totals = accumulate(counted.values())
    return [
        _Row(label, count, total)
        for (label, count), total in zip(counted.items(), totals, strict=True)
    ]


def _label(at: datetime, *, by_hour: bool) -> str:
    return date_format(at, "D d/m H:i" if by_hour else "D d/m")


def _line(row: _Row, width: int, most: int) -> str:
    bar = "█" * max(1, round(BAR * row.count / most))
    return f"{row.label:<{width}}  {_number(row.count):>9}  {_number(row.total):>9}  {bar}"


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))
