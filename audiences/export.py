"""Files that an Italian spreadsheet opens as they are: semicolons, UTF-8 with its mark, no formulas."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audiences.models import Snapshot

CHUNK = 2000
# Excel reads UTF-8 only with this mark.
BOM = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file that hands back what is written to it, so that rows are streamed."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of a file, the heading first; constant memory at any size."""
    return written([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)


def written(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of rows whose cells were made harmless by whoever knows which of them are numbers."""
    write: Callable[[Iterable[object]], str] = csv.writer(_Echo(), delimiter=";").writerow
    mark = BOM
    for row in rows:
        yield mark + write(row)
        mark = ""


def member_lines(snapshot: Snapshot, *, shows_phones: bool) -> Iterator[str]:
    """Yield the lines of the members of a snapshot; constant memory at any size."""
    return csv_lines(_member_rows(snapshot, shows_phones=shows_phones))


def _member_rows(snapshot: Snapshot, *, shows_phones: bool) -> Iterator[list[object]]:
    names = sorted(snapshot.variables)
    phone = _("phone") if shows_phones else _("contact")
    yield [phone, _("language"), _("time zone"), _("control group"), _("frozen"), *names]
    frozen = date_format(snapshot.made_at, "SHORT_DATETIME_FORMAT")
    who = "phone" if shows_phones else "contact_id"
    members = snapshot.members.order_by("pk").values_list(
        who, "language", "zone", "is_holdout", "params"
    )
    for key, language, zone, is_holdout, params in members.iterator(chunk_size=CHUNK):
        held = _("yes") if is_holdout else _("no")
        yield [key, language, zone, held, frozen, *(params.get(name, "") for name in names)]


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula starts with an apostrophe (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
