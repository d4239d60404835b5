"""Cells as Italian spreadsheets write them: 1.234,50 and 23/11/2026."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from audiences.identity import HOME_ZONE

_DATES = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ERROR = re.compile(
    r"#(?:N/?[AD]|REF!|RIF!|VALUE!|VALORE!|DIV/0!|NAME\?|NOME\?|NUM!|NULL!|NULLO!)", re.IGNORECASE
)
MOST_DIGITS = 15
# Where Excel's calendar begins: an earlier day is a slip of the pen.
FIRST_YEAR = 1900


def number_of(text: str) -> int | float | None:
    """1.234,50 and 1234.5 alike, an amount with its € too; three digits after a dot are thousands."""
    bare = text.replace("€", "").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    elif not _PLAIN.fullmatch(bare):
        return None
    if len(bare.strip("+-").replace(".", "")) > MOST_DIGITS or not bare.isascii():
        return None
    number = Decimal(bare)
    return int(number) if number == number.to_integral_value() else float(number)


def date_of(text: str) -> date | None:
    """The day of a moment that `moment_of` reads."""
    moment = moment_of(text)
    return moment.date() if moment else None


def moment_of(text: str) -> datetime | None:
    """ISO, or day/month/year as Italians write it; without a zone it is Italian time."""
    moment = _parsed(text)
    if moment is None or moment.year < FIRST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(HOME_ZONE))


def is_sheet_error(text: str) -> bool:
    """Tell whether a formula of the sheet failed: #N/D, #RIF!"""
    return text[:1] == "#" and _ERROR.fullmatch(text) is not None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 the zone is added by the caller
        except ValueError:
            continue
    return None
