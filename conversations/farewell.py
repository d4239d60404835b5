"""The one confirmation of a STOP, in the window that the STOP itself has opened; after it, silence."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from audiences.models import ConsentPurpose, ConsentRecord, Contact
from campaigns.models import ConversationWindow, Lane, OutboundMessage
from conversations.models import Message
from orders.order_words import spoken

WORDS: Final = _(
    "Done: you will get no more offers from us on WhatsApp. Messages about your orders still come. "
    "If you change your mind, write START."
)
_NAMESPACE: Final = UUID("7d1f6c0e-8f0b-4a55-9a0e-52b6a2f6f1c4")


def say_farewell(message: Message, contact: Contact, *, now: datetime) -> OutboundMessage | None:
    """Queue the confirmation, before the withdrawal is recorded and with the person locked.

    None where she had stopped before, where it was said already (however many STOPs came, in whatever order), or
    where no window is open: a template that says “no more messages” would be one more.
    """
    renewed = _renewed(message, contact)
    if _had_stopped(message, contact, renewed) or _agreed_again(message, contact):
        return None
    # One for each time that she agreed: the database takes a key once.
    key = uuid5(_NAMESPACE, f"{contact.pk}:{renewed.pk if renewed else 0}")
    window = _open_window(message, contact, now=now)
    if window is None or OutboundMessage.objects.filter(key=key).exists():
        return None
    with override(spoken(contact.language)):
        words = str(WORDS)
    return OutboundMessage.objects.create(
        key=key,
        account_id=window.number.account_id,
        number=window.number,
        contact=contact,
        lane=Lane.REPLY,
        kind=OutboundMessage.Kind.TEXT,
        phone=contact.phone or "",
        language=contact.language,
        zone=contact.timezone,
        text=words,
        created_at=now,
        due_at=now,
        expires_at=window.closes_at,
    )


def is_farewell(message: OutboundMessage) -> bool:
    """Say whether a message of ours is such a confirmation (it answers nobody's question)."""
    return message.key.version == 5


def _renewed(message: Message, contact: Contact) -> ConsentRecord | None:
    """Return the latest time that she agreed before she wrote this."""
    agreed = _said(contact).filter(state=ConsentRecord.State.GIVEN, at__lte=message.at)
    return agreed.order_by("-at", "-pk").first()


def _had_stopped(message: Message, contact: Contact, renewed: ConsentRecord | None) -> bool:
    stopped = _said(contact).filter(state=ConsentRecord.State.WITHDRAWN, at__lt=message.at)
    if renewed is not None:
        stopped = stopped.filter(at__gt=renewed.at)
    return stopped.exists()


def _agreed_again(message: Message, contact: Contact) -> bool:
    """Say whether she agreed later than she wrote this: it comes late, and is not what holds."""
    return _said(contact).filter(state=ConsentRecord.State.GIVEN, at__gt=message.at).exists()


def _said(contact: Contact) -> QuerySet[ConsentRecord]:
    return ConsentRecord.objects.filter(
        contact=contact.pk, purpose=ConsentPurpose.WHATSAPP_MARKETING
    )


def _open_window(message: Message, contact: Contact, *, now: datetime) -> ConversationWindow | None:
    """Return the window on the number she wrote to."""
    if not contact.phone or contact.phone != message.phone:
        return None
    mine = ConversationWindow.objects.filter(contact=contact, closes_at__gt=now)
    if message.number_id is not None:
        mine = mine.filter(number=message.number_id)
    return mine.select_related("number").order_by("-closes_at").first()
