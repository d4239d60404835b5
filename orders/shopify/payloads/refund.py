"""A refund: money given back, goods put back, or both. Its lines or its transactions may be empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders.shopify.payloads.fulfillment import order_of
from orders.shopify.payloads.money import first_cents
from orders.shopify.payloads.reading import (
    JsonObject,
    Unreadable,
    as_object,
    moment,
    objects,
    own_id,
    text,
)

# "pending" is money that has not moved; "error" and "failure" never will.
_MOVED = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayload:
    """`restock_types`: return, cancel, no_restock, legacy_restock. `paid_back_cents` is what really moved."""

    id: int
    order_id: int | None = None
    processed_at: datetime | None = None
    restock_types: frozenset[str] = frozenset()
    paid_back_cents: int = 0
    note: str = ""


def read_refund(body: object, *, order_id: int | None = None) -> RefundPayload:
    """Read the body of refunds/create, or the copy inside an order (`order_id` is that order's).

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the refund has no id")
    lines = objects(read.get("refund_line_items"))
    return RefundPayload(
        id=own,
        order_id=order_id or order_of(read),
        processed_at=moment(read.get("processed_at")) or moment(read.get("created_at")),
        restock_types=frozenset(text(line.get("restock_type")).lower() for line in lines) - {""},
        paid_back_cents=sum(_paid_back(t) for t in objects(read.get("transactions"))),
        note=text(read.get("note"), 300),
    )


def _paid_back(transaction: JsonObject) -> int:
    is_refund = text(transaction.get("kind")).lower() == "refund"
    if not is_refund or text(transaction.get("status")).lower() != _MOVED:
        return 0
    return max(first_cents(transaction, "amount") or 0, 0)
