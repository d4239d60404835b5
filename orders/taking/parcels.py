"""Parcels of an order and what couriers say of them. An order may have several; a voided label is one too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.models import Order, Parcel, ParcelEvent
from orders.shopify.payloads.fulfillment import CourierEventPayload, FulfillmentPayload
from orders.taking.results import TakenParcel
from orders.taking.rows import changes_of, save_changes, values_of
from orders.taking.shipments import News, latest_news, reading_of
from orders.versions import (
    Heard,
    earliest,
    moment_of,
    newer_fields,
    note_versions,
    version_of,
)

FIELDS = ("name", "status", "shipment_status", "tracking")
_STATUS = {
    "pending": Parcel.Status.OPEN,
    "open": Parcel.Status.OPEN,
    "success": Parcel.Status.SUCCESS,
    "cancelled": Parcel.Status.CANCELLED,
    "canceled": Parcel.Status.CANCELLED,
    "error": Parcel.Status.FAILED,
    "failure": Parcel.Status.FAILED,
}
_PROGRESS = {Parcel.Status.SUCCESS: 1, Parcel.Status.FAILED: 2, Parcel.Status.CANCELLED: 3}


def take_parcel(
    order: Order, payload: FulfillmentPayload, *, heard: Heard, now: datetime
) -> TakenParcel | None:
    """Keep what a fulfilment says, and the courier's news in it; None where it changed nothing.

    The order is locked. A fulfilment of another order is not moved here.
    """
    known = Parcel.objects.filter(shopify_id=payload.id).first()
    if known is not None and known.order_id != order.pk:
        return None
    parcel = known or Parcel(shopify_id=payload.id, order=order)
    before = values_of(parcel)
    _apply(parcel, payload, heard=heard, now=now)
    saved = before
    if known is None:
        _settle(parcel, [])
        parcel.save(force_insert=True)
        saved = values_of(parcel)
    for event in payload.events:
        _keep_event(parcel, event, now=now)
    if known is not None or payload.events:
        _settle(parcel, _events(parcel))
        save_changes(parcel, saved)
    return _taken(parcel, before, is_new=known is None)


def new_parcel(order: Order, payload: FulfillmentPayload, *, heard: Heard, now: datetime) -> Parcel:
    """Return a parcel that is not known yet; it is not saved, and brings no single events."""
    parcel = Parcel(shopify_id=payload.id, order=order)
    _apply(parcel, payload, heard=heard, now=now)
    _settle(parcel, [])
    return parcel


def take_news(parcel: Parcel, event: CourierEventPayload, *, now: datetime) -> TakenParcel | None:
    """Keep one piece of a courier's news; None where it is known. The order is locked."""
    before = values_of(parcel)
    if not _keep_event(parcel, event, now=now):
        return None
    _settle(parcel, _events(parcel))
    save_changes(parcel, before)
    return TakenParcel(parcel, False, changes_of(parcel, before))


def _taken(parcel: Parcel, before: dict[str, object], *, is_new: bool) -> TakenParcel | None:
    changes = changes_of(parcel, before)
    return TakenParcel(parcel, is_new, changes) if changes or is_new else None


def _apply(parcel: Parcel, payload: FulfillmentPayload, *, heard: Heard, now: datetime) -> None:
    at = payload.updated_at or heard.at or now
    status = _STATUS.get(payload.status, Parcel.Status.OPEN)
    version = version_of(
        updated_at=at,
        progress=_PROGRESS.get(status, 0),
        heard=heard,
        content=(payload.status, payload.shipment_status, payload.tracking_number, payload.courier),
    )
    fields = newer_fields(parcel, version=version, told=set(FIELDS) - payload.missing)
    if "name" in fields:
        parcel.name = payload.name
    if "status" in fields:
        parcel.status = status
    if "tracking" in fields:
        parcel.courier = payload.courier
        parcel.tracking_number = payload.tracking_number
        parcel.tracking_url = payload.tracking_url
    if "shipment_status" in fields:
        parcel.own_shipment = payload.shipment_status
    note_versions(parcel, version=version, applied=fields, fields=FIELDS)
    parcel.shopify_updated_at = max(parcel.shopify_updated_at or at, at)
    _note_moments(parcel, payload, status, at)


def _note_moments(
    parcel: Parcel, payload: FulfillmentPayload, status: Parcel.Status, at: datetime
) -> None:
    """Each is the earliest that any body tells of, older bodies included."""
    if status == Parcel.Status.SUCCESS:
        parcel.shipped_at = earliest(parcel.shipped_at, payload.created_at or at)
    reading = reading_of(payload.shipment_status)
    if reading == Parcel.Shipment.ATTEMPTED:
        parcel.attempted_at = earliest(parcel.attempted_at, at)
    if reading == Parcel.Shipment.DELIVERED:
        parcel.delivered_at = earliest(parcel.delivered_at, payload.delivered_at or at)


def _keep_event(parcel: Parcel, event: CourierEventPayload, *, now: datetime) -> bool:
    """Write the news down once; without an id it is known by what it says and when it happened."""
    happened_at = event.happened_at or now
    said = {"status": event.status, "message": event.message, "happened_at": happened_at}
    known = ParcelEvent.objects.filter(parcel=parcel)
    if event.id is not None:
        known = ParcelEvent.objects.filter(shopify_id=event.id)
    else:
        known = known.filter(status=event.status, happened_at=happened_at)
    if known.exists():
        return False
    ParcelEvent.objects.create(parcel=parcel, shopify_id=event.id, **said)
    reading = reading_of(event.status)
    if reading == Parcel.Shipment.ATTEMPTED:
        parcel.attempted_at = earliest(parcel.attempted_at, happened_at)
    if reading == Parcel.Shipment.DELIVERED:
        parcel.delivered_at = earliest(parcel.delivered_at, happened_at)
    return True


def _events(parcel: Parcel) -> list[News]:
    told = parcel.events.values_list("status", "happened_at")
    return [News(status, at) for status, at in told]


def _settle(parcel: Parcel, events: Sequence[News]) -> None:
    """Let the parcel be where the latest news says, by when things happened."""
    own = None
    if parcel.own_shipment:
        own = News(parcel.own_shipment, moment_of(parcel, "shipment_status"))
    latest = latest_news(events, own)
    parcel.shipment = reading_of(latest.status) if latest else Parcel.Shipment.NONE
    parcel.shipment_at = latest.at if latest else None
