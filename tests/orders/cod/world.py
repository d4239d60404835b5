"""A shop that asks about its COD orders: flows switched on, a customer who agreed, taps and texts of hers."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from audiences.models import Contact
from campaigns.models import FlowEntry, Lane, OutboundMessage
from conversations import deliveries, intake
from orders.cod import follow
from orders.cod.question import PLACED, UNANSWERED
from orders.models import Order, Shop
from orders.shops import current_shop
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, inbound
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number
from tests.factories.flows import make_flow
from tests.factories.templates import make_version
from tests.orders.taking import bodies

PHONE = bodies.PHONE
_number = count(1)
VARIABLES = {
    "ORDER": {"parameter": "order.name"},
    "AMOUNT": {"parameter": "order.amount_due"},
    "WHAT": {"parameter": "order.summary"},
    "ADDRESS": {"parameter": "order.shipping_address"},
}
BODY = "Ordine %%ORDER%%: %%WHAT%%, %%AMOUNT%% da pagare alla consegna, %%ADDRESS%%. Confermi?"
BUTTONS: list[dict[str, Any]] = [
    {"order": order, "type": "quick_reply", "text": text, "url": "", "phone": ""}
    for order, text in enumerate(["Conferma", "Modifica", "Annulla"])
]


def after(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


FIVE = after(minutes=5)
SIX = after(minutes=6)


def open_shop(**changes: Any) -> Shop:
    """The shop and its number; `make_number` is what customers write to."""
    make_number(phone=f"+{BUSINESS}")
    Shop.objects.filter(pk=current_shop().pk).update(**changes)
    return current_shop()


def switch_on(trigger: str = PLACED, **changes: Any) -> Any:
    """A flow that asks, enabled since yesterday."""
    version = changes.pop("template_version", None) or make_version(
        category="utility", body=BODY, buttons=BUTTONS, footer=""
    )
    fields = {
        "trigger": trigger,
        "template_version": version,
        "variables": VARIABLES,
        "enabled": True,
        "enabled_at": after(days=-1),
    }
    return make_flow(**fields | changes)


def switch_both_on() -> None:
    switch_on(PLACED)
    switch_on(UNANSWERED)


def customer(**changes: Any) -> Contact:
    """Whoever orders in `bodies`, and agreed to order messages."""
    fields = {"phone": PHONE, "orders_consent": "given", "marketing_consent": "unknown"}
    return make_contact(**fields | changes)


def hear(topic: str, body: dict[str, Any], *, now: datetime = NOW) -> None:
    """Hear of something as `orders.intake` does: in a transaction of its own."""
    with transaction.atomic():
        bodies.hear(topic, body, now=now)


def place(*, now: datetime = NOW, topic: str = "orders/create", **changes: Any) -> Order:
    """Hear of an order; return it as it is then."""
    body = bodies.order(**changes)
    hear(topic, body, now=now)
    return Order.objects.get(shopify_id=body["id"])


def change(*, minutes: float, **changes: Any) -> Order:
    """Hear of a later state of the order, `minutes` after NOW."""
    moment = bodies.at(minutes=minutes)
    return place(topic="orders/updated", now=after(minutes=minutes), updated_at=moment, **changes)


def questions(order: Order | None = None, trigger: str = PLACED) -> list[OutboundMessage]:
    """The messages that ask about the order, or about any, the first one first."""
    entries = FlowEntry.objects.filter(flow__trigger=trigger, message__isnull=False)
    if order is not None:
        entries = entries.filter(subject__regex=rf"^order:{order.pk}(:|$)")
    return [
        entry.message for entry in entries.select_related("message").order_by("pk") if entry.message
    ]


def leaves(
    message: OutboundMessage, *, at: datetime = NOW, is_told: bool = True
) -> OutboundMessage:
    """The sender hands it to Spoki; `is_told` False: nobody has looked at that yet."""
    OutboundMessage.objects.filter(pk=message.pk).update(
        status="sent", sending_at=at, provider_uuid=f"{next(_number):032x}"
    )
    message.refresh_from_db()
    if is_told:
        follow.message_told(message.pk, at)
    return message


def asked(*, now: datetime = NOW, **changes: Any) -> tuple[Order, OutboundMessage]:
    """An order whose question has left."""
    order = place(now=now, **changes)
    message = leaves(questions(order)[-1], at=now)
    order.refresh_from_db()
    return order, message


def writes(text: str, *, at: datetime, phone: str = PHONE, uuid: str = "", **data: Any) -> str:
    """The customer writes; return the identifier of her message."""
    key = uuid or f"{next(_number):032x}"
    body = inbound(text, at=at, from_phone=phone, uuid=key, **data)
    row = deliveries.store_delivery(body=body, now=at)
    if row is not None:
        intake.process_delivery(delivery_id=row, now=at)
    return key


def taps(button: int, message: OutboundMessage, *, at: datetime, **data: Any) -> str:
    """The customer taps a button of the message, told with everything Spoki may tell."""
    told = {
        "payload": f"{message.key.hex}:{button}",
        "replyToMessageUid": message.provider_uuid,
    } | data
    return writes(BUTTONS[button]["text"], at=at, **told)


CONFIRM, CHANGE, CANCEL = range(3)


def state(order: Order) -> str:
    order.refresh_from_db()
    return str(order.cod_status)


def steps(order: Order) -> list[str]:
    return list(order.cod_events.order_by("pk").values_list("verb", flat=True))


def calls(order: Order) -> list[tuple[str, Any]]:
    """What Shopify is to be told, without notes."""
    found = order.shop_calls.exclude(kind="append_note").order_by("pk")
    return [(call.kind, call.payload.get("tags") or call.payload) for call in found]


def advertise(contact: Contact, *, at: datetime) -> OutboundMessage:
    """A marketing message reaches the customer."""
    return make_message(contact=contact, status="delivered", sending_at=at, lane=Lane.MARKETING)


def replies_to(contact: Contact) -> list[str]:
    """What the shop answered by itself."""
    sent = OutboundMessage.objects.filter(contact=contact, lane=Lane.REPLY)
    return list(sent.order_by("pk").values_list("text", flat=True))
