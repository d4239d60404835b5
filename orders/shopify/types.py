"""What the client's methods return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from orders.shopify.reading import Node, nodes

# Once one of these is said, a parcel is on its way (OrderDisplayFulfillmentStatus).
_SHIPPED = frozenset({"FULFILLED", "PARTIALLY_FULFILLED"})
_PAID = frozenset({"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


@dataclass(frozen=True, slots=True)
class Page:
    """Nodes as they came, and where the next page begins (None: this was the last)."""

    nodes: list[Node]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OrderState:
    """How an order stands on Shopify right before it is written to."""

    note: str
    tags: tuple[str, ...]
    is_cancelled: bool
    is_shipped: bool
    is_paid: bool
    shipping_address: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_node(cls, node: Node) -> OrderState:
        status = str(node.get("displayFulfillmentStatus") or "").upper()
        parcels = {str(one.get("status") or "").upper() for one in nodes(node.get("fulfillments"))}
        tags = node.get("tags")
        address = node.get("shippingAddress")
        return cls(
            note=str(node.get("note") or ""),
            tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
            is_cancelled=bool(node.get("cancelledAt")),
            is_shipped=status in _SHIPPED or "SUCCESS" in parcels,
            is_paid=str(node.get("displayFinancialStatus") or "").upper() in _PAID,
            shipping_address=address if isinstance(address, Mapping) else {},
        )


@dataclass(frozen=True, slots=True)
class NativeConsent:
    """What Shopify says of a customer and WhatsApp: `state` in lower case, "" where it says nothing.

    It belongs to the default `phone`, "" where the customer has none or the app may not see it.
    """

    phone: str = field(repr=False)
    state: str
    updated_at: datetime | None

    @classmethod
    def from_node(cls, node: Node) -> NativeConsent:
        phone = node.get("defaultPhoneNumber")
        said = phone.get("whatsAppMarketingConsent") if isinstance(phone, Mapping) else None
        consent: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        return cls(
            phone=str(phone.get("phoneNumber") or "") if isinstance(phone, Mapping) else "",
            state=str(consent.get("state") or "").lower(),
            updated_at=_moment(consent.get("updatedAt")),
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook that the API knows of. `topic` as the API spells it, "ORDERS_CREATE"."""

    topic: str
    uri: str


class BulkStatus(StrEnum):
    """BulkOperationStatus; whatever else Shopify says counts as running."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    CANCELING = "CANCELING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """`url` is None where nothing was found, and ends after seven days; `partial_url` holds what a
    failed one had found so far."""

    id: str
    status: BulkStatus
    error: str = ""
    url: str | None = field(default=None, repr=False)
    partial_url: str | None = field(default=None, repr=False)
    objects: int = 0
    roots: int = 0
    bytes: int = 0
    created_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        running = {BulkStatus.CREATED, BulkStatus.RUNNING, BulkStatus.CANCELING}
        return self.status not in running

    @classmethod
    def from_node(cls, node: Node) -> BulkOperation:
        said = str(node.get("status") or "").upper()
        return cls(
            id=str(node.get("id") or ""),
            status=BulkStatus(said) if said in BulkStatus.__members__ else BulkStatus.RUNNING,
            error=str(node.get("errorCode") or ""),
            url=str(node["url"]) if node.get("url") else None,
            partial_url=str(node["partialDataUrl"]) if node.get("partialDataUrl") else None,
            objects=_count(node.get("objectCount")),
            roots=_count(node.get("rootObjectCount")),
            bytes=_count(node.get("fileSize")),
            created_at=_moment(node.get("createdAt")),
        )


def _count(value: object) -> int:
    """Counts come as texts (UnsignedInt64)."""
    text = str(value or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
