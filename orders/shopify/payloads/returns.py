"""A return that the shop opened: requested, open, closed, declined or cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from orders.shopify.payloads.fulfillment import order_of
from orders.shopify.payloads.reading import Unreadable, as_object, own_id, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayload:
    """`status` is in small letters; the body carries no moment of its own."""

    id: int
    order_id: int | None = None
    name: str = ""
    status: str = ""


def read_return(body: object, *, order_id: int | None = None) -> ReturnPayload:
    """Read the body of returns/*, or the copy inside an order (`order_id` is that order's).

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the return has no id")
    status = text(read.get("status"), 30).lower()
    return ReturnPayload(
        id=own,
        order_id=order_id or order_of(read),
        name=text(read.get("name"), 60),
        status="cancelled" if status == "canceled" else status,
    )
