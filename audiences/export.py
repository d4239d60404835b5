"""The members of a snapshot as a file that an Italian spreadsheet opens as it is."""

import csv
from collections.abc import Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audiences.models import Snapshot

CHUNK = 2000
# Excel reads UTF-8 only with this mark.
BOM = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written to it, so that rows are streamed."""

    def write(self, line: str) -> str:
        return line


def member_lines(snapshot: Snapshot, *, shows_phones: bool) -> Iterator[str]:
    """Yield the lines of the file, the heading first; constant memory at any size."""
    names = sorted(snapshot.variables)
    writer = csv.writer(_Echo(), delimiter=";")
    phone = [_("phone")] if shows_phones else [_("contact")]
    heading = [*phone, _("language"), _("time zone"), _("control group"), _("frozen"), *names]
    yield BOM + str(writer.writerow([_harmless(text) for text in heading]))
    frozen = date_format(snapshot.made_at, "SHORT_DATETIME_FORMAT")
    who = "phone" if shows_phones else "contact_id"
    members = snapshot.members.order_by("pk").values_list(
        who, "language", "zone", "is_holdout", "params"
    )
    for key, language, zone, is_holdout, params in members.iterator(chunk_size=CHUNK):
        held = _("yes") if is_holdout else _("no")
        cells = [key, language, zone, held, frozen, *(params.get(name, "") for name in names)]
        yield str(writer.writerow([_harmless(str(cell)) for cell in cells]))


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula starts with an apostrophe."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
