"""What Spoki delivers to our webhook, read into events that speak our language.

A delivery is `{"version": 2, "event": …, "event_uuid": …, "timestamp": …, "data": {…}}`; every name
has variants, all accepted and none required. There is no event for "delivered" or "read": the same
outbound message comes again with a new status. `event_uuid` may be the message's own uuid, the same
for all its updates, so it never tells a duplicate. https://support.spoki.com (outgoing webhooks)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from spoki.content import (
    ContentKind,
    kind_of,
    read_choice_payload,
    read_choice_title,
    read_details,
    read_media,
)
from spoki.phones import normalise
from spoki.reading import (
    JsonObject,
    as_int,
    as_moment,
    as_object,
    as_text,
    as_word,
    first_text,
    normalise_uuid,
    storable,
)
from spoki.refusals import error_code
from spoki.types.media import Media
from spoki.types.messages import MessageStatus, message_identifiers, message_status

_CONTENT_KEYS = ("data", "message", "payload", "result")
_TEXT_KEYS = ("text", "body", "content", "button_text", "caption")
# Meta's names for the id of a person who may hide the phone; whether Spoki hands them on is not documented.
_USER_KEYS = ("from_user_id", "user_id")
_REPLY_KEYS = ("replyToMessageUid", "reply_to_message_uid", "context_id")
# Meta's object for the same (Meta, Messages webhook), and one that names the quoted message.
_REPLY_HOLDERS = ("context", "quoted_message", "reply_to")
_QUOTED_KEYS = ("uuid", "message_uuid", "message_uid", "message_id", "id")
_STATUS_KEYS = ("send_status", "status")
_CREATED_KEYS = ("timestamp_ms", "created_datetime", "created_at")
# What a database holds as a whole number.
_LARGEST_ID = 2**63 - 1
_MESSAGE_EVENTS = ("message.inbound", "message.outbound")
_CONTACT_EVENTS = ("contact.created", "contact.updated", "contact.deleted")


class UnreadableEvent(Exception):
    """The body is no JSON object: keep its bytes, there is nothing else to be had from it."""


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """A message that a customer sent (inbound), or news of one sent to a customer (outbound).

    `phone` is the customer's and `business_phone` ours, both E.164. `uuid` is 32 hex digits in lower
    case. `created_at` is when the message was made; `occurred_at` when this news of it arose. Both
    may be missing. `status` is None where Spoki gave none, `unknown` for a new word, which stays in
    `status_word`. `metadata` is what we put on the send; `raw` the whole delivery. `user_id` is WhatsApp's id of a
    customer who wrote, as it came. `content_type` is Spoki's word, `kind` ours for it, and `details` what is neither
    text nor file (see `spoki.content`).
    """

    direction: Direction
    uuid: str | None
    id: str | None
    status: MessageStatus | None
    phone: str | None = field(repr=False)
    business_phone: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    content_type: str = ""
    kind: ContentKind = ContentKind.EMPTY
    details: JsonObject = field(default_factory=dict, repr=False)
    payload: str | None = field(default=None, repr=False)
    reply_to: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    status_word: str = ""
    error_code: str | None = None
    error_text: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    created_at: datetime | None = None
    template_id: int | None = None
    media: tuple[Media, ...] = field(default=(), repr=False)
    contact_id: int | None = None
    user_id: str | None = field(default=None, repr=False)
    event_uuid: str | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @property
    def message_key(self) -> str | None:
        """The key that our send carried in its metadata, None for a message that was not ours."""
        return as_text(self.metadata.get("msg"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent:
    """A contact was made, changed or deleted at Spoki: `kind` is created, updated or deleted.

    Which consent such a delivery carries is not known: read the contact again.
    """

    kind: str
    contact_id: int | None
    phone: str | None = field(repr=False)
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """An event that we do not use, or do not know. `name` is Spoki's word, "" where it has none."""

    name: str
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)


Event = MessageEvent | ContactEvent | UnknownEvent


