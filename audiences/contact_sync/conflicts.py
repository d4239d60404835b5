"""The list of disagreements: the same one again is counted, not added."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from audiences.contact_sync.judging import Disagreement
from audiences.models import SyncConflict

KEPT = timedelta(days=180)

_NOTE = """
INSERT INTO audiences_syncconflict AS s
    (contact_id, kind, name, ours, theirs, winner, first_at, last_at, times)
VALUES (%(contact)s, %(kind)s, %(name)s, %(ours)s, %(theirs)s, %(winner)s, %(now)s, %(now)s, 1)
ON CONFLICT (contact_id, kind, name, ours, theirs, winner)
DO UPDATE SET last_at = %(now)s, times = s.times + 1
RETURNING times
"""


def note_conflict(*, contact_id: int, about: Disagreement, now: datetime) -> int:
    """Write the disagreement down; return how many times it was seen."""
    values: dict[str, Any] = {
        "contact": contact_id,
        "kind": about.kind,
        "name": about.name,
        "ours": about.ours,
        "theirs": about.theirs,
        "winner": about.winner,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)
        return int(cursor.fetchone()[0])


def forget_old(*, now: datetime) -> None:
    """Delete what was last seen long ago: the values are people's own."""
    SyncConflict.objects.filter(last_at__lt=now - KEPT).delete()
