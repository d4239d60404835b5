"""Audiences of the demo's shop: the count of every shipped segment, and a snapshot with values of the orders.

The people, orders and segments are those of the demo, filled by the database itself.
"""

import time
import tracemalloc
from statistics import median

from django.db import connection, transaction
from django.utils import timezone

from audiences.models import SegmentVersion
from audiences.selection import Selection, count_selection
from audiences.snapshots import _DIGEST, take_snapshot
from config import roles
from config.demo.load import load_demo
from config.demo.scale import SCALES
from config.demo.segments import SEGMENTS
from tests.bench.database import vacuum
from tests.bench.report import Figure
from tests.factories.audiences import make_segment

FEW = 60_000
MANY = 1_000_000
# Milliseconds within which 95 of 100 counts of a shipped segment must come at 60,000 contacts.
COUNT_MS = 150
ROUNDS = 20

_FILL = """
INSERT INTO audiences_contact
  (phone, can_receive_whatsapp, first_name, last_name, email, language, timezone, province, country,
   attributes, tags, marketing_consent, marketing_consent_at, orders_consent, is_blocked,
   has_invalid_phone, created_at, updated_at)
SELECT '+39340' || lpad(n::text, 7, '0'), true, 'Nome' || n, 'Cognome', '', 'it', 'Europe/Rome', 'MI',
       'IT', '{}', '{}', 'given', now(), 'unknown', false, false, now(), now()
FROM generate_series(%s, %s) AS n
"""
# The same rows into the same columns and indexes, with the same digest, and no judgement of anybody.
_TABLE = "CREATE TABLE IF NOT EXISTS bench_member (LIKE audiences_snapshotmember INCLUDING ALL)"
_LIMIT = """
INSERT INTO bench_member (snapshot_id, contact_id, phone, language, zone, params, is_holdout)
SELECT 0, id, phone, language, timezone, jsonb_build_object('FIRST_NAME', first_name), false
FROM audiences_contact WHERE language = 'it' AND marketing_consent = 'given'
"""
_LIMIT_DIGEST = _DIGEST.replace("audiences_snapshotmember", "bench_member")
_VARIABLES = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}


def segment_counts(*, people: int = FEW, rounds: int = ROUNDS) -> list[Figure]:
    """The 95th percentile of each shipped segment's live count; the worst must hold the bar."""
    roles.sync_roles()
    (scale,) = (name for name, size in SCALES.items() if size == people)
    load_demo(scale=scale, now=timezone.now())
    vacuum()
    figures = []
    for version in SegmentVersion.objects.filter(segment__name__in=SEGMENTS).order_by("pk"):
        selection = Selection(rules=version.rules)
        times = sorted(_milliseconds(selection) for _ in range(rounds))
        p95 = times[max(0, -(-rounds * 95 // 100) - 1)]
        name = f"count of “{version.segment.name}” at {people:,}: p95 (ms)"
        beside = f"median {median(times):.0f} ms of {rounds}"
        figures.append(Figure(name, p95, COUNT_MS, "<=", beside))
    return figures


def snapshot_sizes(*, few: int = FEW, many: int = MANY, rounds: int = 5) -> list[Figure]:
    """Freeze `few`, then `many`: the speed of each beside the plain statement, and Python's memory."""
    version = make_segment()
    figures, peaks = [], []
    for people, before in ((few, 0), (many, few)):
        with connection.cursor() as cursor:
            cursor.execute(_TABLE)
            cursor.execute(_FILL, [before + 1, people])
        vacuum()
        ours, limit = [], []
        for _ in range(rounds):
            limit.append(_seconds(_plain))
            _empty()
            ours.append(_seconds(lambda: _freeze(version)))
        peaks.append(_peak(version))
        ratio = median(limit) / median(ours)
        beside = f"ours {median(ours):.2f} s, the plain statement {median(limit):.2f} s"
        name = f"snapshot of {people:,}: speed / plain INSERT … SELECT and digest"
        figures.append(Figure(name, ratio, 0.85, ">=", beside))
    name = f"snapshot of {many:,} against {few:,}: memory of Python"
    told = f"peaks {peaks[0] / 1024:.0f} and {peaks[1] / 1024:.0f} KiB"
    return [*figures, Figure(name, peaks[1] / peaks[0], 1.1, "<=", told)]


def _milliseconds(selection: Selection) -> float:
    return _seconds(lambda: count_selection(selection, now=timezone.now())) * 1000


def _freeze(version: SegmentVersion) -> None:
    take_snapshot(segment_version=version, variables=_VARIABLES, by=None, now=timezone.now())


def _plain() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LIMIT)
        cursor.execute(_LIMIT_DIGEST, [0])


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_member")


def _peak(version: SegmentVersion) -> int:
    """The most bytes Python held at once while it froze."""
    tracemalloc.start()
    try:
        _freeze(version)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
