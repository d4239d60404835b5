"""What a customer wrote: kept, opens the window, may end or renew the consent to marketing."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import Q, QuerySet

from audiences import double_opt_in
from audiences.aliases import identify, is_user_id
from audiences.consent import record_consent
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import normalise_phone
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    ConsentRequest,
    ConsentState,
    Contact,
)
from campaigns import outbox
from campaigns.models import Lane, OutboundMessage, WhatsAppNumber
from conversations import standing
from conversations.deliveries import Outcome
from conversations.models import Message, SpokiDelivery
from conversations.stop_words import Wish, agrees, wish_of
from orders.cod.answers import take_answer
from spoki import MessageEvent

logger = logging.getLogger(__name__)

SOURCE = "whatsapp"
# The longest of the phrases that a machine settles alone has five words.
MOST_WORDS = 5


def receive_message(*, event: MessageEvent, delivery: SpokiDelivery, now: datetime) -> Outcome:
    """Keep the message, open the window, mark what it answers, and follow a stop word or an answer about an order.

    Inside the caller's transaction; the same message again changes nothing but its text.
    """
    message = keep_message(event=event, delivery=delivery)
    contact = _contact_of(message, event, now=now)
    if contact is None:
        return Outcome("inbound_unknown")
    if message.contact_id != contact.pk:
        message.contact = contact
        message.save(update_fields=["contact"])
    is_settled = _obey(message, contact, now=now)
    standing.take_inbound(message=message, contact=contact, is_settled=is_settled, now=now)
    return Outcome("inbound")


def _obey(message: Message, contact: Contact, *, now: datetime) -> bool:
    """Do what the message asks of a machine; True if that is all there is to it, so that nobody has to answer."""
    wish = _wish_of(message, contact)
    is_wish = wish in {Wish.STOP, Wish.RESUME}
    # STOP is never about an order; “NO” and “ANNULLA” in answer to one are never about marketing.
    if not is_wish and _answers_order(message, contact, now=now):
        return True
    _follow_wish(message, contact, wish, now=now)
    is_answer = _follow_answer(message, contact, now=now)
    # “STOP” is obeyed and over; “stop, and where is my parcel?” is a question as well.
    return (is_wish or is_answer) and len(message.text.split()) <= MOST_WORDS


def keep_message(*, event: MessageEvent, delivery: SpokiDelivery) -> Message:
    """Insert the message or bring it up to date; news older than what is known changes nothing."""
    written_at = min(event.created_at or delivery.received_at, delivery.received_at)
    news_at = min(event.occurred_at or delivery.received_at, delivery.received_at)
    content = {
        "content_type": event.content_type[:40],
        "text": event.text or "",
        "payload": event.payload or "",
        "media": [media.to_payload() for media in event.media],
    }
    message, is_new = Message.objects.select_for_update().get_or_create(
        uuid=_key(event, delivery),
        defaults={
            **content,
            "direction": Message.Direction(event.direction.value),
            "phone": event.phone or "",
            "business_phone": event.business_phone or "",
            "number": _number(event.business_phone),
            "reply_to": (event.reply_to or "")[:80],
            "template_id": event.template_id,
            "at": written_at,
            "news_at": news_at,
        },
    )
    if not is_new and news_at > message.news_at:
        for field, value in content.items():
            setattr(message, field, value or getattr(message, field))
        message.template_id = event.template_id or message.template_id
        message.news_at = news_at
        message.save(update_fields=[*content, "template_id", "news_at"])
    return message


def _key(event: MessageEvent, delivery: SpokiDelivery) -> str:
    if event.uuid:
        return event.uuid[:80]
    return f"id:{event.id}"[:80] if event.id else f"body:{delivery.body_hash}"


def _number(business_phone: str | None) -> WhatsAppNumber | None:
    if not business_phone:
        return None
    digits = business_phone.lstrip("+")
    return WhatsAppNumber.objects.filter(phone__in=[digits, f"+{digits}"]).first()


def _contact_of(message: Message, event: MessageEvent, *, now: datetime) -> Contact | None:
    """Return who wrote; somebody we never met becomes a contact without any consent.

    Known by phone, by WhatsApp's id of the person, or by both: each is learned with the other.
    """
    if _shows_its_person(message, event):
        phone = normalise_phone(message.phone) if message.phone else None
        met = identify(bsuid=event.user_id or "", phone=phone, now=now)
        return (_record_inbound(message, event, now=now) if phone else None) or met
    if not message.phone:
        return None
    known = _record_inbound(message, event, now=now)
    if known is not None:
        return known
    phone = normalise_phone(message.phone)
    if not phone.e164:
        return None
    upsert_contact(data=ContactData(phone=phone), by=None, now=now)
    return _record_inbound(message, event, now=now)


def _shows_its_person(message: Message, event: MessageEvent) -> bool:
    """Say whether WhatsApp's id of the person is there, with no phone or one that is a mobile's."""
    if not is_user_id(event.user_id or ""):
        return False
    phone = normalise_phone(message.phone)
    return not message.phone or (phone.can_receive_whatsapp and phone.e164 == message.phone)


def _record_inbound(message: Message, event: MessageEvent, *, now: datetime) -> Contact | None:
    return outbox.record_inbound(
        contact_phone=message.phone,
        business_phone=event.business_phone,
        at=message.at,
        reply_to=event.reply_to,
        now=now,
    )


def _wish_of(message: Message, contact: Contact) -> Wish:
    wish = wish_of(message.text, answers_marketing=_answers_marketing(message, contact))
    if wish is Wish.RESUME and contact.marketing_consent == ConsentState.UNKNOWN:
        # A bare START from somebody we never wrote to consents to nothing in particular.
        return Wish.NOTHING
    return wish


def _answers_order(message: Message, contact: Contact, *, now: datetime) -> bool:
    """Hand the message to the confirmation of her orders; True if that settles it."""
    by_others = _by_others(message, contact).order_by("-at").values_list("at", flat=True)
    return take_answer(
        contact=contact,
        text=message.text,
        payload=message.payload,
        reply_to=message.reply_to,
        message_key=message.uuid,
        at=message.at,
        others_wrote_at=by_others.first(),
        now=now,
    )


def _follow_wish(message: Message, contact: Contact, wish: Wish, *, now: datetime) -> None:
    if wish is not Wish.NOTHING and message.opt_out != wish:
        message.opt_out = Message.OptOut(wish.value)
        message.save(update_fields=["opt_out"])
    if wish in {Wish.STOP, Wish.RESUME}:
        given = wish is Wish.RESUME
        record_consent(
            contact=contact,
            purpose=ConsentPurpose.WHATSAPP_MARKETING,
            state=ConsentRecord.State.GIVEN if given else ConsentRecord.State.WITHDRAWN,
            source=SOURCE,
            evidence=f"{message.uuid}: {message.text[:200]}",
            at=message.at,
            now=now,
        )
    if wish is Wish.STOP:
        outbox.record_opt_out(contact=contact, at=message.at, reply_to=message.reply_to)


def _follow_answer(message: Message, contact: Contact, *, now: datetime) -> bool:
    """A yes or a no to the question of a double opt-in: by a button, by a reply to it, or right after it.

    True if it was one.
    """
    asked = _question_answered(message, contact)
    answer = agrees(message.text) if asked is not None else None
    if asked is None or answer is None:
        return False
    if answer is False:
        double_opt_in.decline_consent(request=asked, now=now)
    else:
        try:
            double_opt_in.confirm_consent(
                request=asked,
                how="button" if message.payload else "reply",
                evidence=f"{message.uuid}: {message.text[:200]}",
                at=message.at,
                now=now,
            )
        except double_opt_in.ConfirmationRefused:
            logger.info("the answer %s comes too late for its question", message.pk)
            return False
    return True


def _question_answered(message: Message, contact: Contact) -> ConsentRequest | None:
    """Return the question that the message quotes, else the one that was the last thing we wrote."""
    last = _last_before(message, contact)
    if last is None or not _is_the_last_word(last, message, contact):
        return None
    return ConsentRequest.objects.filter(
        contact=contact, phone=message.phone, message_key=last.key
    ).first()


def _answers_marketing(message: Message, contact: Contact) -> bool:
    """Say whether the message answers marketing: the one it quotes, else our last one before it."""
    last = _last_before(message, contact)
    if last is None or last.lane != Lane.MARKETING:
        return False
    return _is_the_last_word(last, message, contact)


def _last_before(message: Message, contact: Contact) -> OutboundMessage | None:
    """Return the message of ours that this one quotes, else our last one before it."""
    ours = OutboundMessage.objects.filter(contact=contact, sending_at__isnull=False)
    quoted = ours.filter(provider_uuid=message.reply_to).first() if message.reply_to else None
    return quoted or ours.filter(sending_at__lte=message.at).order_by("-sending_at").first()


def _is_the_last_word(last: OutboundMessage, message: Message, contact: Contact) -> bool:
    """Say whether `last` is quoted, or nobody else wrote to the person since."""
    if message.reply_to and last.provider_uuid == message.reply_to:
        return True
    return not _by_others(message, contact).filter(at__gt=last.sending_at).exists()


def _by_others(message: Message, contact: Contact) -> QuerySet[Message]:
    """What operators and automations wrote to the person before this message."""
    hers = Q(contact=contact) | Q(phone=message.phone) if message.phone else Q(contact=contact)
    return Message.objects.filter(hers, direction=Message.Direction.OUTBOUND, at__lte=message.at)
