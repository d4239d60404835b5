"""Freezing an audience against its limit: the same rows, kept alike and hashed, by two plain statements.

What ours does besides is judging everybody, cleaning the values, and counting who is left out and why.
"""

import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median

from django.db import connection, transaction
from django.utils import timezone

from audiences.large_reads import large_read
from audiences.models import SegmentVersion, Snapshot
from audiences.models.snapshot import TAKING_SNAPSHOT
from audiences.snapshots import _DIGEST, _MEMBER_BY_FORM, FORM, take_snapshot
from tests.bench.database import vacuum
from tests.bench.report import Figure
from tests.factories.audiences import make_segment, make_snapshot

FEW = 60_000
MANY = 1_000_000
ROUNDS = 5
OF_THE_LIMIT = 0.85
MEMORY = 1.1

FILL = """
INSERT INTO audiences_contact
  (phone, can_receive_whatsapp, first_name, last_name, email, language, timezone, province, country,
   attributes, tags, marketing_consent, marketing_consent_at, orders_consent, is_blocked,
   has_invalid_phone, created_at, updated_at)
SELECT '+39340' || lpad(n::text, 7, '0'), true, 'Nome' || n, 'Cognome', '', 'it', 'Europe/Rome', 'MI',
       'IT', '{}', '{}', 'given', now(), 'unknown', false, false, now(), now()
FROM generate_series(%s, %s) AS n
"""
# Every column, index, constraint, reference and trigger of the members, in a table beside theirs.
_TWIN = "CREATE TABLE bench_member (LIKE audiences_snapshotmember INCLUDING ALL)"
_REFERENCES = """
SELECT format('ALTER TABLE bench_member ADD %s', pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = 'audiences_snapshotmember'::regclass AND contype = 'f'
UNION ALL
SELECT replace(pg_get_triggerdef(oid), 'audiences_snapshotmember', 'bench_member')
FROM pg_trigger WHERE tgrelid = 'audiences_snapshotmember'::regclass AND NOT tgisinternal
"""
_LIMIT = """
INSERT INTO bench_member (snapshot_id, contact_id, phone, language, zone, params, is_holdout)
SELECT %s, id, phone, language, timezone, jsonb_build_object('FIRST_NAME', first_name), false
FROM audiences_contact WHERE language = 'it' AND marketing_consent = 'given'
"""
_HASH = _DIGEST.format(member=_MEMBER_BY_FORM[FORM]).replace(
    "audiences_snapshotmember", "bench_member"
)
_EMPTY = "TRUNCATE bench_member, audiences_snapshotmember"
_VARIABLES = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}


def snapshot_sizes(*, few: int = FEW, many: int = MANY, rounds: int = ROUNDS) -> list[Figure]:
    """Freeze `few`, then `many`, in turns with the plain statement; about three minutes."""
    version = make_segment()
    of_the_limit = make_snapshot()
    _make_twin()
    figures, peaks = [], []
    for people, before in ((few, 0), (many, few)):
        with connection.cursor() as cursor:
            cursor.execute(FILL, [before + 1, people])
        vacuum()
        ours, limit, inserts = [], [], []
        for _ in range(rounds):
            inserts.append(_timed(partial(_insert, of_the_limit, people)))
            limit.append(inserts[-1] + _seconds(partial(_hash, of_the_limit)))
            ours.append(_timed(partial(_freeze, version, people)))
        peaks.append(_peak(version, people))
        figures.append(_speed(ours, limit, inserts, people))
    return [*figures, _memory(peaks, few=few, many=many)]


def _make_twin() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TWIN)
        cursor.execute(_REFERENCES)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def _insert(snapshot: Snapshot, people: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [TAKING_SNAPSHOT, str(snapshot.pk)])
        cursor.execute(_LIMIT, [snapshot.pk])
        _require(cursor.rowcount, people)


def _hash(snapshot: Snapshot) -> None:
    with large_read(), connection.cursor() as cursor:
        cursor.execute(_HASH, [snapshot.pk])


def _freeze(version: SegmentVersion, people: int) -> None:
    taken = take_snapshot(
        segment_version=version, variables=_VARIABLES, by=None, now=timezone.now()
    )
    _require(taken.total, people)


def _require(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{found} of {wanted} were frozen")


def _timed(work: Callable[[], None]) -> float:
    """Seconds, from a table that is empty and a checkpoint just made."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        cursor.execute("CHECKPOINT")
    return _seconds(work)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak(version: SegmentVersion, people: int) -> int:
    """The most bytes Python held at once while it froze."""
    tracemalloc.start()
    try:
        _freeze(version, people)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _speed(ours: list[float], limit: list[float], inserts: list[float], people: int) -> Figure:
    beside = (
        f"ours {median(ours):.2f} s, the limit {median(limit):.2f} s, of which INSERT … SELECT and its"
        f" commit {median(inserts):.2f} s, that is {median(inserts) / median(ours):.2f} of ours"
    )
    name = f"snapshot of {people:,}: speed / plain INSERT … SELECT and digest"
    return Figure(name, median(limit) / median(ours), OF_THE_LIMIT, ">=", beside)


def _memory(peaks: list[int], *, few: int, many: int) -> Figure:
    told = f"peaks {peaks[0] / 1024:.0f} and {peaks[1] / 1024:.0f} KiB"
    name = f"snapshot of {many:,} against {few:,}: memory of Python"
    return Figure(name, peaks[1] / peaks[0], MEMORY, "<=", told)
