"""An Excel workbook (.xlsx), turned into the CSV that everything after it reads.

The first sheet that shows counts. A row keeps its number, so that a refused one is found again.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from audiences.importing.sheet import UnreadableFile

XLSX = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
# A workbook is a zip: a small one may unpack into anything.
MOST_UNPACKED = 400 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200


def is_workbook(file: BinaryIO) -> bool:
    """Tell whether the file is a workbook.

    :raises UnreadableFile: one of Excel before 2007, with what to do.
    """
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head == OLD_EXCEL:
        raise UnreadableFile(
            _("This is a file of an old Excel (.xls): save it as .xlsx or as CSV and try again.")
        )
    return head == XLSX and zipfile.is_zipfile(file)


def as_csv(file: BinaryIO) -> BinaryIO:
    """The first sheet as CSV in a temporary file, which the caller closes.

    :raises UnreadableFile: not a workbook, too large, or damaged.
    """
    # Only who reads a workbook loads the library: it takes longer than a page.
    from openpyxl import load_workbook

    _check_size(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if not sheets:
                raise UnreadableFile(_("The file is empty."))
            sheets[0].reset_dimensions()
            return _written(sheets[0].iter_rows(values_only=True))
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableFile(_damaged()) from error


def _check_size(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UnreadableFile(_damaged()) from error
    if unpacked > MOST_UNPACKED:
        raise UnreadableFile(_too_large())
    file.seek(0)


def _written(rows: Iterable[tuple[Any, ...]]) -> BinaryIO:
    out = TemporaryFile()  # noqa: SIM115 - it is the answer
    try:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        writer = csv.writer(text, delimiter=";")
        writer.writerows(_cells(row) for row in _few(rows))
        text.flush()
        text.detach()
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def _few(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise UnreadableFile(_too_large())
        yield row


def _cells(row: tuple[Any, ...]) -> Iterator[str]:
    """Empty cells at the end of a row are none."""
    texts = [_text(value) for value in row[:MOST_COLUMNS]]
    while texts and not texts[-1]:
        texts.pop()
    yield from texts


def _text(value: Any) -> str:
    """A line break within a cell becomes a blank: a row is a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else str(value).replace(".", ",")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return " ".join(str(value).split())


def _damaged() -> str:
    return _("This Excel file cannot be read: save it again, or as CSV, and try again.")


def _too_large() -> str:
    return _("The sheet has more than %(most)s rows: split it, or save it as CSV.") % {
        "most": MOST_ROWS
    }
