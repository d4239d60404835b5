"""The consent ledger and the state derived from it.

The newest declaration wins; of two with the same time the withdrawal wins. A consent needs evidence (GDPR
art. 7(1)), a withdrawal needs none. A consent counts only for the number it was given for (Meta asks for both:
that the person gave the number, and that she agreed); a withdrawal counts for the person, whatever her number.
What was said by a contact that was merged into another is said by that one.
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from audiences import consent_news, withdrawals
from audiences.models import ConsentPurpose, ConsentRecord, ConsentState, Contact

CLOCK_SLACK = timedelta(minutes=5)

_COLUMNS = {
    ConsentPurpose.WHATSAPP_MARKETING: "marketing_consent",
    ConsentPurpose.ORDER_UPDATES: "orders_consent",
}

# The state columns follow the ledger; rows already right are not touched. A declaration counts from when it was
# recorded at the latest: a clock that runs ahead must not let a consent outlive the withdrawal that follows it.
_DERIVE = """
WITH who AS (
    SELECT id, id AS said_by, phone FROM audiences_contact WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT k.id, m.id, k.phone
    FROM audiences_contact m JOIN audiences_contact k ON k.id = m.merged_into_id
    WHERE m.merged_into_id = ANY(%(ids)s)
)
UPDATE audiences_contact AS c SET {column} = said.state, {column}_at = said.at, updated_at = %(now)s
FROM (
    SELECT DISTINCT ON (who.id) who.id, coalesce(r.state, 'unknown') AS state, r.at
    FROM who LEFT JOIN audiences_consentrecord r ON r.contact_id = who.said_by
        AND r.purpose = %(purpose)s AND r.state IN ('given', 'withdrawn')
        AND (r.state = 'withdrawn' OR r.phone = '' OR r.phone = who.phone)
    ORDER BY who.id, least(r.at, r.recorded_at) DESC NULLS LAST, (r.state = 'withdrawn') DESC
) AS said
WHERE said.id = c.id AND (c.{column}, c.{column}_at) IS DISTINCT FROM (said.state, said.at)
"""


_ADD = """
INSERT INTO audiences_consentrecord
    (contact_id, purpose, state, phone, source, evidence, at, recorded_at, by_id)
SELECT contact_id, purpose, state, phone, source, evidence, at, recorded_at, by_id
FROM jsonb_to_recordset(%s::jsonb) AS said (
    contact_id bigint, purpose text, state text, phone text, source text, evidence text,
    at timestamptz, recorded_at timestamptz, by_id integer
)
ON CONFLICT (contact_id, purpose, at, state, source) DO NOTHING
RETURNING contact_id
"""
# A question that is still open must not give back what was withdrawn since.
_END_QUESTIONS = """
UPDATE audiences_consentrequest AS q SET state = 'cancelled', ended_at = %(now)s
FROM audiences_contact c
WHERE q.contact_id = ANY(%(ids)s) AND q.purpose = %(purpose)s AND q.state = 'pending'
    AND c.id = q.contact_id AND c.{column} = 'withdrawn' AND c.{column}_at >= q.asked_at
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

    It is about the number that `contact` has in the caller's hands: a consent does not follow if it was changed
    meanwhile. Said of a contact that was merged meanwhile, it is said of the one that was kept.

    :raises ConsentRefused: unknown purpose or state, consent without evidence or source, dated in the future.
    """
    check_declaration(
        purpose=purpose, state=state, source=source, evidence=evidence, at=at, now=now
    )
    with transaction.atomic():
        # Two declarations of one person are judged one after the other.
        person = lock_person(contact.pk)
        record = ConsentRecord(
            contact=person,
            purpose=purpose,
            state=state,
            phone=contact.phone or "",
            source=source,
            evidence=evidence,
            at=at,
            recorded_at=now,
            by=by,
        )
        add_declarations([record], now=now)
    column = consent_column(purpose)
    if person.pk == contact.pk:
        contact.refresh_from_db(fields=[column, f"{column}_at", "updated_at"])
        return ConsentState(getattr(contact, column))
    return ConsentState(Contact.objects.values_list(column, flat=True).get(pk=person.pk))


def lock_person(contact_id: int) -> Contact:
    """Lock and return the contact, or the one that it was merged into; inside a transaction.

    :raises Contact.DoesNotExist: nobody has this id.
    """
    found = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    while found.merged_into_id is not None:
        found = Contact.objects.select_for_update(no_key=True).get(pk=found.merged_into_id)
    return found


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
    if state not in ConsentRecord.DECLARABLE:
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
    for purpose in {r.purpose for r in records if r.state == ConsentRecord.State.WITHDRAWN}:
        _end_questions(added, purpose, now=now)
    news = [record for record in records if record.contact_id in added]
    withdrawals.tell([r for r in news if r.state == ConsentRecord.State.WITHDRAWN], now=now)
    consent_news.tell(news, now=now)
    return added


def _end_questions(contact_ids: Collection[int], purpose: str, *, now: datetime) -> None:
    statement = _END_QUESTIONS.format(column=consent_column(purpose))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"purpose": purpose, "ids": list(contact_ids), "now": now})


def _as_row(record: ConsentRecord) -> dict[str, object]:
    return {
        "contact_id": record.contact_id,
        "purpose": record.purpose,
        "state": record.state,
        "phone": record.phone,
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
