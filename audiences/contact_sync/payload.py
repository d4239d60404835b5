"""What Spoki should know of each contact, made and compared with what it was told by one statement.

Text that is empty here is not sent, so that nothing Spoki knows is wiped out; but a value that was
sent once and was taken away here since is sent empty.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

import spoki
from audiences.models import ConsentState

# Spoki's own names of what is no custom field. Spoki's Postman collection, contacts.
STANDARD_CODES = ("FIRST_NAME", "LAST_NAME", "EMAIL", "PHONE", "ACCOUNT_NAME", "LANGUAGE")
MOST_TEXT = 1000

# Attribute names are ours ("pet_name"), codes are Spoki's ("PET_NAME").
CODE = "upper(regexp_replace(a.key, '[^A-Za-z0-9]+', '_', 'g'))"

_WANTED = f"""
SELECT w.*, encode(sha256(convert_to(w.payload::text, 'UTF8')), 'hex') AS wanted
FROM (
    SELECT c.id AS contact_id, c.updated_at, c.marketing_consent,
        p.digest, p.filled, p.consent, p.leased_until, p.refused_digest, p.retry_at, p.is_alone,
        p.pushed_at,
        jsonb_strip_nulls(jsonb_build_object(
            'phone', c.phone,
            'first_name', CASE WHEN c.first_name <> '' OR 'first_name' = ANY(p.filled) THEN c.first_name END,
            'last_name', CASE WHEN c.last_name <> '' OR 'last_name' = ANY(p.filled) THEN c.last_name END,
            'email', CASE WHEN c.email <> '' OR 'email' = ANY(p.filled) THEN c.email END,
            'language', nullif(c.language, ''),
            'consent', nullif(c.marketing_consent, 'unknown'),
            'fields', f.fields
        )) AS payload
    FROM audiences_contact c
    LEFT JOIN audiences_contactpush p ON p.contact_id = c.id
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(code, value) AS fields FROM (
            SELECT DISTINCT ON (code) code, value FROM (
                SELECT {CODE} AS code, left(a.value, {MOST_TEXT}) AS value
                FROM jsonb_each_text(c.attributes) a WHERE a.value IS NOT NULL
                UNION ALL
                SELECT substr(gone, 7), '' FROM unnest(p.filled) gone WHERE starts_with(gone, 'field:')
            ) known
            WHERE code = ANY(%(codes)s) ORDER BY code, value DESC
        ) one_each
    ) f ON c.attributes <> '{{}}'::jsonb OR p.filled <> '{{}}'::varchar[]
    WHERE c.phone IS NOT NULL AND c.can_receive_whatsapp /*which*/
) w
"""  # noqa: S608 - our own text
# What differs, is not on its way, and was not refused as it is.
DUE = """
w.wanted IS DISTINCT FROM w.digest AND (w.leased_until IS NULL OR w.leased_until <= %(now)s)
AND (w.refused_digest IS DISTINCT FROM w.wanted OR w.retry_at <= %(now)s)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What Spoki should know of one contact; `digest` is what it was told, "" when nothing."""

    contact_id: int
    payload: Mapping[str, Any] = field(repr=False)
    wanted: str
    digest: str
    filled: Sequence[str]
    consent: str
    leased_until: datetime | None
    pushed_at: datetime | None

    @property
    def phone(self) -> str:
        return str(self.payload["phone"])

    @property
    def fields(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.payload.get("fields", {})
        return found

    @property
    def own_consent(self) -> str:
        """What we say: given, withdrawn or unknown."""
        return str(self.payload.get("consent", ConsentState.UNKNOWN.value))

    @property
    def now_filled(self) -> list[str]:
        """Return the names of what is sent, with a value or emptied."""
        plain = [name for name in ("first_name", "last_name", "email") if name in self.payload]
        return plain + [f"field:{code}" for code in sorted(self.fields)]


_COLUMNS = "contact_id, payload, wanted, digest, filled, consent, leased_until, pushed_at"


def wanted_sql(which: str = "") -> str:
    """Return the statement; `which` is one more condition on the contact `c` or its push `p`.

    Its parameters are `codes`, and those of `which`.
    """
    return _WANTED.replace("/*which*/", which)


def read_wanted(sql: str, parameters: Mapping[str, Any]) -> list[Wanted]:
    """Run a statement whose rows are those of `wanted_sql`, in a query `w`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ({sql}) w ORDER BY contact_id",  # noqa: S608 - our own text
            parameters,
        )
        return [_wanted(row) for row in cursor.fetchall()]


def wanted_of(contact_ids: Collection[int], *, codes: Sequence[str]) -> dict[int, Wanted]:
    """Return what Spoki should know of these contacts, by contact."""
    parameters = {"codes": list(codes), "ids": list(contact_ids)}
    rows = read_wanted(wanted_sql("AND c.id = ANY(%(ids)s)"), parameters)
    return {row.contact_id: row for row in rows}


def _wanted(row: Sequence[Any]) -> Wanted:
    contact_id, payload, wanted, digest, filled, consent, leased_until, pushed_at = row
    return Wanted(
        contact_id,
        json.loads(payload) if isinstance(payload, str) else payload,
        wanted,
        digest or "",
        filled or (),
        consent or "",
        leased_until,
        pushed_at,
    )


_STATUS = {
    ConsentState.GIVEN: spoki.ConsentStatus.SUBSCRIBED,
    ConsentState.WITHDRAWN: spoki.ConsentStatus.UNSUBSCRIBED,
}
_CONSENT = {
    spoki.ConsentStatus.SUBSCRIBED: ConsentState.GIVEN,
    spoki.ConsentStatus.UNSUBSCRIBED: ConsentState.WITHDRAWN,
}


def consent_of(contact: spoki.Contact) -> ConsentState:
    """Return Spoki's word for consent in ours; a word that nobody knows says nothing."""
    return (
        _CONSENT.get(contact.status, ConsentState.UNKNOWN)
        if contact.status
        else (ConsentState.UNKNOWN)
    )


def write_of(wanted: Wanted) -> spoki.ContactWrite:
    """Return what to write. Consent only where it changed: a change may start an automation at Spoki."""
    own = wanted.payload
    status = (
        None
        if wanted.own_consent == wanted.consent
        else _STATUS.get(ConsentState(wanted.own_consent))
    )
    return spoki.ContactWrite(
        phone=wanted.phone,
        first_name=own.get("first_name"),
        last_name=own.get("last_name"),
        email=own.get("email"),
        language=own.get("language"),
        status=status,
        custom_fields=wanted.fields,
    )
