"""Why a line of an exported chat, or the whole file, is not taken: codes and values; the sentence is made when shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audiences.importing.reasons import sentence as sentence_of_imports

_SENTENCES: Final[Mapping[str, Promise]] = {
    "no_moment": _("When it was written is missing."),
    "moment": _("“%(text)s” is not a date with a time such as 21/09/2026 14:13."),
    "future": _("“%(text)s” has yet to come."),
    "nothing": _("It has neither a text nor a file."),
    "no_side": _("Who wrote it is missing."),
    "side": _("Who is “%(text)s”: the customer or us? Say so below."),
    "other_number": _("It belongs to another number."),
}


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is not taken; `line` counts from 1, header included."""

    line: int
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    cells: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = _SENTENCES.get(self.code)
        return (
            sentence_of_imports(self.code, self.values) if text is None else str(text) % self.values
        )

    @property
    def shown(self) -> str:
        """The beginning of the line, to be recognised by."""
        return " · ".join(cell.strip() for cell in self.cells if cell.strip())[:120]
