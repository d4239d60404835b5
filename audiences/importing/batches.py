"""Rows of a sheet, judged and written a thousand at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import User

from audiences.contacts import MAX_BATCH, ContactData, Upserted, upsert_each
from audiences.importing.columns import Columns
from audiences.importing.proof import Proof
from audiences.importing.reasons import Reason
from audiences.importing.rows import BadRow, read_row
from audiences.importing.sheet import Row


@dataclass(slots=True)
class Judged:
    """A row, what it says of its contact, why it cannot be used, and why its consent was not taken."""

    row: Row
    data: ContactData | None = None
    refusal: Reason | None = None
    warning: Reason | None = None
    answer: Upserted | None = field(default=None)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in lists of a thousand."""
    left = iter(rows)
    while batch := list(islice(left, MAX_BATCH)):
        yield batch


def judge(columns: Columns, rows: Sequence[Row], *, proof: Proof, now: datetime) -> list[Judged]:
    """Read every row; nothing is written."""
    return [_judged(columns, row, proof=proof, now=now) for row in rows]


def write(judged: Sequence[Judged], *, by: User | None, now: datetime) -> None:
    """Write what can be used, within the caller's transaction, and note what became of each row."""
    good = [(one, one.data) for one in judged if one.data is not None]
    answers = upsert_each(rows=[data for _one, data in good], by=by, now=now)
    for (one, _data), answer in zip(good, answers, strict=True):
        one.answer = answer
        if answer is None:
            one.data, one.refusal = None, Reason("not_stored")
        elif answer.stays_withdrawn:
            one.warning = Reason("unsubscribed")


def _judged(columns: Columns, row: Row, *, proof: Proof, now: datetime) -> Judged:
    if row.problem is not None:
        return Judged(row, refusal=row.problem)
    try:
        data, warning = read_row(columns, row.values, proof=proof, now=now)
    except BadRow as bad:
        return Judged(row, refusal=bad.reason)
    return Judged(row, data=data, warning=warning)
