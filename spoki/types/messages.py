"""Messages as we send them, and Spoki's answer to a send. https://api.spoki.com/api/1/messages/send/

The dataclasses hide phone numbers, values and texts from their `repr`, because reprs end in logs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from spoki.reading import JsonObject, as_int, as_object, as_word, is_uuid, normalise_uuid
from spoki.refusals import error_code
from spoki.types.media import Media

_UUID_KEYS = ("uuid", "message_uuid")
_ID_KEYS = ("id", "message_id", "messageId")
_CONTAINERS = ("message", "data", "result")
_HELD = "held_for_quality_assessment"


class MessageStatus(StrEnum):
    """How far a message went. `unknown` is a word we have not met: it changes no state."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


_STATUS = {
    "pending": MessageStatus.PENDING,
    "queued": MessageStatus.PENDING,
    "accepted": MessageStatus.PENDING,
    "scheduled": MessageStatus.PENDING,
    # Meta holds the message while it judges the template; it may still go out.
    _HELD: MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "seen": MessageStatus.READ,
    "error": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
    "rejected": MessageStatus.FAILED,
    "undelivered": MessageStatus.FAILED,
    "undeliverable": MessageStatus.FAILED,
    "not delivered": MessageStatus.FAILED,
    "not_delivered": MessageStatus.FAILED,
}


def message_status(raw: object) -> MessageStatus | None:
    """Return our name for Spoki's word, None where it has none ("---" on inbound messages)."""
    word = as_word(raw)
    if not word.strip("-"):
        return None
    return _STATUS.get(word, MessageStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ButtonPayload:
    """What a tap on the quick reply at position `order` (from 0) sends back to us."""

    order: int
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSend:
    """A template to one person. `phone` is E.164; `variables` are code → value, none empty."""

    phone: str = field(repr=False)
    template_id: int
    language: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    buttons: Sequence[ButtonPayload] = ()
    channel_id: int | None = None
    header_media: Media | None = None
    header_media_set: Sequence[Media] = ()
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    def to_payload(self) -> dict[str, object]:
        """Return the body of the call. Optional keys without a value are left out."""
        payload: dict[str, object] = {
            "type": "Template",
            "phone": self.phone,
            "template": self.template_id,
            "language": self.language.upper(),
            "custom_fields": dict(self.variables),
        }
        if self.metadata:
            payload["metadata"] = dict(self.metadata)
        if self.buttons:
            payload["buttons"] = [{"order": b.order, "payload": b.payload} for b in self.buttons]
        if self.header_media is not None:
            payload["header_media"] = self.header_media.to_payload()
        if self.header_media_set:
            payload["header_media_set"] = [media.to_payload() for media in self.header_media_set]
        if self.channel_id is not None:
            payload["channel_id"] = self.channel_id
        for key in ("first_name", "last_name", "email"):
            if value := getattr(self, key):
                payload[key] = value
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSend:
    """A free text, valid only within 24 hours of the customer's last message."""

    phone: str = field(repr=False)
    text: str = field(repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    channel_id: int | None = None

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {
            "type": "Message",
            "content_type": "Text",
            "phone": self.phone,
            "text": self.text,
        }
        if self.metadata:
            payload["metadata"] = dict(self.metadata)
        if self.channel_id is not None:
            payload["channel_id"] = self.channel_id
        return payload


@dataclass(frozen=True, slots=True)
class ReplyButton:
    """A button of a free message: at most 20 characters, at most 3 of them."""

    text: str
    payload: str


@dataclass(frozen=True, slots=True)
class MenuRow:
    title: str
    payload: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class MenuSection:
    title: str
    rows: Sequence[MenuRow]


@dataclass(frozen=True, slots=True)
class Menu:
    """A list message: `title` is the word on the button that opens it."""

    title: str
    sections: Sequence[MenuSection]

    def to_payload(self) -> dict[str, object]:
        return {
            "title": self.title,
            "sections": [
                {
                    "title": section.title,
                    "rows": [
                        {"title": row.title, "description": row.description, "payload": row.payload}
                        for row in section.rows
                    ],
                }
                for section in self.sections
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveSend:
    """A free text with reply buttons, or with a menu where one is given."""

    phone: str = field(repr=False)
    text: str = field(repr=False)
    buttons: Sequence[ReplyButton] = ()
    menu: Menu | None = None
    header: str | None = field(default=None, repr=False)
    footer: str | None = field(default=None, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    channel_id: int | None = None

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {
            "type": "Message",
            "content_type": "Interactive" if self.menu is None else "List",
            "phone": self.phone,
            "text": self.text,
        }
        if self.menu is not None:
            payload["list"] = self.menu.to_payload()
        else:
            payload["buttons"] = [
                {
                    "button_type": "quick_reply",
                    "text": button.text,
                    "order": order,
                    "payload": button.payload,
                }
                for order, button in enumerate(self.buttons)
            ]
        if self.header:
            payload["header"] = {"format": "text", "text": self.header}
        if self.footer:
            payload["footer"] = {"text": self.footer}
        if self.metadata:
            payload["metadata"] = dict(self.metadata)
        if self.channel_id is not None:
            payload["channel_id"] = self.channel_id
        return payload


AnySend = TemplateSend | TextSend | InteractiveSend


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """Spoki's answer to a send that was not refused.

    `uuid` is 32 hex digits in lower case; `id` is Spoki's number as text. Without either
    (`is_confirmed` False) nobody knows what became of the message: it must never be sent again.
    `is_held`: Meta keeps the message back while it judges the template.
    """

    uuid: str | None
    id: str | None
    status: MessageStatus | None = None
    is_held: bool = False
    error_code: str | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_confirmed(self) -> bool:
        return self.uuid is not None or self.id is not None

    @classmethod
    def from_payload(cls, payload: JsonObject) -> "SendReceipt":
        """Read an answer in any of the seen forms; identifiers may lie one level deeper."""
        layers = [payload, *(as_object(payload.get(key)) for key in _CONTAINERS)]
        uuid, number = message_identifiers(layers)
        words = (layer.get(key) for layer in layers for key in ("message_status", "status"))
        word = next((word for word in words if isinstance(word, str)), None)
        status = message_status(word)
        return cls(
            uuid=uuid,
            id=number,
            status=status,
            is_held=as_word(word).startswith("held"),
            error_code=error_code(payload) if status is MessageStatus.FAILED else None,
            raw=payload,
        )


def message_identifiers(layers: Sequence[JsonObject]) -> tuple[str | None, str | None]:
    """Return (uuid, id) from the first layer that has each; a uuid may hide under an id's name."""
    uuid = number = None
    for layer in layers:
        for key in _UUID_KEYS:
            uuid = uuid or normalise_uuid(layer.get(key))
        for key in _ID_KEYS:
            value = normalise_uuid(layer.get(key))
            if value is not None and is_uuid(value):
                uuid = uuid or value
            else:
                number = number or value or _number_as_text(layer.get(key))
    return uuid, number


def _number_as_text(value: object) -> str | None:
    number = as_int(value)
    return None if number is None else str(number)
