"""Deliveries as Spoki writes them, and a post of one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from conversations import deliveries, intake
from conversations.models import SpokiDelivery
from spoki.signature import HEADER, sign
from tests.conftest import NOW

URL = "/webhooks/spoki/"
SECRET = "whsec_test"
PHONE = "+393470009999"
BUSINESS = "390200000001"
UUID = "0f0e0d0c0b0a09080706050403020100"


def delivery(event: str, *, at: datetime = NOW, **data: Any) -> bytes:
    """The body of a delivery of `event` about a message of customer PHONE written at `at`."""
    is_inbound = event == "message.inbound"
    moment = {
        "timestamp_ms" if is_inbound else "timestamp": int(at.timestamp() * 1000),
    }
    people = (PHONE, BUSINESS) if is_inbound else (BUSINESS, PHONE)
    content = {
        "uuid": UUID,
        "direction": "Inbound" if is_inbound else "Outbound",
        "type": "Message",
        "content_type": "Text",
        "from_phone": people[0],
        "to_phone": people[1],
        "text": "Ciao",
        "send_status": "---" if is_inbound else "Sent",
        "send_error_message": None,
        "error_code": None,
        **moment,
    } | data
    envelope = {
        "version": 2,
        "event": event,
        "event_uuid": "0f0e0d0c-0b0a-0908-0706-050403020100",
        "timestamp": at.timestamp(),
        "data": content,
    }
    return json.dumps(envelope).encode()


def inbound(text: str = "Ciao", **data: Any) -> bytes:
    return delivery("message.inbound", text=text, **data)


def outbound(status: str = "Sent", **data: Any) -> bytes:
    return delivery("message.outbound", send_status=status, **data)


def post(client: Any, body: bytes, *, secret: str = SECRET, at: datetime | None = None) -> Any:
    """Post `body` as Spoki does; the signature's time is the present one unless `at` is given."""
    moment = at or datetime.now(UTC)
    header = sign(secret, int(moment.timestamp()), body)
    return client.post(URL, data=body, content_type="application/json", headers={HEADER: header})


def receive(body: bytes, *, now: datetime = NOW) -> SpokiDelivery:
    """Store and process `body` at `now`; return the row."""
    delivery_id = deliveries.store_delivery(body=body, now=now)
    if delivery_id is not None:
        intake.process_delivery(delivery_id=delivery_id, now=now)
    return SpokiDelivery.objects.latest("pk")


def process(row: SpokiDelivery, *, now: datetime) -> SpokiDelivery:
    intake.process_delivery(delivery_id=row.pk, now=now)
    row.refresh_from_db()
    return row


def after(**passed: int) -> datetime:
    return NOW + timedelta(**passed)
