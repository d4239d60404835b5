"""Messages of customers and of others, answers of people, and where a conversation stands, with valid defaults."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import count
from typing import Any

from campaigns.models import ConversationWindow, Lane, OutboundMessage
from conversations.models import Message, Reply
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import ensure_number, make_message, make_user

_number = count(1)


def make_inbound(**changes: Any) -> Message:
    """What a customer wrote at NOW, delivered by a webhook; not counted anywhere."""
    contact = changes.pop("contact") if "contact" in changes else make_contact()
    at = changes.get("at", NOW)
    fields: dict[str, Any] = {
        "uuid": f"{next(_number):032x}",
        "direction": Message.Direction.INBOUND,
        "contact": contact,
        "phone": (contact.phone or "") if contact else "",
        "content_type": "text",
        "text": "Quando arriva il mio pacco?",
        "at": at,
        "news_at": at,
    }
    return Message.objects.create(**fields | changes)


def make_by_others(**changes: Any) -> Message:
    """What an operator wrote on Spoki, delivered."""
    fields: dict[str, Any] = {
        "direction": Message.Direction.OUTBOUND,
        "status": Message.Status.DELIVERED,
        "text": "Buongiorno, controllo subito.",
    }
    return make_inbound(**fields | changes)


def make_sent(**changes: Any) -> OutboundMessage:
    """A delivered message of ours, known to Spoki; it left `at` NOW."""
    at = changes.pop("at", NOW)
    fields: dict[str, Any] = {
        "status": OutboundMessage.Status.DELIVERED,
        "created_at": at,
        "due_at": at,
        "sending_at": at,
        "provider_uuid": f"f{next(_number):031x}",
    }
    return make_message(**fields | changes)


def make_reply(**changes: Any) -> Reply:
    """An agent's text of `at` NOW, delivered; `status` and what else is a message's go to the message."""
    at, by = changes.pop("at", NOW), changes.pop("by") if "by" in changes else make_user()
    fields: dict[str, Any] = {"lane": Lane.REPLY, "kind": OutboundMessage.Kind.TEXT, "params": {}}
    if "template_version" in changes:
        fields["kind"] = OutboundMessage.Kind.TEMPLATE
    else:
        fields["text"] = "Parte oggi!"
    message = make_sent(at=at, **fields | changes)
    return Reply.objects.create(
        contact=message.contact, key=uuid.uuid4(), message=message, by=by, at=at
    )


def make_window(**changes: Any) -> ConversationWindow:
    """A window with the default number, open for an hour from NOW unless `closes_at` says otherwise."""
    fields: dict[str, Any] = {
        "number": changes.pop("number", None) or ensure_number(),
        "contact": changes.pop("contact", None) or make_contact(),
        "last_inbound_at": NOW,
        "closes_at": NOW + timedelta(hours=1),
    }
    return ConversationWindow.objects.create(**fields | changes)
