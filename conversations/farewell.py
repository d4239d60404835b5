"""The one confirmation of a STOP, and of a START, in the window that it has opened itself; after it, silence."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils.functional import Promise
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
# A consent is as easy to take back as to give: whoever gives it reads how.
WELCOME: Final = _(
    "Done: from now on you will get our offers on WhatsApp. To end it at any time, write STOP."
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
    return _say(WORDS, f"{contact.pk}:{renewed.pk if renewed else 0}", message, contact, now=now)


def say_welcome(message: Message, contact: Contact, *, now: datetime) -> OutboundMessage | None:
    """Queue the confirmation of a START, before the consent is recorded and with the person locked.

    None where she had agreed already, said otherwise later than she wrote this, or no window is open.
    """
    latest = _said(contact).order_by("-at", "-pk").first()
    if latest is not None and (latest.state == ConsentRecord.State.GIVEN or latest.at > message.at):
        return None
    # One for each time that she had stopped.
    after = f"{contact.pk}:welcome:{latest.pk if latest else 0}"
    return _say(WELCOME, after, message, contact, now=now)


def _say(
    words: Promise, name: str, message: Message, contact: Contact, *, now: datetime
) -> OutboundMessage | None:
    """Queue the words once for this `name`; None where that was done, or where no window is open."""
    key = uuid5(_NAMESPACE, name)
    window = _open_window(message, contact, now=now)
    if window is None or OutboundMessage.objects.filter(key=key).exists():
        return None
    with override(spoken(contact.language)):
        text = str(words)
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
        text=text,
        created_at=now,
        due_at=now,
        expires_at=window.closes_at,
    )


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
