"""The import itself: a thousand rows, their problems and the position in one transaction, then the next.

Stopped or killed anywhere it goes on where it was; two workers on one file wait for each other, and the
later one gives up.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import dropwhile

from django.contrib.auth.models import User
from django.db import transaction

from audiences.alone import alone
from audiences.contacts import Outcome
from audiences.importing import batches
from audiences.importing.batches import Judged
from audiences.importing.columns import Columns, columns_of
from audiences.importing.proof import Proof, proof_of
from audiences.importing.sheet import Row, UnreadableFile, read_rows
from audiences.importing.storing import forget_file, stored_file
from audiences.models import ContactImport, ContactImportProblem

Status = ContactImport.Status
# The first half of the key of an advisory lock; the second is the import's id.
IMPORT_LOCK = 7_421_001
# Of the cells of a bad row so much is kept.
MOST_CELLS = 100
MOST_CELL = 500
# What nobody confirmed is forgotten, and so are the refused rows of a finished import: they are people's.
FILE_KEPT = timedelta(days=7)
PROBLEMS_KEPT = timedelta(days=30)

_COUNTED = ("position", "done_rows", "created", "updated", "unchanged", "refused", "warned")


class ImportRefused(Exception):
    """The import is not in a state for this (any more)."""


def match_columns(
    *, contact_import: ContactImport, targets: Sequence[str], now: datetime
) -> ContactImport:
    """Keep what each column means, as a person says.

    :raises ImportRefused: the import has begun.
    :raises UnreadableFile: no column holds phones, or two mean the same.
    """
    columns_of(contact_import.headings, targets)
    waiting = ContactImport.objects.filter(pk=contact_import.pk, status=Status.UPLOADED)
    if not waiting.update(targets=list(targets), touched_at=now):
        raise ImportRefused
    contact_import.refresh_from_db()
    return contact_import


def start(
    *,
    contact_import: ContactImport,
    proof: Proof,
    collected_by: str,
    by: User | None,
    now: datetime,
) -> ContactImport:
    """Let the workers begin, with the proof of consent that somebody answers for.

    :raises ImportRefused: it was started before.
    :raises UnreadableFile: no column holds phones.
    """
    columns_of(contact_import.headings, contact_import.targets)
    return _move(
        contact_import,
        Status.RUNNING,
        only_from=Status.UPLOADED,
        started_at=now,
        started_by=by,
        basis=proof.basis,
        consent_source=proof.source,
        consent_evidence=proof.evidence,
        consent_collected_by=collected_by,
        consent_at=proof.at,
        touched_at=now,
    )


def stop(*, contact_import: ContactImport, now: datetime) -> ContactImport:
    """Let no further rows in; what is in stays.

    :raises ImportRefused: it is not under way.
    """
    return _move(contact_import, Status.STOPPED, touched_at=now)


def go_on(*, contact_import: ContactImport, now: datetime) -> ContactImport:
    """Go on with a stopped import, from the row where it was.

    :raises ImportRefused: it is not stopped, or its file is no longer kept.
    """
    if not contact_import.pieces.exists():
        raise ImportRefused
    return _move(contact_import, Status.RUNNING, only_from=Status.STOPPED, touched_at=now)


def work(
    *, contact_import: ContactImport, clock: Callable[[], datetime], ends_at: datetime | None
) -> bool:
    """Import rows until `ends_at` (None: to the end); True when there is nothing left to do.

    False without having done anything where another worker is on it.
    """
    with alone(IMPORT_LOCK, contact_import.pk) as is_mine:
        if not is_mine:
            return False
        contact_import.refresh_from_db()
        if contact_import.status != Status.RUNNING:
            return True
        try:
            return _work(contact_import, clock=clock, ends_at=ends_at)
        except UnreadableFile:
            _close(contact_import, Status.FAILED, now=clock())
            return True


def unfinished() -> list[ContactImport]:
    """What there is to do, the oldest first."""
    return list(ContactImport.objects.filter(status=Status.RUNNING).order_by("started_at", "pk"))


def forget_old(*, now: datetime) -> int:
    """Erase files that nobody went on with, and the cells of old refused rows; return how many imports."""
    stale = ContactImport.objects.filter(
        status__in=[Status.UPLOADED, Status.STOPPED], touched_at__lt=now - FILE_KEPT
    )
    forgotten = 0
    for contact_import in stale.filter(pieces__isnull=False).distinct():
        forget_file(contact_import)
        forgotten += 1
    stale.filter(status=Status.UPLOADED).delete()
    old = ContactImport.objects.filter(
        touched_at__lt=now - PROBLEMS_KEPT, problems_erased_at=None
    ).exclude(status=Status.RUNNING)
    for contact_import in old:
        contact_import.problems.all().delete()
        ContactImport.objects.filter(pk=contact_import.pk).update(problems_erased_at=now)
        forgotten += 1
    return forgotten


def _work(
    contact_import: ContactImport, *, clock: Callable[[], datetime], ends_at: datetime | None
) -> bool:
    columns = columns_of(contact_import.headings, contact_import.targets)
    with stored_file(contact_import) as file, closing(read_rows(file)) as rows:
        next(rows)
        left = dropwhile(lambda row: row.line <= contact_import.position, rows)
        for batch in batches.batches(left):
            if not _import(contact_import, columns, batch, now=clock()):
                return True
            if ends_at is not None and clock() >= ends_at:
                return False
    _close(contact_import, Status.DONE, now=clock())
    return True


def _import(
    contact_import: ContactImport, columns: Columns, rows: Sequence[Row], *, now: datetime
) -> bool:
    """Import the rows, all or none; False when the import was stopped, or has gone on without us."""
    judged = batches.judge(columns, rows, proof=proof_of(contact_import), now=now)
    with transaction.atomic():
        locked = ContactImport.objects.select_for_update(no_key=True).get(pk=contact_import.pk)
        if (locked.status, locked.position) != (Status.RUNNING, contact_import.position):
            return False
        batches.write(judged, by=locked.started_by, now=now)
        ContactImportProblem.objects.bulk_create(_problems(locked, judged))
        _count(locked, judged)
        locked.touched_at = now
        locked.save(update_fields=[*_COUNTED, "touched_at"])
    contact_import.position = locked.position
    return True


def _problems(
    contact_import: ContactImport, judged: Sequence[Judged]
) -> Iterator[ContactImportProblem]:
    for one in judged:
        reason = one.refusal or one.warning
        if reason is not None:
            yield ContactImportProblem(
                contact_import=contact_import,
                line=one.row.line,
                is_refusal=one.refusal is not None,
                code=reason.code,
                values=_storable(reason.values),
                cells=[_plain(cell) for cell in one.row.values[:MOST_CELLS]],
            )


def _count(contact_import: ContactImport, judged: Sequence[Judged]) -> None:
    outcomes = Counter(one.answer.outcome for one in judged if one.answer is not None)
    contact_import.position = judged[-1].row.line
    contact_import.done_rows += len(judged)
    contact_import.created += outcomes[Outcome.CREATED]
    contact_import.updated += outcomes[Outcome.UPDATED]
    contact_import.unchanged += outcomes[Outcome.UNCHANGED]
    contact_import.refused += sum(one.refusal is not None for one in judged)
    contact_import.warned += sum(one.refusal is None and one.warning is not None for one in judged)


def _storable(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _plain(value) if isinstance(value, str) else value for name, value in values.items()
    }


def _plain(text: str) -> str:
    return text.replace("\x00", "")[:MOST_CELL]


def _close(contact_import: ContactImport, status: str, *, now: datetime) -> None:
    """End it; the file goes, the problems stay for a while."""
    with transaction.atomic():
        moved = ContactImport.objects.filter(
            pk=contact_import.pk, status=Status.RUNNING, position=contact_import.position
        ).update(status=status, finished_at=now, touched_at=now)
        if moved:
            forget_file(contact_import)
    contact_import.refresh_from_db()


def _move(
    contact_import: ContactImport, to: str, *, only_from: str | None = None, **values: object
) -> ContactImport:
    """:raises ImportRefused: the table of moves has no such one."""
    sources = [
        source
        for source, targets in ContactImport.MOVES.items()
        if to in targets and only_from in {None, source}
    ]
    moved = ContactImport.objects.filter(pk=contact_import.pk, status__in=sources)
    if not moved.update(status=to, **values):
        raise ImportRefused
    contact_import.refresh_from_db()
    return contact_import
