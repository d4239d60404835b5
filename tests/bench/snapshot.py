"""Freezing an audience against its limit: the same rows by one plain INSERT … SELECT."""

import time
from collections.abc import Callable
from statistics import median

from django.db import connection
from django.utils import timezone

from audiences.models import SegmentVersion
from audiences.snapshots import take_snapshot
from tests.bench.report import Figure
from tests.factories.audiences import make_segment

PEOPLE = 60_000
ROUNDS = 3

_FILL = """
INSERT INTO audiences_contact
  (phone, can_receive_whatsapp, first_name, last_name, email, language, timezone, province, country,
   attributes, tags, marketing_consent, marketing_consent_at, orders_consent, is_blocked,
   has_invalid_phone, created_at, updated_at)
SELECT '+39340' || lpad(n::text, 7, '0'), true, 'Nome' || n, 'Cognome', '', 'it', 'Europe/Rome', 'MI',
       'IT', '{}', '{}', 'given', now(), 'unknown', false, false, now(), now()
FROM generate_series(1, %s) AS n
"""
_LIMIT = """
CREATE TEMP TABLE IF NOT EXISTS bench_member (LIKE audiences_snapshotmember INCLUDING ALL);
INSERT INTO bench_member (snapshot_id, contact_id, phone, language, zone, params, is_holdout)
SELECT 0, id, phone, language, timezone, jsonb_build_object('FIRST_NAME', first_name), false
FROM audiences_contact WHERE language = 'it' AND marketing_consent = 'given'
"""
_VARIABLES = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}


def snapshot_against_its_limit(*, people: int = PEOPLE) -> list[Figure]:
    """Time both in turn, three rounds, and compare the medians."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [people])
        cursor.execute("ANALYZE audiences_contact")
    segment = make_segment()
    ours, limit = [], []
    for _ in range(ROUNDS):
        limit.append(_timed(_plain))
        ours.append(_timed(lambda: _snapshot(segment, people)))
    ours_middle, limit_middle = median(ours), median(limit)
    beside = f"ours {ours_middle:.2f} s, the plain statement {limit_middle:.2f} s"
    name = f"snapshot of {people:,}: speed / plain INSERT … SELECT"
    return [Figure(name, limit_middle / ours_middle, 0.2, ">=", beside)]


def _snapshot(segment: SegmentVersion, people: int) -> None:
    taken = take_snapshot(
        segment_version=segment,
        exclude=(),
        variables=_VARIABLES,
        holdout_share=0,
        by=None,
        now=timezone.now(),
    )
    if taken.total != people:
        raise RuntimeError(f"{taken.total} of {people} were frozen")


def _plain() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LIMIT)
        cursor.execute("TRUNCATE bench_member")


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
