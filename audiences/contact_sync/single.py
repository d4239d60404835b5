"""One contact: what Spoki knows of it, and a sync of it that waits for no batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from audiences.contact_sync import fields, requests
from audiences.contact_sync.payload import wanted_of
from audiences.models import Contact, ContactPush, SyncConflict

NAMED = 5

# What was refused is tried again at once: a person has looked.
_HURRY = """
INSERT INTO audiences_contactpush AS p
    (contact_id, digest, filled, consent, is_alone, refused_digest, error)
VALUES (%s, '', '{}', '', true, '', '')
ON CONFLICT (contact_id) DO UPDATE SET is_alone = true, refused_digest = '', refused_at = NULL,
    retry_at = NULL, error = ''
"""


@dataclass(frozen=True, slots=True)
class AtSpoki:
    """`is_known` says whether Spoki has the contact as it is now; `refusal` is what Spoki said.

    `reaches` is false for who is never told to Spoki: no phone, or one without WhatsApp.
    """

    reaches: bool
    is_known: bool = False
    pushed_at: datetime | None = None
    refusal: str = ""
    conflicts: Sequence[SyncConflict] = ()


def at_spoki(contact: Contact) -> AtSpoki:
    """Return what to tell of one contact, without asking Spoki."""
    conflicts = list(contact.sync_conflicts.order_by("-last_at", "-pk")[:NAMED])
    wanted = wanted_of([contact.pk], codes=fields.known_codes_kept() or []).get(contact.pk)
    if wanted is None:
        return AtSpoki(reaches=False, conflicts=conflicts)
    push = ContactPush.objects.filter(pk=contact.pk).first()
    return AtSpoki(
        reaches=True,
        is_known=wanted.digest == wanted.wanted,
        pushed_at=push.pushed_at if push else None,
        refusal=push.error if push and push.refused_digest == wanted.wanted else "",
        conflicts=conflicts,
    )


def hurry(*, contact: Contact, now: datetime) -> bool:
    """Have one contact pushed singly, if it differs, and read again; False for who is never told to Spoki.

    The caller wakes the workers; without them it happens within a minute.
    """
    if not contact.phone or not contact.can_receive_whatsapp:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_HURRY, [contact.pk])
    requests.ask_again(phone=contact.phone, now=now)
    return True
