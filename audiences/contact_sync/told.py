"""Writing down what Spoki took and what it refused: a few statements for any number of contacts."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from audiences.contact_sync.payload import Wanted
from audiences.models import ConsentState, ContactPush

# What Spoki refused may be accepted another day, though nothing changed here.
RETRY_AFTER = timedelta(hours=24)

_TAKEN = """
UPDATE audiences_contactpush AS p SET
    digest = r.digest, filled = r.filled, consent = coalesce(r.consent, p.consent), pushed_at = %(now)s,
    leased_until = NULL, is_alone = false, refused_digest = '', refused_at = NULL, retry_at = NULL, error = ''
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (contact_id bigint, phone text, digest text, filled text[], consent text)
JOIN audiences_contact c ON c.id = r.contact_id AND c.phone = r.phone
WHERE p.contact_id = r.contact_id
"""
_IDS = """
UPDATE audiences_contact AS c SET spoki_contact_id = r.id
FROM jsonb_to_recordset(%s::jsonb) AS r (phone text, id bigint)
WHERE c.phone = r.phone AND c.spoki_contact_id IS NULL
"""
_REFUSED = """
UPDATE audiences_contactpush AS p SET
    refused_digest = r.digest, refused_at = %(now)s, retry_at = %(retry_at)s, error = r.error,
    leased_until = NULL, is_alone = false
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (contact_id bigint, digest text, error text)
WHERE p.contact_id = r.contact_id
"""


def record_taken(rows: Sequence[Wanted], *, spoki_ids: Mapping[str, int], now: datetime) -> None:
    """Note what was pushed: as it was when it left, so that what changed meanwhile is still due.

    What was said of a number that the contact no longer has is not known of the new one.
    """
    if not rows:
        return
    taken = [
        {
            "contact_id": row.contact_id,
            "phone": row.phone,
            "digest": row.wanted,
            "filled": row.now_filled,
            "consent": None if row.own_consent == ConsentState.UNKNOWN else row.own_consent,
        }
        for row in rows
    ]
    ids = [{"phone": phone, "id": id} for phone, id in spoki_ids.items()]
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"rows": json.dumps(taken), "now": now})
        if ids:
            cursor.execute(_IDS, [json.dumps(ids)])


def record_refused(refused: Mapping[Wanted, str], *, now: datetime) -> None:
    """Note whom Spoki refused, as they are, and its words."""
    if not refused:
        return
    rows = [
        {"contact_id": row.contact_id, "digest": row.wanted, "error": text}
        for row, text in refused.items()
    ]
    values: dict[str, Any] = {"rows": json.dumps(rows), "now": now, "retry_at": now + RETRY_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, values)


def release(contact_ids: Collection[int]) -> None:
    """Give back rows that were not pushed."""
    ContactPush.objects.filter(pk__in=contact_ids).update(leased_until=None)


def set_alone(contact_ids: Collection[int]) -> None:
    """Have these pushed one by one."""
    ContactPush.objects.filter(pk__in=contact_ids).update(leased_until=None, is_alone=True)
