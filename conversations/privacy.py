"""What conversations keep of a person: what she wrote, what others wrote to her, and the deliveries that told it."""

from datetime import datetime

from django.db import connection

from audiences.keepers import Figures, Keeper, Person, Told, register
from conversations import media
from conversations.models import (
    Conversation,
    HistoryFetch,
    HistoryUpload,
    MediaFile,
    Message,
    Note,
)

_TOLD = ("at", "direction", "phone", "content_type", "text", "payload", "media", "details")
# What still waits to be processed stays until it is: it goes with the old ones.
_ERASE = """
UPDATE conversations_spokidelivery SET body = ''::bytea, outcome = 'erased', error = ''
WHERE state <> 'received' AND body <> ''::bytea AND EXISTS (
    SELECT 1 FROM unnest(%s::bytea[]) AS wanted(text) WHERE position(wanted.text IN body) > 0)
"""


def tell_conversation(person: Person) -> Told:
    """The conversation as it is shown."""
    rows = Message.objects.filter(contact__in=person.contact_ids).order_by("at", "pk")
    notes = Note.objects.filter(contact__in=person.contact_ids).order_by("at", "pk")
    return {
        "conversation": list(rows.values(*_TOLD)),
        "notes_about_her": list(notes.values("at", "text")),
    }


def erase_conversation(person: Person, now: datetime) -> Figures:
    """That there were messages, and when, stays; what they said goes."""
    mine = Message.objects.filter(contact__in=person.contact_ids)
    files = list(MediaFile.objects.filter(message__in=mine))
    media.forget(files)
    figures = {
        "conversation": mine.update(phone="", text="", payload="", media=[], details={}),
        "attachments": len(files),
        "notes": Note.objects.filter(contact__in=person.contact_ids).update(text=""),
    }
    Conversation.objects.filter(contact__in=person.contact_ids).update(preview="")
    HistoryUpload.objects.filter(contact__in=person.contact_ids).update(content=b"", name="")
    HistoryFetch.objects.filter(contact__in=person.contact_ids).delete()
    # Spoki writes numbers with and without the plus.
    wanted = [phone.lstrip("+").encode() for phone in person.phones]
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [wanted])
        figures["spoki_deliveries"] = cursor.rowcount
    return figures


def register_keeper() -> None:
    """Have conversations answer for what they keep; called when the application starts."""
    register("conversations", Keeper(tell=tell_conversation, erase=erase_conversation))
