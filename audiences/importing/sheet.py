"""Reading a CSV as spreadsheets write it: any usual delimiter, UTF-8 with or without BOM, or Windows' own.

A line with a stray quote spoils itself, not the rest of the file.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from audiences.importing.reasons import Reason

DELIMITERS = ";,\t"
# A quoted value may hold line breaks, a note for instance; longer than this, a quote was forgotten.
MAX_LINES_PER_ROW = 20
MAX_LINE_LENGTH = 100_000
CHUNK = 1 << 20
# Of a line that cannot be split into its cells, so much is kept to show it.
MAX_SHOWN = 500
# What Excel reads as the delimiter of the file, and does not show.
_NAMED_DELIMITER = re.compile(r"sep=([;,\t|])[\r\n]*", re.IGNORECASE)


class UnreadableFile(Exception):
    """The file as a whole cannot be read; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1, header included; with a `problem` the values are only to be shown."""

    line: int
    values: list[str]
    problem: Reason | None = None


def read_rows(file: BinaryIO, *, most_lines: int = MAX_LINES_PER_ROW) -> Generator[Row, None, None]:
    """Every row that is not blank, the header first. The file must be seekable and stays open.

    A quoted value goes over `most_lines` at most. Whoever stops before the end closes the generator before the file.

    :raises UnreadableFile: empty, or not text.
    """
    text = io.TextIOWrapper(file, encoding=_encoding(file), errors="replace", newline="")
    try:
        yield from _rows(text, most_lines)
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(4)
    if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig" if _is_utf8(file) else "cp1252"
    file.seek(0)
    return encoding


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _rows(text: io.TextIOWrapper, most_lines: int) -> Iterator[Row]:
    lines = _Lines(text, most_lines)
    header, told = _header(lines), ""
    if named := _NAMED_DELIMITER.fullmatch(header):
        header, told = _header(lines), named[1]
    delimiter = told or max(DELIMITERS, key=header.count)
    columns = _split(header, delimiter) or header.strip().split(delimiter)
    yield Row(lines.number, columns)
    while (line := lines.next()) is not None:
        if line.strip(" \r\n" + delimiter):
            yield _read(line, lines, delimiter, len(columns))


def _header(lines: "_Lines") -> str:
    header = lines.next()
    while header is not None and not header.strip(" \r\n;,\t"):
        header = lines.next()
    if header is None:
        raise UnreadableFile(_("The file is empty."))
    if "\x00" in header:
        raise UnreadableFile(_("This is not a CSV file: save the sheet as CSV and try again."))
    return header


class _Lines:
    """Physical lines with their number, and a way to give back what was read ahead."""

    def __init__(self, text: io.TextIOWrapper, most_per_row: int) -> None:
        self._text = text
        self.most_per_row = most_per_row
        self._waiting: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        line = self._waiting.popleft() if self._waiting else self._text.readline(MAX_LINE_LENGTH)
        if not line:
            return None
        self.number += 1
        return line

    def give_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)


def _read(line: str, lines: _Lines, delimiter: str, width: int) -> Row:
    number = lines.number
    values = _split(line, delimiter)
    if values is None:
        return _read_on(line, lines, delimiter, width)
    if len(values) > width:
        surplus = {"found": len(values), "expected": width}
        return Row(number, values, Reason("too_many_values", surplus))
    return Row(number, values)


def _read_on(line: str, lines: _Lines, delimiter: str, width: int) -> Row:
    """A quote is open: the row ends some lines further, or the quote was never meant."""
    number, ahead = lines.number, list[str]()
    while len(ahead) < lines.most_per_row and (more := lines.next()) is not None:
        ahead.append(more)
        values = _split(line + "".join(ahead), delimiter)
        if values is not None:
            if len(values) <= width:
                return Row(number, values)
            break
    lines.give_back(ahead)
    return Row(number, [line.rstrip("\r\n")[:MAX_SHOWN]], Reason("quote"))


def _split(line: str, delimiter: str) -> list[str] | None:
    """The values of a line, or None while a quote is open."""
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
