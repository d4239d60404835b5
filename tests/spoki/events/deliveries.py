"""Deliveries as Spoki documents them, and readers of changed ones."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from spoki.events import parse

UUID = "0f0e0d0c0b0a09080706050403020100"
DELIVERED: dict[str, Any] = {
    "version": 2,
    "event": "message.outbound",
    "event_uuid": "0f0e0d0c-0b0a-0908-0706-050403020100",
    "timestamp": 1790000010.5,
    "data": {
        "uuid": UUID,
        "direction": "Outbound",
        "type": "Message",
        "content_type": "Text",
        "from_phone": "390000000000",
        "to_phone": "+393330000001",
        "text": "Ciao",
        "send_status": "Delivered",
        "send_error_message": None,
        "error_code": None,
        "created_datetime": "2026-09-21T14:13:20.000000+00:00",
        "sent_datetime": None,
        "delivered_datetime": None,
        "timestamp": 1790000000125,
        "metadata": {"msg": "8f2c6a0e"},
    },
}
INBOUND: dict[str, Any] = {
    "version": 2,
    "event": "message.inbound",
    "timestamp": 1790000100.0,
    "data": {
        "uuid": UUID,
        "direction": "Inbound",
        "content_type": "Text",
        "from_phone": "+393330000001",
        "to_phone": "390000000000",
        "text": "Confermo",
        "payload": "confirm:8f2c",
        "send_status": "---",
        "replyToMessageUid": "AAAAAAAA-0b0a-0908-0706-050403020100",
        "timestamp_ms": 1790000099500,
        "mediamessage_set": [],
        "contact": {"id": 501, "phone": "+393330000001"},
    },
}


def read(payload):
    return parse(json.dumps(payload).encode())


def changed(payload, **data):
    return {**payload, "data": {**payload["data"], **data}}


def without(payload, *keys):
    kept = {key: value for key, value in payload["data"].items() if key not in keys}
    return {**payload, "data": kept}


def at(seconds):
    return datetime.fromtimestamp(seconds, tz=UTC)


keys = st.sampled_from(
    [
        *("event", "type", "data", "message", "payload", "result", "uuid", "id", "direction"),
        *("send_status", "status", "from_phone", "from", "to_phone", "contact", "timestamp"),
        *("timestamp_ms", "created_at", "metadata", "mediamessage_set", "template", "text"),
        *("error_code", "send_error_message", "replyToMessageUid", "content_type", "wa_id"),
    ]
)
