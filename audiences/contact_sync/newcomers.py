"""People whom Spoki knows and we do not: they become contacts, without any consent."""

from collections.abc import Sequence
from datetime import datetime

import spoki
from audiences.contacts import ContactData, upsert_contacts
from audiences.identity import normalise_phone
from audiences.languages import language_of
from audiences.marks import erased_among
from audiences.models import ContactAlias
from audiences.storable import is_storable

MOST_NAME = 150
MOST_EMAIL = 254


def add_newcomers(contacts: Sequence[spoki.Contact], *, now: datetime) -> list[str]:
    """Add them with name, email and language as Spoki has them; return the phones that were added.

    Who has a number that no country gives out stays out, and so does the number of a contact that was merged:
    it is known, as another person's. Whoever was forgotten here does not come back because Spoki still knows her.
    """
    phones = [contact.phone for contact in contacts if contact.phone]
    merged = set(
        ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value__in=phones).values_list(
            "value", flat=True
        )
    )
    strangers = merged | erased_among(phones)
    rows = [
        ContactData(phone=phone, fields=_fields(contact))
        for contact in contacts
        if (phone := normalise_phone(contact.phone or "")).e164 == contact.phone
        and contact.phone not in strangers
    ]
    if rows:
        upsert_contacts(rows=rows, by=None, now=now)
    return [row.phone.e164 for row in rows]


def _fields(contact: spoki.Contact) -> dict[str, str]:
    email = contact.email or ""
    found = {
        "first_name": contact.first_name[:MOST_NAME],
        "last_name": contact.last_name[:MOST_NAME],
        "email": email if "@" in email and len(email) <= MOST_EMAIL else "",
        "language": language_of(contact.language or ""),
    }
    return {name: value for name, value in found.items() if value and is_storable(value)}
