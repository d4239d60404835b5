"""A number has a new owner: whoever had it stays who she is, and whoever has it now becomes a contact of her own.

A number that was given up in a merge goes on meaning the person who was kept, for most people have two. Only a person
can say that somebody else has it by now; from then on what comes from it is the new owner's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audiences.contacts import ContactData, Upserted, upsert_contact
from audiences.locking import Busy, impatient, lock_contacts
from audiences.models import Contact, ContactAlias, PhoneChange

_TRIES = 3


class NewOwnerRefused(Exception):
    """The number could not be handed over; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerOwner:
    """Who had a number until `until` (None = not known); `still_means` her: messages from it come to her card."""

    contact: Contact
    until: datetime | None
    still_means: bool


def former_owners(e164: str, *, among: Collection[Contact] | None = None) -> Sequence[FormerOwner]:
    """Return who had the number and has another one by now, the latest first; nobody who was merged."""
    changes = PhoneChange.objects.filter(old_phone=e164).order_by("at", "pk")
    until = {change.contact_id: change.at for change in changes}
    meant = set(_aliases(e164).values_list("contact_id", flat=True))
    people = _people(until.keys() | meant) if among is None else among
    known = (one for one in people if one.phone != e164 and one.pk in until.keys() | meant)
    found = [
        FormerOwner(contact=one, until=until.get(one.pk), still_means=one.pk in meant)
        for one in known
    ]
    return sorted(
        found, key=lambda one: (one.until or one.contact.created_at, one.contact.pk), reverse=True
    )


def create_new_owner(*, data: ContactData, by: User, now: datetime) -> tuple[Upserted, list[int]]:
    """Make a contact for who has the number now; return it, and the ids of those it no longer means.

    A second click finds the contact that the first one made.

    :raises NewOwnerRefused: somebody else is just at work on whoever had it; nothing was changed.
    """
    for _try in range(_TRIES):
        try:
            with impatient():
                freed = _free(data.phone.e164)
                return upsert_contact(data=data, by=by, now=now), freed
        except Busy:
            continue
    raise NewOwnerRefused(_("Somebody is changing this contact just now: try again in a moment."))


def changed_hands_at(contact: Contact) -> datetime | None:
    """Return since when the contact's number is hers, where somebody else had it before; None where nobody had."""
    others = PhoneChange.objects.filter(old_phone=contact.phone or "-").exclude(contact=contact)
    last = others.order_by("-at", "-pk").first()
    if last is None:
        return None
    # A number of a merge meant the other person until the new owner's card was made.
    return max(last.at, contact.created_at) if last.merge_id else last.at


def _free(e164: str) -> list[int]:
    """Let the number mean nobody; those it meant are locked first, as everybody does."""
    lock_contacts(_aliases(e164).values_list("contact_id", flat=True))
    freed = list(_aliases(e164).values_list("contact_id", flat=True))
    _aliases(e164).delete()
    return freed


def _aliases(e164: str) -> QuerySet[ContactAlias]:
    return ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value=e164)


def _people(ids: Collection[int]) -> Sequence[Contact]:
    return list(Contact.objects.filter(pk__in=ids, merged_into__isnull=True))
