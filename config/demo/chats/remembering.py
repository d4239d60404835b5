"""What the simulated Spoki remembers: it keeps nothing by itself, so it is told at every start.

Its history is longer than ours on purpose: opening a card has something to fetch.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

from audiences.models import ConsentState, Contact
from campaigns.models import Lane, OutboundMessage
from campaigns.sender.post import buttons_of
from config.demo.chats.script import CHATS, Chat
from config.demo.chats.telling import row_of, uuid_of
from conversations.models import Conversation, Message
from conversations.timeline.ours import words_of
from spoki.simulator import Control
from templates_sync.wording import QUICK_REPLY

# People with whom something was written last; a demo that somebody plays with for weeks stays quick to start.
MOST_PEOPLE: Final = 300
_STATUS: Final = {ConsentState.GIVEN: "Subscribed", ConsentState.WITHDRAWN: "Unsubscribed"}
_WORDS: Final = {
    "image": "Image", "video": "Video", "document": "Document", "audio": "Audio", "location": "Location",
    "contact": "Contacts", "reaction": "Reaction", "list": "List",
}  # fmt: skip


def remind_spoki(control: Control) -> None:
    """Have the simulator know everybody who wrote, and what was said: its 24-hour windows open as ours are."""
    latest = Conversation.objects.order_by("-last_message_at").values_list("contact_id", flat=True)
    people = list(Contact.objects.filter(pk__in=list(latest[:MOST_PEOPLE])).exclude(phone=None))
    rows = chain(_theirs(people), _ours(people), _only_there())
    control.seed(
        contacts=[_contact(one) for one in people],
        messages=sorted(rows, key=lambda row: str(row["at"])),
    )


def _contact(one: Contact) -> dict[str, Any]:
    return {
        "phone": one.phone,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "email": one.email or None,
        "language": one.language,
        "status": _STATUS.get(ConsentState(one.marketing_consent), "Not Declared"),
    }


def _theirs(people: list[Contact]) -> Iterator[dict[str, Any]]:
    """What customers wrote, and others to them."""
    for message in Message.objects.filter(contact__in=people).exclude(phone="").order_by("at"):
        yield {
            "uuid": message.uuid,
            "phone": message.phone,
            "inbound": message.direction == Message.Direction.INBOUND,
            "at": message.at.isoformat(),
            "text": message.text,
            "content_type": _WORDS.get(message.content_type, "Text"),
            "payload": message.payload or None,
            "reply_to": message.reply_to or None,
            "media": [{**file, "media": file.get("url", "")} for file in message.media],
            "extra": _extra(message),
        }


def _extra(message: Message) -> dict[str, Any]:
    """What else it was: a place, people, a sign on another message, a choice."""
    details, extra = message.details, {}
    if "place" in details:
        extra["location"] = details["place"]
    if "people" in details:
        extra["contacts"] = details["people"]
    if "reaction" in details:
        extra["reaction"] = {"emoji": details["reaction"], "message_id": details.get("to", "")}
    if "choice" in details:
        extra["list_reply"] = details["choice"]
    return extra


def _ours(people: list[Contact]) -> Iterator[dict[str, Any]]:
    """What left from here; nothing of what nobody received."""
    left = OutboundMessage.objects.filter(contact__in=people, sending_at__isnull=False)
    left = left.exclude(provider_uuid=None).exclude(phone="")
    for message in left.select_related("template_version__template").order_by("sending_at"):
        version = message.template_version
        yield {
            "uuid": message.provider_uuid,
            "phone": message.phone,
            "at": (message.sending_at or message.created_at).isoformat(),
            "text": words_of(message),
            "buttons": _buttons(message),
            "template": version.template.spoki_id if version else None,
            "metadata": {"msg": str(message.key)},
            "status": _status(message),
            "error_code": message.error_code or None,
        }


def _buttons(message: OutboundMessage) -> list[dict[str, Any]]:
    """What she can tap, with what the sender put behind it: a tap on marketing is read by its words."""
    if (version := message.template_version) is None:
        shown = [
            (QUICK_REPLY, text, order) for order, text in enumerate(buttons_of(message.params))
        ]
    else:
        shown = [(one["type"], one["text"], int(one.get("order") or 0)) for one in version.buttons]
    is_named = message.lane != Lane.MARKETING
    return [
        {"type": kind, "text": text, "payload": f"{message.key.hex}:{order}" if is_named else None}
        for kind, text, order in shown
    ]


def _status(message: OutboundMessage) -> str:
    known = {"failed": "Error", "delivered": "Delivered", "read": "Read"}
    return known.get(message.status, "Sent")


def _only_there() -> Iterator[dict[str, Any]]:
    """What only Spoki has, dated from when the conversations were written down here."""
    for chat in CHATS:
        if (base := _base(chat)) is None:
            continue
        for place, line in enumerate(chat.lines):
            if not line.is_known:
                at = base - line.ago
                yield row_of(chat, place) | {
                    "uuid": uuid_of(chat, place),
                    "at": at.isoformat(),
                }


def _base(chat: Chat) -> datetime | None:
    """Return when the demo began, by the first line that both know; None where it was never told."""
    for place, line in enumerate(chat.lines):
        known = Message.objects.filter(uuid=uuid_of(chat, place)).first() if line.is_known else None
        if known is not None:
            return known.at + line.ago
    return None
