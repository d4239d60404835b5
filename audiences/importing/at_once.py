"""A whole file in the foreground: what the command does, with a report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import BinaryIO

from django.contrib.auth.models import User

from audiences.importing.columns import read_header, target_of
from audiences.importing.proof import NO_PROOF, Proof
from audiences.importing.reasons import sentence
from audiences.importing.run import match_columns, start, work
from audiences.importing.sheet import UnreadableFile
from audiences.importing.storing import receive
from audiences.models import ContactImport

# Seconds between two looks at an import that a worker has taken meanwhile.
LOOK_EVERY = 0.2


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


def import_contacts(
    *,
    file: BinaryIO,
    name: str = "",
    by: User | None,
    clock: Callable[[], datetime],
    proof: Proof = NO_PROOF,
    collected_by: str = "",
) -> ImportReport:
    """Import a seekable file to its end; the columns are read by their headings alone.

    A file that cannot be read at all is one error, on line 1, and nothing of it is kept.
    """
    try:
        contact_import = receive(file=file, name=name, by=by, now=clock())
    except UnreadableFile as refusal:
        return _unreadable(refusal)
    try:
        columns = read_header(contact_import.headings)
        # By the headings alone: the command does not follow what was once said on the page.
        match_columns(
            contact_import=contact_import,
            targets=[target_of(heading) for heading in contact_import.headings],
            now=clock(),
        )
    except UnreadableFile as refusal:
        contact_import.delete()
        return _unreadable(refusal)
    start(contact_import=contact_import, proof=proof, collected_by=collected_by, by=by, now=clock())
    while not work(contact_import=contact_import, clock=clock, ends_at=None):
        Event().wait(LOOK_EVERY)
    return _report(contact_import, tuple(columns.ignored))


def _unreadable(refusal: UnreadableFile) -> ImportReport:
    return ImportReport(errors=[RowProblem(1, str(refusal))])


def _report(contact_import: ContactImport, ignored: tuple[str, ...]) -> ImportReport:
    contact_import.refresh_from_db()
    report = ImportReport(
        contact_import.created,
        contact_import.updated,
        contact_import.unchanged,
        ignored_columns=ignored,
    )
    for problem in contact_import.problems.order_by("line"):
        told = report.errors if problem.is_refusal else report.warnings
        told.append(RowProblem(problem.line, sentence(problem.code, problem.values)))
    return report
