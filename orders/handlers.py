"""Topic → what is done with a delivery of it; a topic that is missing here is kept and not used.

A handler runs inside the transaction that writes down its outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from audiences.deliveries import Outcome
from orders.customers.handlers import HANDLERS as CUSTOMERS
from orders.deliveries import Handler, JsonObject, Received
from orders.models import Order, OrderToRead
from orders.rereading import ask_to_read
from orders.shopify.payloads import (
    Unreadable,
    read_checkout,
    read_courier_event,
    read_edit,
    read_fulfillment,
    read_order,
    read_product,
    read_refund,
    read_return,
    read_transaction,
)
from orders.shopify.payloads.reading import own_id
from orders.taking import (
    Heard,
    Source,
    Taken,
    delete_checkout,
    delete_order,
    delete_product,
    take_checkout,
    take_courier_event,
    take_fulfillment,
    take_order,
    take_product,
    take_refund,
    take_return,
)
from orders.taking.many import Told, is_plain, take_new_orders
from orders.taking.parking import wait_for_order, wait_for_parcel

STALE = Outcome("stale", is_used=False)


def handle_order(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """Every orders/* topic with a whole order: what it is called says less than what is in it."""
    taken = take_order(payload=read_order(body), now=now, heard=_heard(received))
    return _outcome(taken, "order")


def handle_new_orders(
    told: Mapping[int, tuple[JsonObject, Received]], *, now: datetime
) -> dict[int, Outcome]:
    """Take what is new and plain of these orders together; return their outcomes by Shopify's id.

    Each is told once, by a body for `handle_order`; the caller holds their turns. The others were left alone.
    """
    known = set(Order.objects.filter(shopify_id__in=told).values_list("shopify_id", flat=True))
    bodies = {pk: told[pk] for pk in told if pk not in known}
    read = [Told(read_order(body), _heard(received)) for body, received in bodies.values()]
    plain = [one for one in read if is_plain(one.payload) and not one.payload.fulfillments]
    if len(plain) > 1:
        take_new_orders(told=plain, now=now, is_import=False)
        return {one.payload.id: Outcome("order") for one in plain}
    return {}


def handle_order_deleted(body: JsonObject, received: Received, now: datetime) -> Outcome:
    order_id = own_id(body)
    if order_id is None:
        raise Unreadable("the order has no id")
    taken = delete_order(shopify_id=order_id, at=_at(received), now=now)
    return (
        _outcome(taken, "order_deleted") if taken else wait_for_order(order_id, received, now=now)
    )


def handle_edit(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """The body has no prices: the order is read again, unless its own webhook comes first."""
    edit = read_edit(body)
    asked_at = edit.committed_at or _at(received)
    known_at = _changed_at(edit.order_id)
    if known_at is not None and known_at > asked_at:
        return STALE
    ask_to_read(edit.order_id, why=OrderToRead.Why.EDITED, asked_at=asked_at, now=now)
    return Outcome("to_read")


def handle_transaction(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """Cash that was recorded: whoever missed orders/paid learns of it here."""
    transaction = read_transaction(body)
    if not transaction.pays or transaction.order_id is None:
        return Outcome("not_used", is_used=False)
    unpaid = Order.objects.filter(shopify_id=transaction.order_id, is_cod=True, paid_at=None)
    if not unpaid.exists():
        return Outcome("not_used", is_used=False)
    asked_at = transaction.processed_at or _at(received)
    ask_to_read(transaction.order_id, why=OrderToRead.Why.PAID, asked_at=asked_at, now=now)
    return Outcome("to_read")


def handle_fulfillment(body: JsonObject, received: Received, now: datetime) -> Outcome:
    payload = read_fulfillment(body)
    taken = take_fulfillment(payload=payload, now=now, heard=_heard(received))
    return (
        _outcome(taken, "parcel") if taken else wait_for_order(payload.order_id, received, now=now)
    )


def handle_courier_event(body: JsonObject, received: Received, now: datetime) -> Outcome:
    payload = read_courier_event(body)
    if payload.happened_at is None:
        payload = replace(payload, happened_at=_at(received))
    taken = take_courier_event(payload=payload, now=now)
    if taken is None:
        return wait_for_parcel(payload.order_id, received, now=now)
    return _outcome(taken, "courier_news")


def handle_refund(body: JsonObject, received: Received, now: datetime) -> Outcome:
    payload = read_refund(body)
    taken = take_refund(payload=payload, now=now, heard=_heard(received))
    return (
        _outcome(taken, "refund") if taken else wait_for_order(payload.order_id, received, now=now)
    )


def handle_return(body: JsonObject, received: Received, now: datetime) -> Outcome:
    payload = read_return(body)
    taken = take_return(payload=payload, now=now, heard=Heard(Source.CHANGED, _at(received)))
    return (
        _outcome(taken, "return") if taken else wait_for_order(payload.order_id, received, now=now)
    )


def handle_checkout(body: JsonObject, received: Received, now: datetime) -> Outcome:
    taken = take_checkout(payload=read_checkout(body), now=now, heard=_heard(received))
    return Outcome("checkout") if taken.is_new or taken.changes else STALE


def handle_checkout_deleted(body: JsonObject, received: Received, now: datetime) -> Outcome:
    taken = delete_checkout(payload=read_checkout(body), at=_at(received), now=now)
    return Outcome("checkout_deleted", is_used=taken is not None)


def handle_product(body: JsonObject, received: Received, now: datetime) -> Outcome:
    take_product(payload=read_product(body), now=now, heard=_heard(received))
    return Outcome("product")


def handle_product_deleted(body: JsonObject, received: Received, now: datetime) -> Outcome:
    product_id = own_id(body)
    if product_id is None:
        raise Unreadable("the product has no id")
    delete_product(shopify_id=product_id, at=_at(received))
    return Outcome("product_deleted")


def not_used(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """A cart knows neither who it belongs to nor what it is worth: the checkout says both."""
    return Outcome("not_used", is_used=False)


def _outcome(taken: Taken, word: str) -> Outcome:
    return STALE if taken.is_stale else Outcome(word)


def _heard(received: Received) -> Heard:
    is_beginning = received.topic.endswith("/create")
    return Heard(Source.CREATED if is_beginning else Source.CHANGED, received.triggered_at)


def _at(received: Received) -> datetime:
    """When it happened at the shop, as far as that is told."""
    return received.triggered_at or received.received_at


def _changed_at(order_id: int) -> datetime | None:
    known = Order.objects.filter(shopify_id=order_id)
    return known.values_list("shopify_updated_at", flat=True).first()


_ORDER_TOPICS = ("create", "updated", "cancelled", "paid", "fulfilled", "partially_fulfilled")
_RETURN_TOPICS = (
    "request", "approve", "decline", "cancel", "close", "reopen", "update", "process",
)  # fmt: skip

HANDLERS: Mapping[str, Handler] = {
    **CUSTOMERS,
    **{f"orders/{what}": handle_order for what in _ORDER_TOPICS},
    "orders/delete": handle_order_deleted,
    "orders/edited": handle_edit,
    "order_transactions/create": handle_transaction,
    "fulfillments/create": handle_fulfillment,
    "fulfillments/update": handle_fulfillment,
    "fulfillment_events/create": handle_courier_event,
    "refunds/create": handle_refund,
    **{f"returns/{what}": handle_return for what in _RETURN_TOPICS},
    "checkouts/create": handle_checkout,
    "checkouts/update": handle_checkout,
    "checkouts/delete": handle_checkout_deleted,
    "carts/create": not_used,
    "carts/update": not_used,
    "products/create": handle_product,
    "products/update": handle_product,
    "products/delete": handle_product_deleted,
}
