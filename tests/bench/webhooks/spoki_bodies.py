"""Deliveries as Spoki makes them: news of messages, each of another one."""

import json
import time
from typing import Any

from spoki.signature import HEADER, sign

SECRET = "whsec_bench_0123456789"
PATH = "/webhooks/spoki/"
_END = b"\r\n\r\n"


def status(uuid: str, phone: str, word: str = "Delivered", **changes: Any) -> bytes:
    """Return the body of one status, of about seven hundred bytes."""
    now = time.time()
    data = {
        "uuid": uuid,
        "direction": "Outbound",
        "type": "Template",
        "content_type": "Template",
        "from_phone": "390000000000",
        "to_phone": phone,
        "text": "Ciao Giulia, per Argo è arrivato il suo umido preferito: fino a domenica ha il 20% di sconto.",
        "send_status": word,
        "send_error_message": None,
        "error_code": None,
        "created_datetime": "2026-09-21T14:13:20.000000+00:00",
        "sent_datetime": None,
        "delivered_datetime": None,
        "timestamp": int(now * 1000),
        "chat_id": f"{phone.lstrip('+')}@c.us",
        "mediamessage_set": [],
        "template": 1001,
    } | changes
    envelope = {
        "version": 2, "event": "message.outbound", "event_uuid": uuid, "timestamp": now, "data": data,
    }  # fmt: skip
    return json.dumps(envelope).encode()


def request(number: int, *, host: str) -> bytes:
    """Return a whole delivery of its own, signed now."""
    body = status(f"{time.time_ns() & 0xFFFFFFFF:08x}{number:024x}", f"+39347{number % 10**7:07d}")
    return request_of(body, host=host)


def request_of(body: bytes, *, host: str) -> bytes:
    lines = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"{HEADER}: {sign(SECRET, int(time.time()), body)}",
    )
    return "\r\n".join(lines).encode() + _END + body
