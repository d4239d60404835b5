"""News of messages sent to customers: ours move forward, those of others are kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from audiences.aliases import find_by_alias
from audiences.deliveries import Outcome
from audiences.models import Contact, ContactAlias
from campaigns import outbox, route_probe
from campaigns.alerts import raise_alert
from campaigns.models import OutboundMessage
from conversations import standing
from conversations.deliveries import WAITING
from conversations.keeping import keep_message
from conversations.meant import ours_meant
from conversations.media import note_files
from conversations.models import Message, SpokiDelivery
from spoki import MessageEvent, MessageStatus, normalise_uuid
from spoki.phones import redact

logger = logging.getLogger(__name__)

UNKNOWN_STATUS: Final = "spoki_status_unknown"

# A delivery may overtake the answer of our own send; an answer takes seconds, at most minutes. It is taken as soon as the
# identifier is known (`deliveries.release_answered`); this is for the others.
PATIENCE = timedelta(minutes=10)
NEXT_LOOK = timedelta(seconds=30)

# A status only moves forward; a failure gives way to what the customer really saw.
_RANK = {
    Message.Status.NONE: 0,
    Message.Status.PENDING: 1,
    Message.Status.SENT: 2,
    Message.Status.FAILED: 3,
    Message.Status.DELIVERED: 4,
    Message.Status.READ: 5,
}
_AWAITS_IDENTIFIER = [
    OutboundMessage.Status.SENDING,
    OutboundMessage.Status.ACCEPTED,
    OutboundMessage.Status.UNKNOWN,
]


def receive_news(*, event: MessageEvent, delivery: SpokiDelivery, now: datetime) -> Outcome:
    """Move our message forward, wait for it, or keep the message as written by others.

    Inside the caller's transaction.
    """
    status = event.status or MessageStatus.UNKNOWN
    if event.status is MessageStatus.UNKNOWN:
        _tell_new_status(event.status_word, delivery, now=now)
    if _record(event, event.message_key, delivery, now=now):
        return Outcome("status")
    news = _probe_news(event, status)
    if route_probe.record_probe(news=news, now=now):
        # Nobody's campaign, and yet part of the conversation with the test phone.
        _keep_as_of_others(event, delivery)
        return Outcome("probe")
    route_probe.note_keyless(news=news, now=now)
    meant = _meant(event, delivery)
    if meant is not None and _record(event, meant.key.hex, delivery, now=now):
        return Outcome("status")
    if _may_become_ours(event, delivery, now=now):
        delivery.event_uuid = (normalise_uuid(event.uuid) or "")[:64]
        delivery.save(update_fields=["event_uuid"])
        return Outcome(WAITING, wait_until=now + NEXT_LOOK)
    _keep_as_of_others(event, delivery)
    return Outcome("by_others")


def _tell_new_status(word: str, delivery: SpokiDelivery, *, now: datetime) -> None:
    """Tell people of a word for a status that nobody knew, once and never again; it moves no message."""
    logger.warning("delivery %s has a status we do not know", delivery.pk)
    word = redact(word)[:60]
    raise_alert(code=UNKNOWN_STATUS, subject=word, figures={"word": word}, now=now, is_once=True)


def _record(
    event: MessageEvent, key: str | None, delivery: SpokiDelivery, *, now: datetime
) -> bool:
    return outbox.record_status(
        uuid=event.uuid,
        key=key,
        status=event.status or MessageStatus.UNKNOWN,
        at=min(event.occurred_at or delivery.received_at, delivery.received_at),
        error_code=event.error_code or "",
        error_text=event.error_text or "",
        now=now,
    )


def _meant(event: MessageEvent, delivery: SpokiDelivery) -> OutboundMessage | None:
    """Return our message without a name that the event means; None also for what is here as others' already."""
    if Message.objects.filter(uuid=event.uuid or "").exists():
        return None
    written_at = min(event.created_at or delivery.received_at, delivery.received_at)
    return ours_meant(event, at=written_at)


def _probe_news(event: MessageEvent, status: MessageStatus) -> route_probe.News:
    return route_probe.News(
        key=event.message_key,
        uuid=event.uuid,
        status=status,
        phone=event.phone or "",
        text=event.text or "",
        template_id=event.template_id,
        error_code=event.error_code or "",
        written_at=event.created_at,
    )


def _may_become_ours(event: MessageEvent, delivery: SpokiDelivery, *, now: datetime) -> bool:
    """Say whether a send of ours to this person still lacks the identifier that would match."""
    # Our row is there before its send: a key that matches none is of somebody else.
    if event.message_key or now - delivery.received_at >= PATIENCE:
        return False
    if Message.objects.filter(uuid=event.uuid or "").exists():
        return False
    return OutboundMessage.objects.filter(
        phone=event.phone or "",
        provider_uuid=None,
        status__in=_AWAITS_IDENTIFIER,
        # Whatever left longer ago than an answer takes waits for none any more.
        sending_at__gt=delivery.received_at - PATIENCE,
    ).exists()


def _keep_as_of_others(event: MessageEvent, delivery: SpokiDelivery) -> None:
    message = keep_message(event=event, delivery=delivery)
    note_files(message, now=delivery.received_at)
    changes: dict[str, object] = {}
    if message.contact_id is None and message.phone:
        changes["contact"] = Contact.objects.filter(phone=message.phone).first() or find_by_alias(
            ContactAlias.Kind.PHONE, message.phone
        )
    changes |= status_told(message, event)
    if changes:
        Message.objects.filter(pk=message.pk).update(**changes)
    known = changes.get("contact")
    contact_id = known.pk if isinstance(known, Contact) else message.contact_id
    # What an automation sends to thousands by a template moves nobody up.
    if contact_id is not None and message.template_id is None:
        standing.note_others(
            contact_id=contact_id, at=message.at, text=message.text, kind=message.kind
        )


def status_told(message: Message, event: MessageEvent) -> dict[str, object]:
    """Return the columns that the event moves forward, none where it is no further than the message."""
    new = _status_of(event)
    if _RANK[new] <= _RANK[Message.Status(message.status)]:
        return {}
    return {
        "status": new,
        "error_code": (event.error_code or "")[:40],
        "error_text": (event.error_text or "")[:300],
    }


def _status_of(event: MessageEvent) -> Message.Status:
    if event.status is None or event.status is MessageStatus.UNKNOWN:
        return Message.Status.NONE
    return Message.Status(event.status.value)
