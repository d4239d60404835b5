"""A parcel (fulfilment) and one piece of a courier's news (fulfilment event)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders.shopify.payloads.reading import (
    JsonObject,
    Unreadable,
    as_object,
    identifier,
    missing,
    moment,
    own_id,
    text,
    texts,
)

_FIELDS = {
    "name": ("name",),
    "status": ("status",),
    "shipment_status": ("shipment_status",),
    "tracking": ("tracking_company", "tracking_number", "tracking_numbers", "tracking_url"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierEventPayload:
    """One event; `happened_at` orders events, which may be written long after."""

    id: int | None = None
    order_id: int | None = None
    fulfillment_id: int | None = None
    status: str = ""
    message: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentPayload:
    """`status` is of the request to ship (success, cancelled, failure …), `shipment_status` of the parcel.

    Both are in small letters. Webhooks bring neither `events`
    nor `delivered_at`. `missing` names what the body says nothing of.
    """

    id: int
    order_id: int | None = None
    name: str = ""
    status: str = ""
    shipment_status: str = ""
    courier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    delivered_at: datetime | None = None
    events: tuple[CourierEventPayload, ...] = ()
    missing: frozenset[str] = frozenset()


def read_fulfillment(body: object, *, order_id: int | None = None) -> FulfillmentPayload:
    """Read the body of fulfillments/*, or the copy inside an order (`order_id` is that order's).

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the parcel has no id")
    return FulfillmentPayload(
        id=own,
        order_id=order_id or order_of(read),
        name=text(read.get("name"), 60),
        status=text(read.get("status"), 40).lower(),
        shipment_status=text(read.get("shipment_status"), 40).lower(),
        courier=text(read.get("tracking_company"), 100),
        tracking_number=_first(read, "tracking_number", "tracking_numbers")[:100],
        tracking_url=_web(_first(read, "tracking_url", "tracking_urls")),
        created_at=moment(read.get("created_at")),
        updated_at=moment(read.get("updated_at")) or moment(read.get("created_at")),
        missing=missing(read, _FIELDS),
    )


def read_courier_event(body: object) -> CourierEventPayload:
    """Read the body of fulfillment_events/create.

    :raises Unreadable: it names no parcel.
    """
    read = as_object(body)
    parcel = identifier(read.get("fulfillment_id"))
    if parcel is None:
        raise Unreadable("the courier's news names no parcel")
    happened_at = moment(read.get("happened_at")) or moment(read.get("created_at"))
    return CourierEventPayload(
        id=own_id(read),
        order_id=identifier(read.get("order_id")),
        fulfillment_id=parcel,
        status=text(read.get("status"), 40).lower(),
        message=text(read.get("message"), 300),
        happened_at=happened_at or moment(read.get("updated_at")),
    )


def order_of(body: JsonObject) -> int | None:
    """Return the order a body belongs to: by id, or as an object with one (returns/request)."""
    return identifier(body.get("order_id")) or own_id(as_object(body.get("order")))


def _first(body: JsonObject, single: str, several: str) -> str:
    return text(body.get(single)) or next(iter(texts(body.get(several))), "")


def _web(url: str) -> str:
    """A tracking page is shown as a link and sent to people: only what a browser opens."""
    is_web = url.lower().startswith(("https://", "http://")) and len(url) <= 1000
    return url if is_web and not any(letter.isspace() for letter in url) else ""