def parse(body: bytes) -> Event:
    """Read the raw body of a delivery; what is readable but strange becomes an UnknownEvent.

    :raises UnreadableEvent: where the body is no JSON object.
    """
    try:
        envelope = storable(json.loads(body))
    except (ValueError, RecursionError):
        raise UnreadableEvent("the body is not JSON") from None
    if not isinstance(envelope, dict):
        raise UnreadableEvent("the body is not a JSON object")
    name = _name(envelope)
    content = _content(envelope)
    if name in _CONTACT_EVENTS:
        return _contact_event(name, envelope, content)
    direction = _direction(name, content)
    if direction is None:
        return UnknownEvent(name=name, raw=envelope)
    return read_message(content, direction=direction, envelope=envelope)


def message_from_data(data: JsonObject) -> MessageEvent | None:
    """Read one message as a history lists it: the `data` of a delivery without its envelope.

    None where the direction is missing, for then nobody can tell who wrote it.
    """
    data = storable(data)
    direction = _direction("", data)
    return None if direction is None else read_message(data, direction=direction, envelope={})


def _name(envelope: JsonObject) -> str:
    """Return the event's name: a word with a dot, or one that is no kind of message."""
    for key in ("event", "type"):
        word = as_word(envelope.get(key))
        if word:
            return word
    return ""


def _content(envelope: JsonObject) -> JsonObject:
    """Return what the event is about; an object with nothing in it is not it."""
    found = (as_object(envelope.get(key)) for key in _CONTENT_KEYS)
    return next(filter(None, found), envelope)


def _direction(name: str, content: JsonObject) -> Direction | None:
    """Return the direction of a message event, None where it is no message event."""
    if name in _MESSAGE_EVENTS:
        return Direction(name.partition(".")[2])
    # Another event about a message, such as a note, has a dotted name of its own.
    if "." in name:
        return None
    word = as_word(content.get("direction"))
    return Direction(word) if word in tuple(Direction) else None


def read_message(
    content: JsonObject, *, direction: Direction, envelope: JsonObject
) -> MessageEvent:
    """Read the content of a message event, under any of the known names of its parts."""
    uuid, number = message_identifiers([content])
    word = _status_word(content)
    customer, business = _phones(content, direction)
    contact = content.get("contact")
    created_at = _created_at(content, envelope)
    status = message_status(word)
    is_inbound = direction is Direction.INBOUND
    media = read_media(content)
    kind = kind_of(content, media, is_inbound=is_inbound)
    return MessageEvent(
        direction=direction,
        uuid=uuid,
        id=number,
        status=status,
        status_word=as_text(word) or "",
        phone=customer,
        business_phone=business,
        text=_text(content, kind),
        content_type=as_word(content.get("content_type")),
        kind=kind,
        details=read_details(content, kind, is_inbound=is_inbound),
        payload=_payload(content, is_inbound=is_inbound),
        reply_to=_reply_to(content, envelope),
        metadata=_metadata(content, envelope),
        error_code=_error_code(content),
        error_text=as_text(content.get("send_error_message")) or None,
        occurred_at=_occurred_at(content, envelope, direction, status) or created_at,
        created_at=created_at,
        template_id=_id_of(content.get("template")),
        media=media,
        contact_id=_id_of(contact),
        user_id=_user_id(content) if is_inbound else None,
        event_uuid=as_text(envelope.get("event_uuid")),
        raw=envelope or content,
    )


def _status_word(content: JsonObject) -> object:
    """Return the word under the first name that holds one: a null or "---" says nothing."""
    words = [content.get(key) for key in _STATUS_KEYS]
    return next((word for word in words if as_word(word).strip("-")), words[0])


def _contact_event(name: str, envelope: JsonObject, content: JsonObject) -> ContactEvent:
    contact = content.get("contact")
    person = contact if isinstance(contact, dict) else content
    return ContactEvent(
        kind=name.partition(".")[2],
        contact_id=_id_of(contact) or _id_of(content),
        phone=normalise(person.get("phone")),
        raw=envelope,
    )


