"""People whom WhatsApp shows without a phone: known by an identifier of theirs until the number is told.

Looked up by identifier first, by phone next, else a new contact is made; a contact without a phone is kept, never
written to. When an identifier turns out to belong to somebody we know by phone, the two are merged.
"""

import re
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import HOME_ZONE, Phone
from audiences.merging import merge_contacts
from audiences.models import Contact, ContactAlias
from audiences.phone_change import PhoneTaken, change_phone

Kind = ContactAlias.Kind

# Meta, Business-scoped user IDs: two letters of a country, a dot, up to 128 letters and digits; "ENT" between them
# for a group of companies.
_SHAPES = {
    Kind.BSUID: re.compile(r"[A-Z]{2}\.[0-9A-Za-z]{1,128}"),
    Kind.PARENT_BSUID: re.compile(r"[A-Z]{2}\.ENT\.[0-9A-Za-z]{1,128}"),
    Kind.USERNAME: re.compile(r"[0-9a-z._]{3,35}"),
}
_LEARN = """
INSERT INTO audiences_contactalias (contact_id, kind, value, first_seen_at, last_seen_at)
VALUES (%(contact)s, %(kind)s, %(value)s, %(now)s, %(now)s)
ON CONFLICT (kind, value) DO UPDATE SET
    last_seen_at = greatest(audiences_contactalias.last_seen_at, excluded.last_seen_at)
RETURNING contact_id
"""


class AliasRefused(Exception):
    """This is no such identifier; `str()` says why, for a person."""


def find_by_alias(kind: str, value: str) -> Contact | None:
    """Whom the identifier leads to, None for nobody we know."""
    return Contact.objects.filter(aliases__kind=kind, aliases__value=value).first()


def learn_alias(*, contact: Contact, kind: str, value: str, now: datetime) -> Contact:
    """Note that the contact is known by this identifier; return whom it leads to, somebody else if it did already.

    :raises AliasRefused: not the shape of such an identifier.
    """
    check_alias(kind=kind, value=value)
    with transaction.atomic():
        person = lock_person(contact.pk)
        values: dict[str, Any] = {"contact": person.pk, "kind": kind, "value": value, "now": now}
        with connection.cursor() as cursor:
            cursor.execute(_LEARN, values)
            owner_id = int(cursor.fetchone()[0])
    return person if owner_id == person.pk else Contact.objects.get(pk=owner_id)


def check_alias(*, kind: str, value: str) -> None:
    """:raises AliasRefused: not the shape of such an identifier."""
    shape = _SHAPES.get(Kind(kind)) if kind in Kind.values else None
    if shape is None or shape.fullmatch(value) is None:
        raise AliasRefused(_("“%(value)s” is not a WhatsApp user id.") % {"value": value})


def is_user_id(text: str) -> bool:
    """Whether the text has the shape of a business-scoped user id."""
    return _SHAPES[Kind.BSUID].fullmatch(text) is not None


def identify(*, bsuid: str, phone: Phone | None, now: datetime) -> Contact:
    """Return the contact that WhatsApp means by this user id, and by this phone where it shows one.

    Both are learned: a contact known by the id alone gets the phone, or is merged into whoever has it. Where id
    and phone lead to two people who each have a phone, the phone decides and the id follows it.

    :raises AliasRefused: not the shape of a user id.
    :raises MergeRefused, PhoneChangeRefused: somebody else is at work on the same person; nothing was changed.
    """
    check_alias(kind=Kind.BSUID, value=bsuid)
    with transaction.atomic():
        known = find_by_alias(Kind.BSUID, bsuid)
        if known is None:
            contact = _by_phone(phone, now=now) if phone else _nobody_yet(bsuid, now=now)
        elif phone is None or known.phone == phone.e164:
            contact = known
        elif known.phone is None:
            contact = attach_phone(contact=known, phone=phone, why=bsuid, now=now)
        else:
            contact = _by_phone(phone, now=now)
            ContactAlias.objects.filter(kind=Kind.BSUID, value=bsuid).update(contact=contact)
        return learn_alias(contact=contact, kind=Kind.BSUID, value=bsuid, now=now)


def attach_phone(*, contact: Contact, phone: Phone, why: str, now: datetime) -> Contact:
    """Give a contact known without phone its number; return who has it now: whoever had it, if anybody did.

    :raises MergeRefused, PhoneChangeRefused: no number for WhatsApp, or somebody else is at work on the person.
    """
    try:
        change_phone(contact=contact, phone=phone, why=why, by=None, now=now)
    except PhoneTaken as taken:
        merge_contacts(survivor=taken.owner, merged=contact, why=why, by=None, now=now)
        return Contact.objects.get(pk=taken.owner.pk)
    return Contact.objects.get(pk=contact.pk)


def _by_phone(phone: Phone, *, now: datetime) -> Contact:
    done = upsert_contact(data=ContactData(phone=phone), by=None, now=now)
    return Contact.objects.get(pk=done.contact_id)


def _nobody_yet(bsuid: str, *, now: datetime) -> Contact:
    """A contact without phone; made twice at once, the first one stays."""
    with transaction.atomic():
        fresh = Contact.objects.create(timezone=HOME_ZONE, country=bsuid[:2])
        owner = learn_alias(contact=fresh, kind=Kind.BSUID, value=bsuid, now=now)
        if owner.pk != fresh.pk:
            fresh.delete()
    return owner
