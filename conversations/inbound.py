"""What a customer wrote: kept, opens the window, may end or renew the consent to marketing."""

from __future__ import annotations

import logging
from datetime import datetime

from audiences import double_opt_in
from audiences.aliases import find_by_alias, identify, is_user_id
from audiences.contacts import ContactData, upsert_contact
from audiences.deliveries import Outcome
from audiences.identity import normalise_phone
from audiences.models import Contact, ContactAlias
from campaigns import outbox
from conversations import standing
from conversations.answered import by_others, question_answered
from conversations.keeping import keep_message
from conversations.media import note_files
from conversations.models import Message, SpokiDelivery
from conversations.opting import follow_wish, says_no_more, wish_in
from conversations.stop_words import Wish, agrees
from orders.cod.answers import take_answer
from spoki import ContentKind, MessageEvent

logger = logging.getLogger(__name__)


def receive_message(*, event: MessageEvent, delivery: SpokiDelivery, now: datetime) -> Outcome:
    """Keep the message, open the window, mark what it answers, and follow a stop word or an answer about an order.

    Inside the caller's transaction; the same message again changes nothing but its text.
    """
    message = keep_message(event=event, delivery=delivery)
    note_files(message, now=now)
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
    if message.content_type == ContentKind.REACTION:
        # A sign on a message asks for nothing, and answers no question.
        return True
    wish = wish_in(message, contact)
    is_wish = wish in {Wish.STOP, Wish.RESUME}
    # STOP is never about an order; “NO” and “ANNULLA” in answer to one are never about marketing.
    if not is_wish and _answers_order(message, contact, now=now):
        return True
    follow_wish(message, contact, wish, now=now)
    is_answer = _follow_answer(message, contact, now=now)
    # “STOP” is obeyed and over; “stop, and where is my parcel?” is a question as well.
    return (is_wish or is_answer) and says_no_more(message.text)


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
    if event.kind is ContentKind.REACTION:
        # Whether a reaction opens the window Meta does not say: what counts on it might not arrive.
        known = Contact.objects.filter(phone=message.phone).first()
        return known or find_by_alias(ContactAlias.Kind.PHONE, message.phone)
    return outbox.record_inbound(
        contact_phone=message.phone,
        business_phone=event.business_phone,
        at=message.at,
        reply_to=event.reply_to,
        now=now,
    )


def _answers_order(message: Message, contact: Contact, *, now: datetime) -> bool:
    """Hand the message to the confirmation of her orders; True if that settles it."""
    others = by_others(message, contact).order_by("-at").values_list("at", flat=True)
    return take_answer(
        contact=contact,
        text=message.text,
        payload=message.payload,
        reply_to=message.reply_to,
        message_key=message.uuid,
        at=message.at,
        others_wrote_at=others.first(),
        now=now,
    )


def _follow_answer(message: Message, contact: Contact, *, now: datetime) -> bool:
    """A yes or a no to the question of a double opt-in: by a button, by a reply to it, or right after it.

    True if it was one.
    """
    asked = question_answered(message, contact)
    answer = agrees(message.text) if asked is not None else None
    if asked is None or answer is None:
        return False
    how = "button" if message.payload else "reply"
    said = f"{message.uuid}: {message.text[:200]}"
    if answer is False:
        double_opt_in.refuse_consent(request=asked, how=how, evidence=said, at=message.at, now=now)
        return True
    try:
        double_opt_in.confirm_consent(request=asked, how=how, evidence=said, at=message.at, now=now)
    except double_opt_in.ConfirmationRefused:
        logger.info("the answer %s comes too late for its question", message.pk)
        return False
    return True
