"""The count beside a segment while somebody waits: exact if it comes in time, else judged from a sample of people."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from audiences.patience import OutOfPatience, at_most
from audiences.selection import AudienceCount, Selection, count_selection

# Enough for a share of a tenth to be right within a sixteenth of itself, two times in three.
SAMPLE = 2_000
# A sample is a matter of milliseconds, unless the condition itself must read everything.
SAMPLE_PATIENCE = 1_500

# One contact number from each of as many equal stretches, drawn the same way every time: numbers that follow
# each other often belong to people who came together, and a stretch may hold a number that was erased.
_DRAWN = """
SELECT span, array_agg(DISTINCT first + floor((place + roll) * span / places)::bigint)
FROM (
    SELECT min(id) AS first, max(id) - min(id) + 1 AS span, least(%s, max(id) - min(id) + 1) AS places
    FROM audiences_contact
) AS numbers,
generate_series(0, places - 1) AS place,
LATERAL (SELECT (hashint8extended(place, 0) & 65535) / 65536.0 AS roll) AS drawn
WHERE span IS NOT NULL GROUP BY span
"""


@dataclass(frozen=True, slots=True)
class LiveCount:
    """`people` is None where even a sample took too long; from a sample, its figures have two digits that count."""

    people: AudienceCount | None
    is_exact: bool


def count_in_time(selection: Selection, *, now: datetime, milliseconds: int) -> LiveCount:
    """Count within `milliseconds`, else estimate.

    :raises BrokenSegment, UnknownParameter: the definition cannot be used.
    """
    try:
        with at_most(milliseconds):
            return LiveCount(count_selection(selection, now=now), is_exact=True)
    except OutOfPatience:
        pass
    try:
        with at_most(SAMPLE_PATIENCE):
            return LiveCount(estimate_selection(selection, now=now), is_exact=False)
    except OutOfPatience:
        return LiveCount(None, is_exact=False)


def estimate_selection(
    selection: Selection, *, now: datetime, sample: int = SAMPLE
) -> AudienceCount:
    """Judge `sample` people drawn evenly from all, and tell what it would be for everybody.

    :raises BrokenSegment, UnknownParameter: the definition cannot be used.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DRAWN, [sample])
        row = cursor.fetchone()
    if row is None:
        return AudienceCount(in_segment=0, excluded={}, will_receive=0, holdout=0)
    span, drawn = row
    counted = count_selection(replace(selection, among=drawn), now=now)
    times = span / len(drawn)
    excluded = {key: _rounded(people * times) for key, people in counted.excluded.items()}
    will_receive = _rounded(counted.will_receive * times)
    holdout = _rounded(counted.holdout * times)
    return AudienceCount(
        in_segment=sum(excluded.values()) + will_receive + holdout,
        excluded=excluded,
        will_receive=will_receive,
        holdout=holdout,
    )


def _rounded(people: float) -> int:
    """To two digits: more would promise what a sample does not know."""
    return int(float(f"{people:.2g}"))
