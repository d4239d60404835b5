"""Writing contacts, one or many at a time, by the same few statements."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, connection, transaction

from audiences.consent import add_declarations, consent_column, lock_person
from audiences.identity import Phone
from audiences.marks import withdrawn_among
from audiences.models import ConsentRecord, ConsentState, Contact, ContactAlias

MAX_BATCH = 1000
# The source of a withdrawal that outlived the person's data (see `audiences.marks`).
FORGOTTEN = "before erasure"

# Columns a caller may write; what is not named keeps its value.
WRITABLE = (
    "first_name",
    "last_name",
    "email",
    "language",
    "timezone",
    "province",
    "country",
    "attributes",
    "tags",
    "can_receive_whatsapp",
)

_INSERT = """
INSERT INTO audiences_contact (
    phone, can_receive_whatsapp, timezone, country, first_name, last_name, email, language, province, attributes,
    tags, marketing_consent, orders_consent, is_blocked, has_invalid_phone, created_at, updated_at
)
SELECT phone, can_receive_whatsapp, timezone, country, '', '', '', 'it', '', '{}'::jsonb,
    '{}'::text[], 'unknown', 'unknown', false, false, %(now)s, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    phone text, can_receive_whatsapp boolean, timezone text, country text
)
ORDER BY phone
ON CONFLICT (phone) DO NOTHING
RETURNING phone
"""
_UPDATE = """
UPDATE audiences_contact AS c SET
    first_name = r.first_name, last_name = r.last_name, email = r.email, language = r.language,
    timezone = r.timezone, province = r.province, country = r.country, attributes = r.attributes, tags = r.tags,
    can_receive_whatsapp = r.can_receive_whatsapp, updated_at = %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    id bigint, first_name text, last_name text, email text, language text, timezone text, province text,
    country text, attributes jsonb, tags text[], can_receive_whatsapp boolean
)
WHERE r.id = c.id
"""


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One checked consent or withdrawal (see `audiences.consent.check_declaration`).

    `only_if_new` skips a declaration that would leave the state as it is: for files that carry no date.
    `unless_withdrawn` skips it for who has unsubscribed: for a proof that is not the person's own.
    """

    purpose: str
    state: str
    source: str
    evidence: str
    at: datetime
    only_if_new: bool = False
    unless_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactData:
    """What a caller knows of one person; absent fields are left alone.

    `attributes` are merged by name, None takes one away. `tags` replace, `added_tags` are added.
    """

    phone: Phone
    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] | None = None
    added_tags: Sequence[str] = ()
    declarations: Sequence[Declaration] = ()


@dataclass(frozen=True, slots=True)
class Upserted:
    """`stays_withdrawn`: the row brought a consent that was skipped, for the person has unsubscribed."""

    contact_id: int
    outcome: Outcome
    stays_withdrawn: bool = False


def upsert_contact(*, data: ContactData, by: User | None, now: datetime) -> Upserted:
    """Create or change one contact by its phone; the same again changes nothing."""
    return upsert_contacts(rows=[data], by=by, now=now)[0]


def upsert_contacts(
    *, rows: Sequence[ContactData], by: User | None, now: datetime
) -> list[Upserted]:
    """Create or change contacts by phone, all or none; one answer per row, in order.

    The phone of a contact that was merged means the one that was kept, whose own phone stays. A phone named twice is written by both rows, the later on top. The number of statements does not depend on
    the number of rows.
    """
    with transaction.atomic():
        known, created = _lock_or_create({row.phone.e164: row.phone for row in rows}, now=now)
        changed = [_apply(known[row.phone.e164], row) for row in rows]
        touched = {known[row.phone.e164].pk: known[row.phone.e164] for row in rows}
        dirty = {
            known[row.phone.e164].pk for row, moved in zip(rows, changed, strict=True) if moved
        }
        _store([touched[pk] for pk in sorted(dirty)], now=now)
        records = _unsubscribed_before(created, known, now=now)
        records += _records(rows, known, by=by, now=now)
        declared = add_declarations(records, now=now)
    return _outcomes(rows, changed, known=known, created=created, declared=declared)


def upsert_each(
    *, rows: Sequence[ContactData], by: User | None, now: datetime
) -> list[Upserted | None]:
    """As `upsert_contacts`; a row that the database does not accept is None, and loses none of the others."""
    try:
        return list(upsert_contacts(rows=rows, by=by, now=now))
    except (DataError, IntegrityError):
        return [_upsert_alone(row, by=by, now=now) for row in rows]


def _upsert_alone(row: ContactData, *, by: User | None, now: datetime) -> Upserted | None:
    try:
        return upsert_contacts(rows=[row], by=by, now=now)[0]
    except (DataError, IntegrityError):
        return None


