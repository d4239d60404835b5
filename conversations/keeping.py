"""One row per message that was not ours to send, brought up to date by whatever is told of it, in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from campaigns.models import WhatsAppNumber
from conversations.answered import label_tapped
from conversations.models import Message, SpokiDelivery
from conversations.recognising import recognise
from spoki import Direction, MessageEvent

NumberOf = Callable[[str | None], WhatsAppNumber | None]
_CHANGED = ("content_type", "text", "payload", "media", "details", "template_id", "reply_to")


def keep_message(*, event: MessageEvent, delivery: SpokiDelivery) -> Message:
    """Insert the message or bring it up to date, inside the caller's transaction.

    Newer news replace what they tell; older and repeated ones fill in only what is missing. One that a file told of
    without its identifier is recognised.
    """
    written_at = min(event.created_at or delivery.received_at, delivery.received_at)
    news_at = min(event.occurred_at or delivery.received_at, delivery.received_at)
    content = content_of(event)
    key = _key(event, delivery)
    recognise(event=event, uuid=key, at=written_at, text=content["text"])
    message, is_new = Message.objects.select_for_update().get_or_create(
        uuid=key,
        defaults={**content, **facts_of(event), "at": written_at, "news_at": news_at},
    )
    if not is_new:
        _update(message, content, event, is_newer=news_at > message.news_at)
        message.news_at = max(news_at, message.news_at)
        message.save(update_fields=[*content, "template_id", "reply_to", "news_at"])
    return message


def complete(message: Message, event: MessageEvent) -> bool:
    """Fill in what is missing of a message that is here already; True if anything was."""
    before = (*(getattr(message, name) for name in _CHANGED),)
    content = content_of(event)
    _update(message, content, event, is_newer=False)
    if before == (*(getattr(message, name) for name in _CHANGED),):
        return False
    message.save(update_fields=_CHANGED)
    return True


def facts_of(event: MessageEvent, *, number_of: NumberOf | None = None) -> dict[str, Any]:
    """Return the columns of a Message that no update changes, all but when it was written.

    `number_of` finds our number by its phone; whoever asks for many remembers what it found.
    """
    return {
        "direction": Message.Direction(event.direction.value),
        "phone": event.phone or "",
        "business_phone": event.business_phone or "",
        "number": (number_of or our_number)(event.business_phone),
        "reply_to": (event.reply_to or "")[:80],
        "template_id": event.template_id,
    }


def content_of(event: MessageEvent) -> dict[str, Any]:
    """Return the columns of a Message that an update may change; the tap of a button says what stands on it."""
    return {
        "content_type": event.kind.value,
        "text": words_of(event),
        "payload": event.payload or "",
        "media": [media.to_record() for media in event.media],
        "details": dict(event.details),
    }


def words_of(event: MessageEvent) -> str:
    """Return what the message says; the tap of a button that is told by its payload alone, what stands on it."""
    if not event.text and event.payload and event.direction is Direction.INBOUND:
        return label_tapped(event.payload)
    return event.text or ""


def _update(
    message: Message, content: Mapping[str, Any], event: MessageEvent, *, is_newer: bool
) -> None:
    # What we noted ourselves stays beside what is told.
    told = dict(content) | {"details": {**message.details, **content["details"]}}
    for field, value in told.items():
        if value and (is_newer or not getattr(message, field)):
            setattr(message, field, value)
    message.template_id = event.template_id or message.template_id
    message.reply_to = message.reply_to or (event.reply_to or "")[:80]


def _key(event: MessageEvent, delivery: SpokiDelivery) -> str:
    if event.uuid:
        return event.uuid[:80]
    return f"id:{event.id}"[:80] if event.id else f"body:{delivery.body_hash}"


def our_number(business_phone: str | None) -> WhatsAppNumber | None:
    """Return our number that a message came to or left from, None where it is none of ours."""
    if not business_phone:
        return None
    digits = business_phone.lstrip("+")
    return WhatsAppNumber.objects.filter(phone__in=[digits, f"+{digits}"]).first()
