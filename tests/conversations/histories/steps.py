"""A conversation as it truly was, and the ways in which it may be told."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from conversations import deliveries, intake
from conversations.models import HistoryUpload, Message, SpokiDelivery
from conversations.timeline import timeline_page
from conversations.upload import taking
from spoki import HistoryPage
from tests.conftest import NOW
from tests.conversations import payloads
from tests.factories.campaigns import make_message, make_user

ROME = ZoneInfo("Europe/Rome")
PHONE = payloads.PHONE
BUSINESS = payloads.BUSINESS
START = NOW - timedelta(days=400)


class Turns:
    """A turn that ends after so many looks at the clock."""

    def __init__(self, looks=1_000):
        self.looks = looks

    def left(self):
        self.looks -= 1
        return 1.0 if self.looks >= 0 else 0.0

    def wait(self, seconds):
        return False


@dataclass(frozen=True)
class Said:
    """One message that exists on WhatsApp."""

    number: int
    is_inbound: bool
    at: datetime
    text: str

    @property
    def uuid(self) -> str:
        return f"{self.number + 0xABC0:032x}"

    @property
    def place(self) -> tuple[str, bool, str]:
        return f"{self.at:%Y-%m-%d %H:%M}", self.is_inbound, self.text


def row(one: Said, **changes: Any) -> dict[str, Any]:
    """The message as a history lists it."""
    people = (PHONE, BUSINESS) if one.is_inbound else (BUSINESS, PHONE)
    return {
        "uuid": one.uuid,
        "direction": "Inbound" if one.is_inbound else "Outbound",
        "content_type": "Text",
        "from_phone": people[0],
        "to_phone": people[1],
        "text": one.text,
        "send_status": "---" if one.is_inbound else "Read",
        "created_datetime": one.at.isoformat(),
    } | changes


def page(*rows: dict[str, Any], more: bool = False) -> HistoryPage:
    return HistoryPage.from_payload({"next": "more" if more else None, "results": list(rows)})


def deliver(one: Said) -> None:
    """The webhook of the message, processed."""
    event = "message.inbound" if one.is_inbound else "message.outbound"
    body = payloads.delivery(event, at=one.at, uuid=one.uuid, text=one.text)
    key = deliveries.store_delivery(body=body, now=NOW)
    if key is not None:
        # By then no send of ours still waits for its identifier.
        kept = SpokiDelivery.objects.get(pk=key)
        intake.process_delivery(delivery_id=kept.pk, now=kept.received_at + timedelta(minutes=11))


def send(contact, one: Said, *, is_known: bool = True):
    """Our sender's own record; Spoki's identifier may be missing."""
    return make_message(
        contact=contact,
        kind="text",
        text=one.text,
        params={},
        status="delivered" if is_known else "accepted",
        created_at=one.at,
        sending_at=one.at,
        provider_uuid=one.uuid if is_known else None,
    )


def export(messages, *, delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    """The chat as CSV, to the minute, in Italian."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["Data", "Ora", "Direzione", "Testo"])
    for one in sorted(messages, key=lambda one: (one.at, one.number)):
        at = one.at.astimezone(ROME)
        side = "Ricevuto" if one.is_inbound else "Inviato"
        writer.writerow([f"{at:%d/%m/%Y}", f"{at:%H:%M}", side, one.text])
    return text.getvalue().encode(encoding)


def bring(contact, content: bytes, *, by=None, name="chat.csv") -> HistoryUpload:
    """Upload the file and confirm it."""
    by = by or make_user()
    kept = taking.receive(contact=contact, content=content, name=name, by=by, now=NOW)
    taking.take(upload_id=kept.pk, by=by, now=NOW)
    kept.refresh_from_db()
    return kept


def shown(contact) -> list[tuple[str, bool, str]]:
    """The whole timeline: minute, direction and words of each message, oldest first."""
    entries = timeline_page(contact=contact, limit=1_000, now=timezone.now()).entries
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    return [(f"{entry.at:%Y-%m-%d %H:%M}", entry.is_inbound, entry.text) for entry in entries]


def stored() -> int:
    return Message.objects.count()
