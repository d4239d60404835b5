"""The import itself: all good rows in one transaction, set by set."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import connection, transaction

from audiences.contacts import MAX_BATCH, ContactData, Outcome, upsert_contacts
from audiences.importing.columns import Columns, read_header
from audiences.importing.rows import BadRow, read_row
from audiences.importing.sheet import Row, UnreadableFile, read_rows

# Two imports at once would lock the same contacts in different orders: the second waits.
IMPORT_LOCK = 7_421_001


@dataclass(frozen=True, slots=True)
class RowProblem:
    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """`errors` are rows left out, `warnings` rows that went in without their consent."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()

    @property
    def imported(self) -> int:
        return self.created + self.updated + self.unchanged


def import_contacts(*, file: BinaryIO, by: User | None, now: datetime) -> ImportReport:
    """Import a seekable CSV: good rows all together or, if the machine stops, none.

    A file that cannot be read at all is one error, on line 1.
    """
    report = ImportReport()
    try:
        with transaction.atomic():
            _wait_for_other_imports()
            _import(file, report, by=by, now=now)
    except UnreadableFile as refusal:
        return ImportReport(errors=[RowProblem(1, str(refusal))])
    return report


def _wait_for_other_imports() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


def _import(file: BinaryIO, report: ImportReport, *, by: User | None, now: datetime) -> None:
    rows = read_rows(file)
    columns = read_header(next(rows).values)
    report.ignored_columns = columns.ignored
    outcomes: Counter[Outcome] = Counter()
    batch: list[ContactData] = []
    for data in _good_rows(rows, columns, report, now=now):
        batch.append(data)
        if len(batch) == MAX_BATCH:
            outcomes.update(done.outcome for done in upsert_contacts(rows=batch, by=by, now=now))
            batch = []
    outcomes.update(done.outcome for done in upsert_contacts(rows=batch, by=by, now=now))
    report.created = outcomes[Outcome.CREATED]
    report.updated = outcomes[Outcome.UPDATED]
    report.unchanged = outcomes[Outcome.UNCHANGED]


def _good_rows(
    rows: Iterator[Row], columns: Columns, report: ImportReport, *, now: datetime
) -> Iterator[ContactData]:
    """The rows that can be used; the others go on the report."""
    for row in rows:
        if row.problem:
            report.errors.append(RowProblem(row.line, row.problem))
            continue
        try:
            data, warning = read_row(columns, row.values, now=now)
        except BadRow as bad:
            report.errors.append(RowProblem(row.line, str(bad)))
            continue
        if warning is not None:
            report.warnings.append(RowProblem(row.line, warning))
        yield data