def _lock_or_create(
    phones: Mapping[str, Phone], *, now: datetime
) -> tuple[dict[str, Contact], set[str]]:
    """Every contact by phone, locked, and the phones that were new.

    What exists is locked first, what is missing inserted next: two batches never wait for each other crosswise.
    """
    known = _locked(phones)
    known |= _kept(known, [e164 for e164 in phones if e164 not in known])
    missing = [phone for e164, phone in phones.items() if e164 not in known]
    if not missing:
        return known, set()
    fresh = [
        {
            "phone": phone.e164,
            "can_receive_whatsapp": phone.can_receive_whatsapp,
            "timezone": phone.zone,
            "country": phone.country,
        }
        for phone in missing
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {"rows": json.dumps(fresh), "now": now})
        created = {row[0] for row in cursor.fetchall()}
    return known | _locked(phone.e164 for phone in missing), created


def _locked(phones: Iterable[str]) -> dict[str, Contact]:
    contacts = Contact.objects.select_for_update(no_key=True).filter(phone__in=list(phones))
    return {contact.phone or "": contact for contact in contacts.order_by("pk")}


def _kept(known: Mapping[str, Contact], phones: Sequence[str]) -> dict[str, Contact]:
    """By the phones of contacts that were merged: whom they were merged into, one object per person."""
    if not phones:
        return {}
    aliases = ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value__in=phones)
    meant = dict(aliases.values_list("value", "contact_id"))
    people = {contact.pk: contact for contact in known.values()}
    for pk in sorted(set(meant.values()) - people.keys()):
        person = lock_person(pk)
        people[pk] = people.setdefault(person.pk, person)
    return {phone: people[pk] for phone, pk in meant.items()}


def _apply(contact: Contact, row: ContactData) -> bool:
    """Write what the row says onto the contact; tell whether anything changed."""
    before = [getattr(contact, name) for name in WRITABLE]
    for name, value in row.fields.items():
        setattr(contact, name, value)
    merged = contact.attributes | dict(row.attributes)
    contact.attributes = {name: value for name, value in merged.items() if value is not None}
    tags = contact.tags if row.tags is None else row.tags
    contact.tags = list(dict.fromkeys([*tags, *row.added_tags]))
    if contact.phone == row.phone.e164:
        contact.can_receive_whatsapp = row.phone.can_receive_whatsapp
    return before != [getattr(contact, name) for name in WRITABLE]


def _store(contacts: Sequence[Contact], *, now: datetime) -> None:
    if not contacts:
        return
    rows = [
        {"id": contact.pk, **{name: getattr(contact, name) for name in WRITABLE}}
        for contact in contacts
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"rows": json.dumps(rows), "now": now})


def _records(
    rows: Sequence[ContactData], known: Mapping[str, Contact], *, by: User | None, now: datetime
) -> list[ConsentRecord]:
    return [
        ConsentRecord(
            contact=known[row.phone.e164],
            purpose=said.purpose,
            state=said.state,
            phone=row.phone.e164,
            source=said.source,
            evidence=said.evidence,
            at=said.at,
            recorded_at=now,
            by=by,
        )
        for row in rows
        for said in row.declarations
        if not _is_skipped(known[row.phone.e164], said)
    ]


def _unsubscribed_before(
    created: set[str], known: Mapping[str, Contact], *, now: datetime
) -> list[ConsentRecord]:
    """Who had unsubscribed and was forgotten since: the number comes back, and so does the withdrawal."""
    if not created:
        return []
    records = []
    for phone, purposes in withdrawn_among(sorted(created)).items():
        for purpose, at in purposes.items():
            # For what is judged next: a proof that is not her own does not bring her back.
            setattr(known[phone], consent_column(purpose), ConsentState.WITHDRAWN)
            records.append(
                ConsentRecord(
                    contact=known[phone],
                    purpose=purpose,
                    state=ConsentRecord.State.WITHDRAWN,
                    phone=phone,
                    source=FORGOTTEN,
                    at=datetime.fromisoformat(at),
                    recorded_at=now,
                )
            )
    return records


def _is_skipped(contact: Contact, said: Declaration) -> bool:
    state = ConsentState(getattr(contact, consent_column(said.purpose)))
    return (said.only_if_new and state == said.state) or _is_kept_out(contact, said)


def _is_kept_out(contact: Contact, said: Declaration) -> bool:
    state = ConsentState(getattr(contact, consent_column(said.purpose)))
    return said.unless_withdrawn and state is ConsentState.WITHDRAWN


def _outcomes(
    rows: Sequence[ContactData],
    changed: Sequence[bool],
    *,
    known: Mapping[str, Contact],
    created: set[str],
    declared: set[int],
) -> list[Upserted]:
    """What is said twice in one batch is news the first time only."""
    fresh, news = set(created), set(declared)
    answers = []
    for row, moved in zip(rows, changed, strict=True):
        contact = known[row.phone.e164]
        is_news = bool(row.declarations) and contact.pk in news
        news -= {contact.pk} if is_news else set()
        outcome = Outcome.UPDATED if moved or is_news else Outcome.UNCHANGED
        if row.phone.e164 in fresh:
            fresh.discard(row.phone.e164)
            outcome = Outcome.CREATED
        kept_out = any(_is_kept_out(contact, said) for said in row.declarations)
        answers.append(Upserted(contact.pk, outcome, kept_out))
    return answers
