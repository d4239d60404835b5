"""What we hold of a person, told to who may ask, and taken away from who wants to be forgotten.

Each floor answers for what it keeps (`audiences.keepers`), inside one transaction. Rows that prove what was done
stay, without the person in them; the erasure itself is written down.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from audiences.erasing import blank_members
from audiences.keepers import Person, all_keepers, person_of
from audiences.locking import Busy, impatient, lock_contacts
from audiences.marks import mark
from audiences.models import ConsentPurpose, ConsentRecord, Contact, ContactErasure

_TRIES = 3


class ErasureBusy(Exception):
    """Somebody else is just at work on the contact; nothing was changed, and it is worth another try."""


def tell(contact: Contact) -> dict[str, Any]:
    """Return everything that is kept of a person, by section."""
    person = person_of(contact)
    told: dict[str, Any] = {}
    for keeper in all_keepers():
        told |= keeper.tell(person)
    return told


def erase_contact(*, contact: Contact, why: str, by: User | None, now: datetime) -> ContactErasure:
    """Blank a contact and whatever hangs on it, and return the proof; what was blanked already stays so.

    Her declarations stay as facts (what, when, where), without number and words. If she had unsubscribed, that
    counts again should her number come back by an old list.

    :raises ErasureBusy: somebody is just at work on the contact; nothing was changed.
    """
    for _try in range(_TRIES):
        try:
            with impatient():
                return _erase(contact.pk, why=why, by=by, now=now)
        except Busy:
            continue
    raise ErasureBusy(f"contact {contact.pk} is busy")


def _erase(contact_id: int, *, why: str, by: User | None, now: datetime) -> ContactErasure:
    """Higher floors first: they find their rows by what the contact still says."""
    lock_contacts([contact_id])
    person = person_of(Contact.objects.get(pk=contact_id))
    lock_contacts(person.contact_ids)
    withdrawn = _withdrawn(person)
    figures: Counter[str] = Counter()
    for keeper in reversed(all_keepers()):
        figures.update(keeper.erase(person, now))
    erasure = ContactErasure.objects.create(
        contact_id=person.contact_id,
        at=now,
        why=why[:200],
        by=by,
        marks=[mark(phone) for phone in person.phones],
        withdrawn=withdrawn,
        figures=dict(figures),
    )
    blank_members(person, erasure)
    return erasure


def _withdrawn(person: Person) -> dict[str, str]:
    """What she had unsubscribed from, and when."""
    rows = ConsentRecord.objects.filter(
        contact__in=person.contact_ids, state__in=ConsentRecord.DECLARABLE
    )
    last: dict[str, ConsentRecord] = {}
    for row in rows.order_by("at", "state"):
        last[row.purpose] = row
    withdrawn = ConsentRecord.State.WITHDRAWN
    return {
        purpose: last[purpose].at.isoformat()
        for purpose in ConsentPurpose.values
        if purpose in last and last[purpose].state == withdrawn
    }
