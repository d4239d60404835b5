"""What was said, let in by the doors that it comes by: webhook bodies, the reply box's service, receipts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.auth.models import User

from audiences.models import Contact
from campaigns.flows.passing import pass_on
from campaigns.models import Flow, FlowEntry, Lane, OutboundMessage, WhatsAppNumber
from config.demo.chats.script import Chat, Line, Side
from conversations import deliveries
from conversations.intake import process_delivery
from conversations.models import SpokiDelivery
from conversations.notes import write_note
from conversations.replies import send_text
from conversations.timeline.ours import words_of
from orders.cod.rounds import subject_of
from orders.models import Order
from spoki.simulator.past import delivery_of

# Spoki's webhook comes so long after what it tells of.
_LATER: Final = timedelta(seconds=2)
_QUESTION: Final = "cod_confirmation"


class NotTaken(Exception):
    """A line of the demo's conversations was not understood by the house: the demo would tell a lie."""


def uuid_of(chat: Chat, place: int | str) -> str:
    """Return Spoki's name of a line, the same at every start."""
    return uuid5(NAMESPACE_URL, f"zampa.example/{chat.digits}/{place}").hex


def row_of(chat: Chat, place: int) -> dict[str, Any]:
    """Return what Spoki says of a line, beside when it was; see `spoki.simulator.past`."""
    line = chat.lines[place]
    told = dict(line.told)
    quoted = told.pop("to_line", None)
    quoted_uuid = None if quoted is None else uuid_of(chat, quoted)
    row = {"phone": chat.phone, "inbound": line.side is Side.CUSTOMER, "text": line.text}
    if sign := told.pop("reaction", ""):
        row["extra"] = {"reaction": {"emoji": sign, "message_id": quoted_uuid}}
    elif quoted_uuid:
        row["reply_to"] = quoted_uuid
    if name := told.pop("picture", ""):
        row["media"] = [{"media": f"{settings.SPOKI_BASE_URL}/_media/{name}", "content_type": "image/png", "filename": name}]  # fmt: skip
    return row | told


@dataclass(frozen=True, slots=True)
class Teller:
    """Lets everything in as it was before `base`, by our `number`; `colleagues` by their login."""

    number: WhatsAppNumber
    colleagues: Mapping[str, User]
    base: datetime

    def tell(self, chat: Chat, contact: Contact) -> None:
        """:raises NotTaken: naming the line that the house did not take."""
        if chat.cod_cents:
            self._ask_at_the_door(chat, contact)
        for place, line in enumerate(chat.lines):
            at = self.base - line.ago
            if line.side is Side.NOTE:
                write_note(contact=contact, text=line.text, by=self.colleagues[line.by], now=at)
            elif line.side is Side.AGENT:
                self._answer(chat, contact, place, line)
            elif line.is_known:
                self._take(row_of(chat, place), uuid_of(chat, place), at=at)
                self._let_leave(chat, contact, uuid_of(chat, f"{place}+"), at=at + _LATER)

    def _answer(self, chat: Chat, contact: Contact, place: int, line: Line) -> None:
        at = self.base - line.ago
        contact.refresh_from_db()
        send_text(
            contact=contact,
            text=line.text,
            key=UUID(uuid_of(chat, f"{place}:click")),
            by=self.colleagues[line.by],
            now=at,
        )
        self._let_leave(chat, contact, uuid_of(chat, place), at=at, error=line.error)

    def _ask_at_the_door(self, chat: Chat, contact: Contact) -> None:
        """The question of the flow, as it comes with the order; nothing where the flow is not there."""
        order = Order.objects.filter(contact=contact, is_cod=True).first()
        flow = Flow.objects.filter(shipped_key=_QUESTION, status=Flow.Status.ENABLED).first()
        if order is None or flow is None:
            return
        at = order.placed_at + timedelta(minutes=5)
        version = flow.versions.latest("pk")
        entry = FlowEntry.objects.create(
            flow=flow,
            version=version,
            subject=subject_of(order.pk),
            contact=contact,
            happened_at=order.placed_at,
            due_at=at,
        )
        pass_on([entry], now=at)
        self._let_leave(chat, contact, uuid_of(chat, "question"), at=at)

    def _let_leave(
        self, chat: Chat, contact: Contact, uuid: str, *, at: datetime, error: str = ""
    ) -> None:
        """What waits for her leaves as if it were its time, and is read, or fails with `error`."""
        waiting = OutboundMessage.objects.filter(contact=contact, status="queued").exclude(
            lane=Lane.MARKETING
        )
        message = waiting.order_by("pk").first()
        if message is None:
            return
        OutboundMessage.objects.filter(pk=message.pk).update(
            status=OutboundMessage.Status.ACCEPTED,
            attempts=1,
            sending_at=at,
            accepted_at=at + timedelta(milliseconds=400),
            provider_uuid=uuid,
        )
        row = {
            "phone": chat.phone,
            "text": words_of(message),
            "metadata": {"msg": str(message.key)},
            "status": "Error" if error else "Read",
            "error_code": error or None,
        }
        self._take(row, uuid, at=at, told_at=at + timedelta(minutes=3))

    def _take(
        self, row: dict[str, Any], uuid: str, *, at: datetime, told_at: datetime | None = None
    ) -> None:
        """Let the webhook's body in as it came; told again it changes nothing."""
        now = min(told_at or at + _LATER, self.base)
        body = delivery_of(
            row | {"at": at.timestamp()},
            uuid=uuid,
            business=self.number.phone.lstrip("+"),
            now=now.timestamp(),
        )
        delivery_id = deliveries.store_delivery(body=json.dumps(body).encode(), now=now)
        if delivery_id is None:
            return
        process_delivery(delivery_id=delivery_id, now=now)
        delivery = SpokiDelivery.objects.get(pk=delivery_id)
        if delivery.state != SpokiDelivery.State.DONE:
            raise NotTaken(f"{uuid}: {delivery.state} {delivery.outcome} {delivery.error}")
