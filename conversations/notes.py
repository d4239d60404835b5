"""What colleagues tell each other about a customer; she never sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.models import Contact
from conversations.models import Note

LONGEST: Final = 2_000
# The same words of the same person again so soon are the same click.
_AGAIN: Final = timedelta(minutes=1)


class NoteRefused(Exception):
    """The note was not kept; `str()` says why, for a person."""


def notes_of(contact: Contact) -> QuerySet[Note]:
    """Return the notes about a customer, the latest first; those of an erased one say nothing any more."""
    kept = Note.objects.filter(contact=contact).exclude(text="")
    return kept.select_related("by").order_by("-at", "-pk")


def write_note(*, contact: Contact, text: str, by: User, now: datetime) -> Note:
    """Keep a note; the same words again within a minute are the same note.

    About a contact that was merged meanwhile it is kept with the one that stayed.

    :raises NoteRefused: it says nothing, or is longer than `LONGEST` characters.
    """
    told = text.strip().replace("\x00", "")
    if not told:
        raise NoteRefused(_("Write something first."))
    if len(told) > LONGEST:
        raise NoteRefused(
            _("The note has %(length)d characters, at most %(most)d fit.")
            % {"length": len(told), "most": LONGEST}
        )
    with transaction.atomic():
        person = lock_person(contact.pk)
        latest = Note.objects.filter(contact=person, by=by).order_by("-at", "-pk").first()
        if latest is not None and latest.text == told and now - latest.at < _AGAIN:
            return latest
        return Note.objects.create(contact=person, text=told, by=by, at=now)


def remove_note(*, note: Note, by: User) -> bool:
    """Take back a note of one's own; False where it is gone already.

    :raises NoteRefused: somebody else wrote it.
    """
    if note.by_id != by.pk:
        raise NoteRefused(_("Only who wrote the note can remove it."))
    removed, _of_what = Note.objects.filter(pk=note.pk).delete()
    return removed > 0
