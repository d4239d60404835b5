"""What a person may write beside a condition, read into one canonical JSON form."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise
Choices = Sequence[tuple[str, Text]]

MAX_WHOLE = 100_000
MAX_MONEY = Decimal(1_000_000)
MAX_ITEMS = 200
MAX_LENGTH = 255
YEARS = range(2000, 2101)
# “1.000” and “12.500,50”: three digits after a dot are thousands, as Italians write them.
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?")
_MOST_DECIMALS = re.compile(r"[^.,]*(?:[.,][0-9]{0,2})?")


class Kind(StrEnum):
    TEXT = "text"
    LIST = "list"
    CHOICE = "choice"
    WHOLE = "whole"
    MONEY = "money"
    DATE = "date"
    NOTHING = "nothing"


class InvalidValue(Exception):
    """The value cannot be used; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class ValueField:
    """One input beside a condition.

    Canonical forms: text and choice a string, list a list of strings, whole an int ≥ `minimum`, money a string
    of euros with two decimals, date a day as ISO 8601, nothing `true` (the condition takes no value). `reads` makes of a text what is stored.
    `unit` is read after the value in sentences, `hint` only on the page. `words` says a whole number with its unit
    where a sentence must agree with it (“1 day”, “7 days”); the page still shows `unit`.
    """

    kind: Kind
    name: str = "value"
    label: Text = ""
    unit: Text = ""
    hint: Text = ""
    minimum: int = 0
    reads: Callable[[str], str] | None = None
    words: Callable[[int], str] | None = None
    choices: Callable[[], Choices] | None = None
    suggestions: Callable[[], Iterable[str]] | None = None

    def clean(self, raw: Any) -> Any:
        """:raises InvalidValue: with a sentence."""
        return _READERS[self.kind](self, raw)

    def display(self, value: Any) -> str:
        """The canonical value as words in the language of the reader."""
        if self.kind is Kind.CHOICE and self.choices is not None:
            return str(dict(self.choices()).get(value, value))
        if self.kind is Kind.LIST:
            return ", ".join(value)
        if self.kind is Kind.MONEY:
            return f"{number_format(Decimal(value), decimal_pos=2, force_grouping=True)} €"
        if self.kind is Kind.DATE:
            return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
        if self.words is not None:
            return self.words(value)
        return number_format(value) if self.kind is Kind.WHOLE else f"“{value}”"


def _text(field: ValueField, raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise InvalidValue(_("Write a value."))
    text = raw.strip()
    if len(text) > MAX_LENGTH or "\x00" in text:
        raise InvalidValue(_("The value is too long."))
    return field.reads(text) if field.reads else text


def _list(field: ValueField, raw: Any) -> list[str]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list):
        raise InvalidValue(_("Write one or more values, with commas between them."))
    items = [_text(field, part) for part in parts if not isinstance(part, str) or part.strip()]
    if not items:
        raise InvalidValue(_("Write one or more values, with commas between them."))
    if len(items) > MAX_ITEMS:
        raise InvalidValue(_("Too many values: at most %(max)s.") % {"max": MAX_ITEMS})
    return list(dict.fromkeys(items))


def _choice(field: ValueField, raw: Any) -> str:
    allowed = dict(field.choices()) if field.choices else {}
    if not isinstance(raw, str) or raw not in allowed:
        raise InvalidValue(_("Choose one of the values in the list."))
    return raw


def _whole(field: ValueField, raw: Any) -> int:
    """Accepts 1000, "1000" and the Italian "1.000"."""
    text = _without_thousands(raw.strip()) if isinstance(raw, str) else _plain_number(raw)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InvalidValue(_("Write a whole number.")) from None
    if not number.is_finite() or number != number.to_integral_value():
        raise InvalidValue(_("Write a whole number."))
    if not field.minimum <= number <= MAX_WHOLE:
        raise InvalidValue(
            _("Write a number from %(min)s to %(max)s.") % {"min": field.minimum, "max": MAX_WHOLE}
        )
    return int(number)


def _money(field: ValueField, raw: Any) -> str:
    """Accepts 40, "40.5", the Italian "40,50" and "1.000", and the English "1,000.00"."""
    text = _amount_text(raw) if isinstance(raw, str) else _plain_number(raw)
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise InvalidValue(_("Write an amount in euros, such as 40 or 40,50.")) from None
    if not amount.is_finite() or not field.minimum <= amount <= MAX_MONEY:
        raise InvalidValue(_("Write an amount in euros, such as 40 or 40,50."))
    # By how it is written: an English “1,000” is not one euro.
    if amount != round(amount, 2) or (isinstance(raw, str) and not _MOST_DECIMALS.fullmatch(text)):
        raise InvalidValue(_("An amount has at most two decimals."))
    return f"{amount:.2f}"


def _amount_text(raw: str) -> str:
    """Without euros and thousands."""
    text = raw.replace("€", "").strip()
    if "," in text and text.find(",") < text.find("."):
        return text.replace(",", "")
    return _without_thousands(text)


def _without_thousands(text: str) -> str:
    return text.replace(".", "") if _GROUPED.fullmatch(text) else text


def _date(field: ValueField, raw: Any) -> str:
    """Accepts 2026-09-01 and the Italian 01/09/2026."""
    text = raw.strip() if isinstance(raw, str) else ""
    for written in ("%Y-%m-%d", "%d/%m/%Y"):
        with suppress(ValueError):
            day = datetime.strptime(text, written).date()  # noqa: DTZ007 # a day of the calendar
            if day.year in YEARS:
                return day.isoformat()
    raise InvalidValue(_("Write a day, such as 01/09/2026."))


def _plain_number(raw: Any) -> str:
    """JSON's true is an int to Python, and not a number to anybody else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise InvalidValue(_("Write a number."))
    return str(raw)


def _nothing(field: ValueField, raw: Any) -> bool:
    if raw is not True:
        raise InvalidValue(_("This condition takes no value: write true."))
    return True


_READERS: dict[Kind, Callable[[ValueField, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.LIST: _list,
    Kind.CHOICE: _choice,
    Kind.WHOLE: _whole,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.NOTHING: _nothing,
}


def cents(amount: str) -> int:
    """Cents of a canonical money value."""
    return int(Decimal(amount) * 100)
