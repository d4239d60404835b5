"""The consent ledger and the state derived from it.

The newest declaration wins; of two with the same time the withdrawal wins. A consent needs evidence (GDPR
art. 7(1)), a withdrawal needs none.
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from audiences.models import ConsentPurpose, ConsentRecord, ConsentState, Contact

CLOCK_SLACK = timedelta(minutes=5)

_COLUMNS = {
    ConsentPurpose.WHATSAPP_MARKETING: "marketing_consent",
    ConsentPurpose.ORDER_UPDATES: "orders_consent",
}

# The state columns follow the ledger; rows already right are not touched. A declaration counts from when it was
# recorded at the latest: a clock that runs ahead must not let a consent outlive the withdrawal that follows it.
_DERIVE = """
UPDATE audiences_contact AS c SET {column} = said.state, {column}_at = said.at, updated_at = %(now)s
FROM (
    SELECT DISTINCT ON (contact_id) contact_id, state, at FROM audiences_consentrecord
    WHERE purpose = %(purpose)s AND contact_id = ANY(%(ids)s)
    ORDER BY contact_id, least(at, recorded_at) DESC, (state = 'withdrawn') DESC
) AS said
WHERE said.contact_id = c.id AND (c.{column}, c.{column}_at) IS DISTINCT FROM (said.state, said.at)
"""


_ADD = """
INSERT INTO audiences_consentrecord (contact_id, purpose, state, source, evidence, at, recorded_at, by_id)
SELECT contact_id, purpose, state, source, evidence, at, recorded_at, by_id
FROM jsonb_to_recordset(%s::jsonb) AS said (
    contact_id bigint, purpose text, state text, source text, evidence text,
    at timestamptz, recorded_at timestamptz, by_id integer
)
ON CONFLICT (contact_id, purpose, at, state, source) DO NOTHING
RETURNING contact_id
"""


class ConsentRefused(Exception):
    """The declaration cannot be recorded; `str()` says why, for a person."""


def consent_column(purpose: str) -> str:
    """The column of Contact that carries the derived state of `purpose`."""
    return _COLUMNS[ConsentPurpose(purpose)]


def record_consent(
    *,
    contact: Contact,
    purpose: str,
    state: str,
    source: str,
    evidence: str = "",
    at: datetime,
    by: User | None = None,
    now: datetime,
) -> ConsentState:
    """Add one declaration to the ledger and return the state it leaves; a repeated one changes nothing.

    :raises ConsentRefused: unknown purpose or state, consent without evidence or source, dated in the future.
    """
    check_declaration(
        purpose=purpose, state=state, source=source, evidence=evidence, at=at, now=now
    )
    record = ConsentRecord(
        contact=contact,
        purpose=purpose,
        state=state,
        source=source,
        evidence=evidence,
        at=at,
        recorded_at=now,
        by=by,
    )
    with transaction.atomic():
        # Two declarations of one person are judged one after the other.
        Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        add_declarations([record], now=now)
    column = consent_column(purpose)
    contact.refresh_from_db(fields=[column, f"{column}_at", "updated_at"])
    return ConsentState(getattr(contact, column))


def withdraw_consent(
    *,
    contact: Contact,
    purpose: str = ConsentPurpose.WHATSAPP_MARKETING,
    source: str,
    evidence: str = "",
    at: datetime,
    by: User | None = None,
    now: datetime,
) -> ConsentState:
    """Record that a person no longer agrees, however she said so.

    :raises ConsentRefused: unknown purpose, no source, dated in the future.
    """
    return record_consent(
        contact=contact,
        purpose=purpose,
        state=ConsentRecord.State.WITHDRAWN,
        source=source,
        evidence=evidence,
        at=at,
        by=by,
        now=now,
    )


def check_declaration(
    *, purpose: str, state: str, source: str, evidence: str, at: datetime, now: datetime
) -> None:
    """:raises ConsentRefused: with the first thing that is wrong."""
    if purpose not in ConsentPurpose.values:
        raise ConsentRefused(_("“%(purpose)s” is not a known purpose.") % {"purpose": purpose})
    if state not in ConsentRecord.State.values:
        raise ConsentRefused(_("“%(state)s” is neither given nor withdrawn.") % {"state": state})
    if not source.strip():
        raise ConsentRefused(_("Say where the consent comes from (source)."))
    if state == ConsentRecord.State.GIVEN and not evidence.strip():
        raise ConsentRefused(_("A consent without evidence cannot be recorded."))
    if at > now + CLOCK_SLACK:
        raise ConsentRefused(_("The consent is dated in the future."))


def add_declarations(records: Collection[ConsentRecord], *, now: datetime) -> set[int]:
    """Add checked declarations of contacts whose rows the caller has locked.

    Return the contacts of whom something new was recorded; what the ledger already has is passed over.
    """
    if not records:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [json.dumps([_as_row(record) for record in records])])
        added = {row[0] for row in cursor.fetchall()}
    for purpose in {record.purpose for record in records}:
        derive_state(contact_ids=added, purpose=purpose, now=now)
    return added


def _as_row(record: ConsentRecord) -> dict[str, object]:
    return {
        "contact_id": record.contact_id,
        "purpose": record.purpose,
        "state": record.state,
        "source": record.source,
        "evidence": record.evidence,
        "at": record.at.isoformat(),
        "recorded_at": record.recorded_at.isoformat(),
        "by_id": record.by_id,
    }


def derive_state(*, contact_ids: Collection[int], purpose: str, now: datetime) -> None:
    """Make the state columns of `purpose` say what the ledger says."""
    statement = _DERIVE.format(column=consent_column(purpose))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"purpose": purpose, "ids": list(contact_ids), "now": now})
