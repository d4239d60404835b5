"""The uploaded file, kept in the database: pages and workers may run on different machines."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences.identity import Phone
from audiences.importing.columns import suggest
from audiences.importing.phones import sheet_phone
from audiences.importing.sheet import Row, UnreadableFile, read_rows
from audiences.importing.workbook import as_csv, is_workbook
from audiences.models import ContactImport, ContactImportPiece

PIECE = 1 << 20
MOST_COLUMNS = 200
MOST_HEADING = 200


def receive(*, file: BinaryIO, name: str, by: User | None, now: datetime) -> ContactImport:
    """Keep a seekable CSV or workbook, with its headings matched as far as they are known.

    :raises UnreadableFile: empty, not text, without headings, or with too many columns.
    """
    if not is_workbook(file):
        return _keep(file, name=name, by=by, now=now)
    with closing(as_csv(file)) as converted:
        return _keep(converted, name=name, by=by, now=now)


def remembered(headings: Sequence[str]) -> list[str] | None:
    """What a person said of the same headings the last time such a file was imported."""
    earlier = ContactImport.objects.filter(headings=list(headings), started_at__isnull=False)
    return earlier.order_by("-started_at").values_list("targets", flat=True).first()


@contextmanager
def stored_file(contact_import: ContactImport) -> Iterator[BinaryIO]:
    """The file as it was uploaded (a workbook as CSV), for the length of the block.

    :raises UnreadableFile: it is no longer kept.
    """
    with TemporaryFile() as file:
        pieces = contact_import.pieces.order_by("number").values_list("body", flat=True)
        for body in pieces.iterator(chunk_size=1):
            file.write(body)
        if not file.tell():
            raise UnreadableFile(_("The file is no longer kept: upload it again."))
        file.seek(0)
        yield file


def forget_file(contact_import: ContactImport) -> None:
    """Nobody needs the file any more: it is personal data."""
    contact_import.pieces.all().delete()


def _keep(file: BinaryIO, *, name: str, by: User | None, now: datetime) -> ContactImport:
    with closing(read_rows(file)) as rows:
        headings, total = _measure(rows)
    with transaction.atomic():
        kept = ContactImport.objects.create(
            file_name=name[-200:],
            digest=_digest(file),
            headings=headings,
            targets=remembered(headings) or suggest(headings),
            total_rows=total,
            uploaded_at=now,
            uploaded_by=by,
            touched_at=now,
        )
        for number, body in enumerate(_pieces(file)):
            ContactImportPiece.objects.create(contact_import=kept, number=number, body=body)
    return kept


def _measure(rows: Iterator[Row]) -> tuple[list[str], int]:
    headings = [heading.strip()[:MOST_HEADING] for heading in next(rows).values]
    if len(headings) > MOST_COLUMNS:
        raise UnreadableFile(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    if any(isinstance(sheet_phone(heading), Phone) for heading in headings):
        raise UnreadableFile(
            _(
                "The first row is already a person: add a row above it with the names of the columns."
            )
        )
    return headings, sum(1 for _row in rows)


def _digest(file: BinaryIO) -> str:
    seen = hashlib.sha256()
    for piece in _pieces(file):
        seen.update(piece)
    return seen.hexdigest()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
