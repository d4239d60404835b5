"""What hangs on a customer whose card is opened."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse

from campaigns.models import ConversationWindow, Lane
from conversations.models import Conversation, Message, Reply
from conversations.timeline import Entry
from tests.conftest import NOW
from tests.factories.campaigns import ensure_number, make_message

_number = count(1)


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def card_of(contact, name="customer", **query):
    return reverse(name, args=[contact.pk], query=query or None)


def wrote(contact, text="Ciao, il pacco?", *, at=NOW - timedelta(hours=1), **changes: Any):
    """What the customer wrote, with the window and the place in the inbox that it brings."""
    number = ensure_number()
    message = Message.objects.create(
        **{
            "uuid": f"{next(_number):032x}",
            "direction": Message.Direction.INBOUND,
            "contact": contact,
            "number": number,
            "phone": contact.phone or "",
            "content_type": "Text",
            "text": text,
            "at": at,
            "news_at": at,
        }
        | changes
    )
    ConversationWindow.objects.update_or_create(
        number=number,
        contact=contact,
        defaults={"last_inbound_at": at, "closes_at": at + timedelta(hours=23, minutes=50)},
    )
    Conversation.objects.update_or_create(
        contact=contact,
        defaults={
            "last_message_at": at,
            "last_inbound_at": at,
            "unanswered_since": at,
            "unread_count": 1,
        },
    )
    return message


def answered(contact, by, text="Arriva domani", *, at=NOW, **changes: Any):
    """What an agent answered."""
    fields: dict[str, Any] = {
        "contact": contact,
        "kind": "text",
        "text": text,
        "lane": Lane.REPLY,
        "status": "delivered",
        "created_at": at,
        "sending_at": at,
        "params": {},
    }
    message = make_message(**fields | changes)
    Reply.objects.create(contact=contact, key=message.key, message=message, by=by, at=at)
    return message


def said(text="Ciao", *, at=NOW, **changes: Any) -> Entry:
    """An entry of a timeline: the customer's, unless `changes` say otherwise."""
    fields: dict[str, Any] = {
        "key": f"m{next(_number)}",
        "at": at,
        "is_inbound": True,
        "author": "Giulia Rossi",
        "author_kind": "customer",
        "kind": "text",
        "text": text,
    }
    return Entry(**fields | changes)


def ours(text="Arriva domani", *, at=NOW, **changes: Any) -> Entry:
    told: dict[str, Any] = {
        "is_inbound": False,
        "author": "Sara",
        "author_kind": "agent",
        "status": "delivered",
        "word": "delivered",
    }
    return said(text, at=at, **told | changes)
