"""From the fields of a body to the columns of an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from orders.models import Order
from orders.shopify.payloads.order import OrderPayload

# How far an order has come, by what Shopify says of the money and of the goods: it does not go back.
_PAYMENT = {
    "authorized": 1,
    "expired": 1,
    "partially_paid": 2,
    "paid": 3,
    "partially_refunded": 4,
    "refunded": 5,
    "voided": 5,
}
_GOODS = {"partial": 1, "fulfilled": 2, "restocked": 3}
PAID = frozenset({"paid", "partially_refunded"})

_COLUMNS: dict[str, Callable[[OrderPayload], dict[str, Any]]] = {
    "name": lambda p: {"name": p.name},
    "email": lambda p: {"email": p.email},
    "shipping_address": lambda p: {
        "shipping_address": p.shipping_address.as_json() if p.shipping_address else {}
    },
    "total": lambda p: {"total_cents": p.total_cents, "currency": p.currency},
    "outstanding": lambda p: {
        "amount_due_cents": p.outstanding_cents,
        "due_currency": p.due_currency,
    },
    "financial_status": lambda p: {"financial_status": p.financial_status},
    "fulfillment_status": lambda p: {"fulfillment_status": p.fulfillment_status},
    "tags": lambda p: {"tags": list(p.tags)},
    "note": lambda p: {"note": p.note},
    "attributes": lambda p: {"attributes": p.attributes},
    "source_name": lambda p: {"source_name": p.source_name},
    "language": lambda p: {"language": p.language},
    "is_test": lambda p: {"is_test": p.is_test},
    "lines": lambda p: {"needs_shipping": p.needs_shipping},
    "checkout_token": lambda p: {"checkout_token": p.checkout_token},
    "cart_token": lambda p: {"cart_token": p.cart_token},
    "cancelled_at": lambda p: {
        "cancelled_at": p.cancelled_at,
        "cancel_reason": p.cancel_reason if p.cancelled_at else "",
    },
    "closed_at": lambda p: {"closed_at": p.closed_at},
    "placed_at": lambda p: {"placed_at": p.placed_at},
}
# Told by the body like the others, taken by functions of their own.
PERSON = "person"
FIELDS = frozenset(_COLUMNS) | {"phones", "customer", PERSON}


def told_by(payload: OrderPayload) -> frozenset[str]:
    """Return the fields the body says something of."""
    silent = set(payload.missing)
    if payload.placed_at is None:
        silent.add("placed_at")
    return (FIELDS - {PERSON}) - silent


def apply(order: Order, payload: OrderPayload, fields: Iterable[str]) -> None:
    """Write what the body says of `fields` into the row."""
    for field in fields:
        read = _COLUMNS.get(field)
        for column, value in read(payload).items() if read else ():
            setattr(order, column, value)


def progress(payload: OrderPayload) -> int:
    """Return how far the order has come in this body, 0 to 999."""
    payment = _PAYMENT.get(payload.financial_status, 0)
    goods = _GOODS.get(payload.fulfillment_status, 0)
    return 100 * (payload.cancelled_at is not None) + 10 * payment + goods
