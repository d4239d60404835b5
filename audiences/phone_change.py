"""A person has another number. Who she is stays; what belonged to the number does not travel by itself.

A consent was given for a number (see `audiences.consent`): for the new one it counts only if the person said so
again, with evidence. A withdrawal stays. Messages that wait go to the new number, and are judged there when their
turn comes. Windows, the contact at Spoki and questions of a double opt-in belonged to the old one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils.translation import gettext as _

from audiences import movers
from audiences.consent import ConsentRefused, add_declarations, check_declaration, derive_state
from audiences.contact_sync.renumbering import follow_number
from audiences.identity import Phone, normalise_phone
from audiences.locking import Busy, impatient, lock_contacts
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    ConsentRequest,
    Contact,
    ContactAlias,
    PhoneChange,
)
from audiences.movers import Follow

SOURCE = "phone change"
_TRIES = 3


class PhoneChangeRefused(Exception):
    """The number cannot be changed so; `str()` says why, for a person."""


class PhoneChangeBusy(PhoneChangeRefused):
    """Somebody else is just at work on the contact: worth another try in a moment."""


class PhoneTaken(PhoneChangeRefused):
    """The number is that of another contact: if both are one person, merge them."""

    def __init__(self, owner: Contact) -> None:
        super().__init__(
            _("This number belongs to %(contact)s: if both are one person, merge them.")
            % {"contact": owner}
        )
        self.owner = owner


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidAgain:
    """The person agreed again, for the new number: to which purposes, and what proves it."""

    purposes: Collection[str] = ()
    evidence: str = ""


def change_phone(
    *,
    contact: Contact,
    phone: Phone,
    why: str,
    again: SaidAgain | None = None,
    by: User | None,
    now: datetime,
) -> PhoneChange | None:
    """Give the contact this number and return the log of it; None where it has the number already.

    A contact without a phone gets its first one the same way.

    :raises PhoneTaken: another contact has the number, or had it before it was merged.
    :raises PhoneChangeRefused: no number for WhatsApp, no reason given, a contact that was merged, or a consent
        without evidence.
    :raises PhoneChangeBusy: somebody else has the contact just now; nothing was changed.
    """
    again = again or SaidAgain()
    _check(phone, why, again, now=now)
    for _try in range(_TRIES):
        try:
            with impatient():
                return _change(contact.pk, phone, why=why, again=again, by=by, now=now)
        except Busy:
            continue
        except IntegrityError:
            # Somebody made a contact with this number between our look and our write.
            owner = _owner(phone.e164, besides=contact.pk)
            if owner is None:
                raise
            raise PhoneTaken(owner) from None
    raise PhoneChangeBusy(_("Somebody is changing this contact just now: try again in a moment."))


def _check(phone: Phone, why: str, again: SaidAgain, *, now: datetime) -> None:
    if not phone.e164 or not phone.can_receive_whatsapp:
        raise PhoneChangeRefused(_("WhatsApp needs a mobile number."))
    if not why.strip():
        raise PhoneChangeRefused(_("Say why the number changes: who told you, and how."))
    for purpose in again.purposes:
        try:
            check_declaration(
                purpose=purpose,
                state=ConsentRecord.State.GIVEN,
                source=SOURCE,
                evidence=again.evidence,
                at=now,
                now=now,
            )
        except ConsentRefused as refusal:
            raise PhoneChangeRefused(str(refusal)) from None


def _change(
    contact_id: int,
    phone: Phone,
    *,
    why: str,
    again: SaidAgain,
    by: User | None,
    now: datetime,
) -> PhoneChange | None:
    contact = lock_contacts([contact_id]).get(contact_id)
    if contact is None or contact.is_merged:
        raise PhoneChangeRefused(
            _("This contact was merged into another one: change the number there.")
        )
    if contact.phone == phone.e164:
        return None
    owner = _owner(phone.e164, besides=contact_id)
    if owner is not None:
        raise PhoneTaken(owner)
    old = contact.phone
    _write(contact, phone, now=now)
    step = Follow(
        contact_id=contact_id,
        merged_id=contact_id,
        phone=phone.e164,
        zone=contact.timezone,
        from_id=None,
        given_up=old,
        now=now,
    )
    _end_questions(step)
    follow_number(step)
    _declare(contact, again, by=by, now=now)
    for purpose in ConsentPurpose.values:
        derive_state(contact_ids=[contact_id], purpose=purpose, now=now)
    return PhoneChange.objects.create(
        contact_id=contact_id,
        old_phone=old or "",
        new_phone=phone.e164,
        at=now,
        by=by,
        why=why.strip()[:500],
        figures=movers.follow(step),
    )


def _owner(e164: str, *, besides: int) -> Contact | None:
    """Whose number it is: another contact's, or one's that was merged into another."""
    others = Contact.objects.exclude(pk=besides)
    known = others.filter(phone=e164).first()
    meant = others.filter(aliases__kind=ContactAlias.Kind.PHONE, aliases__value=e164)
    return known or meant.first()


def _write(contact: Contact, phone: Phone, *, now: datetime) -> None:
    """Zone and country go along where they were those of the old number."""
    old = normalise_phone(contact.phone or "")
    if contact.timezone == old.zone:
        contact.timezone = phone.zone
    if contact.country in {"", old.country}:
        contact.country = phone.country
    contact.phone = phone.e164
    ContactAlias.objects.filter(
        contact=contact, kind=ContactAlias.Kind.PHONE, value=phone.e164
    ).delete()
    Contact.objects.filter(pk=contact.pk).update(
        phone=phone.e164,
        can_receive_whatsapp=True,
        has_invalid_phone=False,
        spoki_contact_id=None,
        timezone=contact.timezone,
        country=contact.country,
        updated_at=now,
    )


def _end_questions(step: Follow) -> None:
    ConsentRequest.objects.filter(
        contact=step.contact_id, state=ConsentRequest.State.PENDING
    ).update(state=ConsentRequest.State.CANCELLED, ended_at=step.now)


def _declare(contact: Contact, again: SaidAgain, *, by: User | None, now: datetime) -> None:
    records = [
        ConsentRecord(
            contact=contact,
            purpose=purpose,
            state=ConsentRecord.State.GIVEN,
            phone=contact.phone or "",
            source=SOURCE,
            evidence=again.evidence.strip(),
            at=now,
            recorded_at=now,
            by=by,
        )
        for purpose in sorted(set(again.purposes))
    ]
    add_declarations(records, now=now)
