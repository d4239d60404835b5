"""Messages of the past, as somebody tells of them: what the history then lists, and what a webhook once delivered."""

from datetime import datetime
from typing import Any

from spoki.simulator.messages import STATUS_OF_INBOUND, Message, shown
from spoki.simulator.wire import Json

# What may be told of a message beside its phone, side and moment, and is kept as it is told.
_TOLD = (
    "text", "header", "footer", "buttons", "payload", "reply_to", "media", "extra", "template",
    "metadata", "error_code", "error_text",
)  # fmt: skip


def past_message(row: Json, *, uuid: str, number: int, business: str, now: float) -> Message:
    """Return the message that `row` tells of: `phone`, `inbound`, `at` (epoch or ISO), and whatever else it says.

    One of ours was read, unless `status` says otherwise.
    """
    at: Any = row.get("at", now)
    created = datetime.fromisoformat(at).timestamp() if isinstance(at, str) else float(at)
    is_inbound = bool(row.get("inbound"))
    message = Message(
        uuid=uuid,
        id=number,
        phone=str(row["phone"]),
        business=business,
        created=created,
        is_inbound=is_inbound,
        content_type=str(row.get("content_type", "Text")),
        status=STATUS_OF_INBOUND if is_inbound else str(row.get("status", "Read")),
        **{name: row[name] for name in _TOLD if row.get(name) is not None},
    )
    if not is_inbound and message.error_code is None:
        message.sent = message.delivered = message.read = created
    return message


def delivery_of(row: Json, *, uuid: str, business: str, now: float) -> Json:
    """Return the body that a webhook carried at `now` (epoch seconds) for a message of the past."""
    message = past_message(row, uuid=uuid, number=0, business=business, now=now)
    side = "inbound" if message.is_inbound else "outbound"
    return {
        "version": 2,
        "event": f"message.{side}",
        "event_uuid": uuid,
        "timestamp": round(now, 3),
        "data": shown(message, null_datetimes=False),
    }
