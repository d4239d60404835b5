"""Messages of every conversation, with what a webhook and the history say of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spoki.simulator.clock import iso
from spoki.simulator.wire import Json, digits

STATUS_OF_INBOUND = "---"


@dataclass(slots=True)
class Message:
    """`phone` is the customer's, `business` the number of the account; times are epoch seconds."""

    uuid: str
    id: int
    phone: str
    business: str
    created: float
    is_inbound: bool = False
    type: str = "Message"
    content_type: str = "Text"
    text: str = ""
    header: str = ""
    footer: str = ""
    buttons: list[Json] = field(default_factory=list)
    payload: str | None = None
    reply_to: str | None = None
    media: list[Json] = field(default_factory=list)
    # What else a delivery says of it: a place, people, a reaction.
    extra: Json = field(default_factory=dict)
    template: int | None = None
    category: str = ""
    language: str = ""
    metadata: Json = field(default_factory=dict)
    status: str = "Pending"
    error_code: str | None = None
    error_text: str | None = None
    is_billable: bool = False
    sent: float | None = None
    delivered: float | None = None
    read: float | None = None
    version: int = 0


class MessageBook:
    def __init__(self, *, first_id: int) -> None:
        self.by_uuid: dict[str, Message] = {}
        self._by_digits: dict[str, list[Message]] = {}
        # Ordered by last activity: a conversation moves to the end when something happens in it.
        self._recent: dict[str, None] = {}
        self._last_inbound: dict[str, float] = {}
        self.next_id = first_id
        self.version = 0

    def add(self, message: Message) -> None:
        key = digits(message.phone)
        self.by_uuid[message.uuid] = message
        self._by_digits.setdefault(key, []).append(message)
        if message.is_inbound:
            self._last_inbound[key] = max(message.created, self._last_inbound.get(key, 0.0))
        self.touch(message)

    def touch(self, message: Message) -> None:
        key = digits(message.phone)
        self._recent.pop(key, None)
        self._recent[key] = None
        self.version += 1
        message.version = self.version

    def with_phone(self, phone: str) -> list[Message]:
        return self._by_digits.get(digits(phone), [])

    def recent_phones(self) -> Iterator[str]:
        """The digits of every conversation, the one where something happened last first."""
        return reversed(self._recent)

    def has_open_window(self, phone: str, *, now: float, seconds: float) -> bool:
        last = self._last_inbound.get(digits(phone))
        return last is not None and now - last < seconds


def shown(message: Message, *, null_datetimes: bool, with_template: bool = True) -> Json:
    """The `data` object of a delivery. The business side is printed without `+`."""
    data: dict[str, Any] = {
        "uuid": message.uuid,
        "direction": "Inbound" if message.is_inbound else "Outbound",
        "type": message.type,
        "content_type": message.content_type,
        "from_phone": message.phone if message.is_inbound else message.business,
        "to_phone": message.business if message.is_inbound else message.phone,
        "text": message.text,
        "send_status": message.status,
        "send_error_message": message.error_text,
        "error_code": message.error_code,
        "payload": message.payload,
        "created_datetime": iso(message.created),
        "chat_id": f"{digits(message.phone)}@c.us",
        "mediamessage_set": message.media,
        **message.extra,
    }
    if message.is_inbound:
        data["timestamp_ms"] = int(message.created * 1000)
        data["replyToMessageUid"] = message.reply_to
        return data
    data["timestamp"] = int(message.created * 1000)
    data["metadata"] = message.metadata
    for name, at in (("sent_datetime", message.sent), ("delivered_datetime", message.delivered)):
        data[name] = None if null_datetimes or at is None else iso(at)
    if message.template is not None and with_template:
        data["template"] = message.template
    return data
