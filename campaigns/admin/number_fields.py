"""Numbers and lists of numbers as people type them: with a comma or a dot, never misread.

Django's own localized fields take "0.057" for 57 in Italian, where a dot parts thousands: too
dangerous for prices and limits. Here a dot is always a decimal sign, and whole numbers have none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import INPUT_CLASSES

Text = str | Promise
Row = dict[str, Any]

CLASSES = " ".join(INPUT_CLASSES)
# More lines than any list may have: what is typed beyond is not read.
MOST_ROWS = 40
_WHOLE = re.compile(r"\d{1,9}")
_DECIMAL = re.compile(r"\d{1,9}([.,]\d{1,6})?")
_NOT_WHOLE = _("Write a whole number, without dots.")
_NOT_A_NUMBER = _("Write a number, like 12 or 1,5.")


def read_number(text: str, *, is_whole: bool) -> Decimal:
    """Return the number typed as `text`.

    :raises ValidationError: it is not one, or could be read in two ways.
    """
    pattern = _WHOLE if is_whole else _DECIMAL
    if not pattern.fullmatch(text):
        raise ValidationError(_NOT_WHOLE if is_whole else _NOT_A_NUMBER)
    return Decimal(text.replace(",", "."))


def typed(number: object) -> str:
    """Return `number` as the reader would type it: 1,5 in Italian; nothing for None."""
    if number is None:
        return ""
    return str(number).replace(".", str(get_format("DECIMAL_SEPARATOR")))


class NumberField(forms.Field):
    """One number; `is_whole` takes no decimals."""

    def __init__(self, *, is_whole: bool, **kwargs: Any) -> None:
        self.is_whole = is_whole
        mode = "numeric" if is_whole else "decimal"
        super().__init__(widget=forms.TextInput({"class": CLASSES, "inputmode": mode}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return typed(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip()
        return read_number(text, is_whole=self.is_whole) if text else None


class ShareField(forms.Field):
    """A share typed as percent ("3,5 %" or "3,5") and cleaned to the share itself (0.035), of type `of`.

    At most `most` percent, with `places` decimals.
    """

    def __init__(
        self,
        *,
        most: int = 100,
        places: int = 1,
        of: Callable[[Decimal], Decimal | float] = Decimal,
        **kwargs: Any,
    ) -> None:
        self.most, self.places, self.of = most, places, of
        super().__init__(
            widget=forms.TextInput({"class": CLASSES, "inputmode": "decimal"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal | float | int):
            return value
        return f"{typed(_plain(Decimal(str(value)) * 100))} %"

    def to_python(self, value: Any) -> Decimal | float | None:
        if not isinstance(value, str):
            return None if value is None else self.of(Decimal(str(value)))
        text = value.strip().removesuffix("%").strip()
        if not text:
            return None
        percent = _with_places(read_number(text, is_whole=False), self.places)
        if percent > self.most:
            raise ValidationError(_("At most %(most)s %%."), params={"most": self.most})
        return self.of(percent / 100)


class EuroField(forms.Field):
    """Euro as typed ("14,50 €" or "14,50"), cleaned to whole cents (1450)."""

    def __init__(self, *, most: int = 100_000, **kwargs: Any) -> None:
        self.most = most
        super().__init__(
            widget=forms.TextInput({"class": CLASSES, "inputmode": "decimal"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return f"{typed((Decimal(value) / 100).quantize(Decimal('0.01')))} €"

    def to_python(self, value: Any) -> int | None:
        if not isinstance(value, str):
            return None if value is None else int(value)
        text = value.strip().removeprefix("€").removesuffix("€").strip()
        if not text:
            return None
        euro = _with_places(read_number(text, is_whole=False), 2)
        if euro > self.most:
            raise ValidationError(_("At most %(most)s €."), params={"most": self.most})
        return int(euro * 100)


def _plain(number: Decimal) -> str:
    """Return the number without zeros at its end, nor an exponent: 3.5, 20, 0."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_places(number: Decimal, places: int) -> Decimal:
    """:raises ValidationError: more decimals than `places`; one too many is a dot that parts thousands."""
    if number != round(number, places):
        told = ngettext_lazy("At most %(places)d decimal, and no dot between thousands.", "At most %(places)d decimals, and no dot between thousands.", "places")  # fmt: skip
        raise ValidationError(told, params={"places": places})
    return number


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list. `kind`: "whole", "decimal", "text", or "fixed" (shown, not typed)."""

    name: str
    label: Text
    kind: str = "whole"
    is_required: bool = True


class RowsWidget(forms.Widget):
    """A line of inputs per row, and some empty lines to add to them; an emptied line is removed."""

    template_name = "campaigns/admin/parts/rows.html"
    use_fieldset = True

    def __init__(self, columns: Sequence[Column], *, extra: int, words: Mapping[str, Text]) -> None:
        super().__init__()
        self.columns, self.extra, self.words = columns, extra, words

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = [row for row in value or [] if any(each not in {"", None} for each in row.values())]
        empty: list[Row] = [{} for _ in range(self.extra)]
        context["columns"] = self.columns
        context["classes"] = CLASSES
        context["lines"] = [
            [self._cell(column, row, f"{name}-{number}-{column.name}") for column in self.columns]
            for number, row in enumerate([*rows, *empty])
        ]
        return context

    def _cell(self, column: Column, row: Row, name: str) -> dict[str, Any]:
        raw = row.get(column.name)
        value = typed(raw) if isinstance(raw, Decimal | int) else raw or ""
        shown = self.words.get(str(raw), raw)
        return {"column": column, "name": name, "value": value, "shown": shown}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        names = [column.name for column in self.columns]
        return [
            {each: str(data.get(f"{name}-{number}-{each}") or "").strip() for each in names}
            for number in range(MOST_ROWS)
            if any(f"{name}-{number}-{each}" in data for each in names)
        ]

    def id_for_label(self, id_: str) -> str:
        return ""


class RowsField(forms.Field):
    """A list; cleaned to a dictionary per line, numbers as Decimal, what is empty as None."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        extra: int = 1,
        words: Mapping[str, Text] | None = None,
        **kwargs: Any,
    ) -> None:
        self.columns = columns
        widget = RowsWidget(columns, extra=extra, words=words or {})
        super().__init__(widget=widget, required=False, **kwargs)

    def clean(self, value: Any) -> list[Row]:
        """:raises ValidationError: what is wrong, line by line."""
        names = [column.name for column in self.columns if column.kind != "fixed"]
        lines = [line for line in value or [] if any(line[name] for name in names)]
        rows, problems = [], []
        for number, line in enumerate(lines, start=1):
            try:
                rows.append({column.name: _cell(column, line) for column in self.columns})
            except ValidationError as error:
                why = " ".join(error.messages)
                params = {"number": number, "why": why}
                problems.append(ValidationError(_("Line %(number)d: %(why)s"), params=params))
        if problems:
            raise ValidationError(problems)
        return rows


def _cell(column: Column, line: Mapping[str, str]) -> Any:
    text = line[column.name]
    if not text and column.is_required:
        raise ValidationError(_("“%(column)s” is missing."), params={"column": column.label})
    if column.kind in {"text", "fixed"}:
        return text
    return read_number(text, is_whole=column.kind == "whole") if text else None
