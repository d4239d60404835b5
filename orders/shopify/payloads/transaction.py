"""A movement of money of an order, and the notice that an order was edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders.shopify.payloads.reading import (
    Unreadable,
    as_object,
    flag,
    identifier,
    moment,
    own_id,
    text,
)

_PAYS = frozenset({"sale", "capture"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPayload:
    """`is_manual`: recorded by a person, as with cash on delivery or a bank transfer."""

    id: int
    order_id: int | None = None
    kind: str = ""
    status: str = ""
    gateway: str = ""
    is_manual: bool = False
    processed_at: datetime | None = None

    @property
    def pays(self) -> bool:
        """Money came in."""
        return self.kind in _PAYS and self.status == "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPayload:
    """Which order was edited, and when. The body has neither prices nor totals: the order is read again."""

    order_id: int
    committed_at: datetime | None = None


def read_transaction(body: object) -> TransactionPayload:
    """Read the body of order_transactions/create.

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the transaction has no id")
    return TransactionPayload(
        id=own,
        order_id=identifier(read.get("order_id")),
        kind=text(read.get("kind")).lower(),
        status=text(read.get("status")).lower(),
        gateway=text(read.get("gateway"), 255),
        is_manual=flag(read.get("manual_payment_gateway")),
        processed_at=moment(read.get("processed_at")) or moment(read.get("created_at")),
    )


def read_edit(body: object) -> EditPayload:
    """Read the body of orders/edited: one key `order_edit` around what was added and taken away.

    :raises Unreadable: it names no order.
    """
    read = as_object(as_object(body).get("order_edit"))
    order = identifier(read.get("order_id"))
    if order is None:
        raise Unreadable("the edit names no order")
    return EditPayload(
        order_id=order,
        committed_at=moment(read.get("committed_at")) or moment(read.get("created_at")),
    )