def _id_of(value: object) -> int | None:
    """Return the id of a relation, which comes as an id or as an object, as asked by `expands`."""
    number = as_int(value.get("id")) if isinstance(value, dict) else as_int(value)
    return number if number is not None and abs(number) <= _LARGEST_ID else None


def _phones(content: JsonObject, direction: Direction) -> tuple[str | None, str | None]:
    """Return (customer, business). Only the customer's side has other places to look at."""
    sender = normalise(content.get("from_phone")) or normalise(content.get("from"))
    recipient = normalise(content.get("to_phone")) or normalise(content.get("to"))
    customer, business = (
        (sender, recipient) if direction is Direction.INBOUND else (recipient, sender)
    )
    elsewhere = (
        as_object(content.get("contact")).get("phone"),
        content.get("wa_id"),
        content.get("chat_id"),
        content.get("phone"),
    )
    customer = customer or next(filter(None, map(normalise, elsewhere)), None)
    return customer, business


def _user_id(content: JsonObject) -> str | None:
    """Return WhatsApp's id of the customer, beside the message or in its contact."""
    return first_text(content, _USER_KEYS) or first_text(
        as_object(content.get("contact")), _USER_KEYS
    )


def _created_at(content: JsonObject, envelope: JsonObject) -> datetime | None:
    """Return when the message was made: milliseconds, ISO text, or the time of the delivery."""
    own = None if content is envelope else as_moment(content.get("timestamp"))
    places = (as_moment(content.get(key)) for key in _CREATED_KEYS)
    return own or next(filter(None, places), None) or as_moment(envelope.get("timestamp"))


def _occurred_at(
    content: JsonObject, envelope: JsonObject, direction: Direction, status: MessageStatus | None
) -> datetime | None:
    """Return when this news arose. Spoki leaves its own datetimes null now and then."""
    if direction is Direction.INBOUND:
        # The same message comes again when it is updated, with the moment at which it was made.
        return as_moment(envelope.get("timestamp"))
    at = None
    if status is MessageStatus.SENT:
        at = as_moment(content.get("sent_datetime"))
    elif status is MessageStatus.DELIVERED:
        at = as_moment(content.get("delivered_datetime"))
    return at or as_moment(envelope.get("timestamp"))


def _text(content: JsonObject, kind: ContentKind) -> str | None:
    """Return what was written; the sign of a reaction is no text, or it would answer a question."""
    if kind is ContentKind.REACTION:
        return None
    own = first_text(content, _TEXT_KEYS)
    return own or read_choice_title(content) or _caption(content) or own


def _payload(content: JsonObject, *, is_inbound: bool) -> str | None:
    return (read_choice_payload(content) if is_inbound else as_text(content.get("payload"))) or None


def _caption(content: JsonObject) -> str | None:
    """Return the caption that stands in the object of a file (Meta, Messages webhook)."""
    holders = (as_object(content.get(key)) for key in ("image", "video", "document"))
    return next((text for holder in holders if (text := first_text(holder, ("caption",)))), None)


def _reply_to(content: JsonObject, envelope: JsonObject) -> str | None:
    told = first_text(content, _REPLY_KEYS) or first_text(envelope, _REPLY_KEYS)
    if told:
        return normalise_uuid(told)
    for key in _REPLY_HOLDERS:
        value = content.get(key)
        found = as_text(value) or first_text(as_object(value), _QUOTED_KEYS)
        if found:
            return normalise_uuid(found)
    return None


def _metadata(content: JsonObject, envelope: JsonObject) -> Mapping[str, object]:
    value = content.get("metadata") or envelope.get("metadata")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return as_object(value)


def _error_code(content: JsonObject) -> str | None:
    fields = ("error_code", "send_error_message")
    return error_code({key: content.get(key) for key in fields})
