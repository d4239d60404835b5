"""Which message of ours an inbound one answers."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from audiences.models import ConsentRequest, Contact
from campaigns.models import Lane, OutboundMessage
from campaigns.sender.post import buttons_of
from conversations.models import Message
from conversations.stop_words import is_way_out

# What we put behind a quick reply: the key of its message, and which button it is.
_PAYLOAD = re.compile(r"([0-9a-f]{32}):(\d{1,2})")


def answers_marketing(message: Message, contact: Contact) -> bool:
    """Say whether the message answers marketing: the one it quotes, else our last one before it."""
    last = last_before(message, contact)
    if last is None or last.lane != Lane.MARKETING:
        return False
    return _is_the_last_word(last, message, contact)


def taps_way_out(message: Message, contact: Contact) -> bool:
    """Say whether it is the tap of a button by which our own marketing offers to end it."""
    said = message.text.strip().casefold()
    last = last_before(message, contact)
    if not said or last is None or last.lane != Lane.MARKETING or last.template_version is None:
        return False
    labels = {str(button.get("text") or "").strip() for button in last.template_version.buttons}
    return any(label.casefold() == said and is_way_out(label) for label in labels)


def label_tapped(payload: str) -> str:
    """Return what stands on the button whose tap is told by its `payload` alone, "" where nobody knows.

    A button to which nobody gave a payload has its label for one (Meta, Messages webhook).
    """
    tapped = _PAYLOAD.fullmatch(payload.strip())
    if tapped is None:
        return payload.strip()
    ours = OutboundMessage.objects.select_related("template_version").filter(key=tapped[1]).first()
    return _labels(ours).get(int(tapped[2]), "") if ours is not None else ""


def question_answered(message: Message, contact: Contact) -> ConsentRequest | None:
    """Return the question that the message quotes, else the one that was the last thing we wrote."""
    last = last_before(message, contact)
    if last is None or not _is_the_last_word(last, message, contact):
        return None
    return ConsentRequest.objects.filter(
        contact=contact, phone=message.phone, message_key=last.key
    ).first()


def last_before(message: Message, contact: Contact) -> OutboundMessage | None:
    """Return the message of ours whose button was tapped or that is quoted, else our last one before it."""
    ours = OutboundMessage.objects.filter(contact=contact, sending_at__isnull=False)
    ours = ours.select_related("template_version")
    return (
        _pointed_at(ours, message)
        or ours.filter(sending_at__lte=message.at).order_by("-sending_at").first()
    )


def by_others(message: Message, contact: Contact) -> QuerySet[Message]:
    """What operators and automations wrote to the person before this message."""
    hers = Q(contact=contact) | Q(phone=message.phone) if message.phone else Q(contact=contact)
    return Message.objects.filter(hers, direction=Message.Direction.OUTBOUND, at__lte=message.at)


def _pointed_at(ours: QuerySet[OutboundMessage], message: Message) -> OutboundMessage | None:
    if tapped := _PAYLOAD.fullmatch(message.payload.strip()):
        found = ours.filter(key=tapped[1]).first()
        if found is not None:
            return found
    return ours.filter(provider_uuid=message.reply_to).first() if message.reply_to else None


def _is_the_last_word(last: OutboundMessage, message: Message, contact: Contact) -> bool:
    """Say whether `last` is quoted or tapped, or nobody else wrote to the person since."""
    if message.reply_to and last.provider_uuid == message.reply_to:
        return True
    tapped = _PAYLOAD.fullmatch(message.payload.strip())
    if tapped and last.key.hex == tapped[1]:
        return True
    return not by_others(message, contact).filter(at__gt=last.sending_at).exists()


def _labels(ours: OutboundMessage) -> dict[int, str]:
    """Return place → label of the buttons of a message of ours."""
    version = ours.template_version
    if version is None:
        return dict(enumerate(buttons_of(ours.params)))
    return {int(one.get("order") or 0): str(one.get("text") or "") for one in version.buttons}
