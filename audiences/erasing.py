"""What this floor keeps of a person: told, and blanked."""

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Q

from audiences.keepers import Figures, Keeper, Person, Told, register
from audiences.models import (
    ConsentRecord,
    ConsentRequest,
    ConsentState,
    Contact,
    ContactAlias,
    ContactErasure,
    ContactImportProblem,
    ContactMerge,
    ContactPush,
    ContactToRead,
    NumberToSilence,
    PhoneChange,
    Snapshot,
    SnapshotErasure,
    SnapshotMember,
    SpokiContact,
    SyncConflict,
)
from audiences.snapshots import digest_of, form_of

# Where a column may not be empty: no number, and no words of anybody.
ERASED = "erased"
_LEDGERS = (
    "audiences.ConsentRecord:append_only",
    "audiences.ContactMerge:append_only",
    "audiences.PhoneChange:append_only",
)
_TOLD = ("id", "phone", "first_name", "last_name", "email", "language", "timezone", "province",
         "country", "attributes", "tags", "marketing_consent", "orders_consent", "created_at")  # fmt: skip


def tell_person(person: Person) -> Told:
    """Contact, consents, numbers and other identifiers."""
    people = {"contact__in": person.contact_ids}
    return {
        "contact": list(Contact.objects.filter(pk__in=person.contact_ids).values(*_TOLD)),
        "consents": list(
            ConsentRecord.objects.filter(**people)
            .order_by("at", "pk")
            .values("purpose", "state", "phone", "source", "evidence", "at", "recorded_at")
        ),
        "phones": list(
            PhoneChange.objects.filter(**people)
            .order_by("at", "pk")
            .values("old_phone", "new_phone", "at", "why")
        ),
        "identifiers": list(
            ContactAlias.objects.filter(**people).values("kind", "value", "first_seen_at")
        ),
    }


def erase_person(person: Person, now: datetime) -> Figures:
    """Blank the contact and its doubles, its ledgers, and all that only serves to find or to push it."""
    figures = {
        "contacts": _blank_contacts(person, now=now),
        "consents": _blank_ledgers(person),
        "identifiers": ContactAlias.objects.filter(contact__in=person.contact_ids).delete()[0],
    }
    _end_questions(person, now=now)
    _forget_at_spoki(person)
    _forget_imports(person)
    return figures


def blank_members(person: Person, erasure: ContactErasure) -> int:
    """Blank the person in every snapshot and note what it reads like since; return in how many."""
    mine = SnapshotMember.objects.filter(contact__in=person.contact_ids).exclude(
        phone="", params={}
    )
    ids = sorted(set(mine.values_list("snapshot_id", flat=True)))
    for snapshot in (
        Snapshot.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    ):
        with transaction.atomic(), pgtrigger.ignore("audiences.SnapshotMember:only_blanked"):
            mine.filter(snapshot=snapshot).update(phone="", params={})
        digest = digest_of(snapshot_id=snapshot.pk, form=form_of(snapshot))
        SnapshotErasure.objects.create(snapshot=snapshot, erasure=erasure, digest=digest)
    return len(ids)


def register_keeper() -> None:
    """Have this floor answer for what it keeps; called when the application starts."""
    register("audiences", Keeper(tell=tell_person, erase=erase_person))


def _blank_contacts(person: Person, *, now: datetime) -> int:
    blank = Contact()
    nobody: dict[str, Any] = {
        name: getattr(blank, name)
        for name in (
            "first_name",
            "last_name",
            "email",
            "language",
            "timezone",
            "province",
            "country",
            "attributes",
            "tags",
            "is_blocked",
            "has_invalid_phone",
        )
    }
    return Contact.objects.filter(pk__in=person.contact_ids).update(
        **nobody,
        phone=None,
        can_receive_whatsapp=False,
        spoki_contact_id=None,
        marketing_consent=ConsentState.UNKNOWN,
        marketing_consent_at=None,
        orders_consent=ConsentState.UNKNOWN,
        orders_consent_at=None,
        updated_at=now,
    )


def _blank_ledgers(person: Person) -> int:
    """What was declared and when stays; a consent of nobody's number counts for nobody."""
    mine = {"contact__in": person.contact_ids}
    with transaction.atomic(), pgtrigger.ignore(*_LEDGERS):
        said = ConsentRecord.objects.filter(**mine).update(phone=ERASED, evidence=ERASED)
        PhoneChange.objects.filter(**mine).update(old_phone="", new_phone=ERASED, why="")
        ContactMerge.objects.filter(
            Q(survivor__in=person.contact_ids) | Q(merged__in=person.contact_ids)
        ).update(before={}, why="")
    return said


def _end_questions(person: Person, *, now: datetime) -> None:
    asked = ConsentRequest.objects.filter(contact__in=person.contact_ids)
    asked.filter(state=ConsentRequest.State.PENDING).update(
        state=ConsentRequest.State.CANCELLED, ended_at=now
    )
    asked.update(phone=ERASED)


def _forget_at_spoki(person: Person) -> None:
    """Spoki itself has no call that deletes a contact: a person does it there."""
    for model in (ContactPush, SpokiContact, SyncConflict):
        model._default_manager.filter(contact__in=person.contact_ids).delete()
    ContactToRead.objects.filter(phone__in=person.phones).delete()
    NumberToSilence.objects.filter(phone__in=person.phones).delete()


def _forget_imports(person: Person) -> None:
    """Rows of files that were refused keep their cells for a while."""
    named = Q()
    for text in (*(phone[-9:] for phone in person.phones), *person.emails):
        named |= Q(cells__icontains=text)
    if named:
        ContactImportProblem.objects.filter(named).delete()
