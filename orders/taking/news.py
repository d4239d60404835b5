"""News of an order that come by themselves: of a parcel, its courier, a refund, a return."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from orders import reactions
from orders.models import Order, Parcel
from orders.shopify.payloads.fulfillment import CourierEventPayload, FulfillmentPayload
from orders.shopify.payloads.refund import RefundPayload
from orders.shopify.payloads.returns import ReturnPayload
from orders.shops import current_shop
from orders.taking.aftermath import keep_refund, keep_return
from orders.taking.orders import settle_row
from orders.taking.parcels import take_news, take_parcel
from orders.taking.results import Taken, TakenParcel
from orders.taking.rows import changes_of, locked_order, save_changes, values_of
from orders.versions import Heard


def take_fulfillment(
    *, payload: FulfillmentPayload, now: datetime, heard: Heard | None = None
) -> Taken | None:
    """Keep what is said of a parcel; None if its order is not known (yet)."""
    found = heard or Heard(at=now)
    return _take(
        payload.order_id, lambda order: take_parcel(order, payload, heard=found, now=now), now=now
    )


def take_courier_event(*, payload: CourierEventPayload, now: datetime) -> Taken | None:
    """Keep one piece of a courier's news; None if its parcel is not known (yet)."""
    known = Parcel.objects.filter(shopify_id=payload.fulfillment_id)
    order_id = known.values_list("order__shopify_id", flat=True).first()

    def keep(order: Order) -> TakenParcel | None:
        return take_news(known.get(), payload, now=now)

    return _take(order_id, keep, now=now)


def take_refund(
    *, payload: RefundPayload, now: datetime, heard: Heard | None = None
) -> Taken | None:
    """Keep what is said of a refund; None if its order is not known (yet)."""
    found = heard or Heard(at=now)

    def keep(order: Order) -> None:
        keep_refund(order, payload, heard=found)

    return _take(payload.order_id, keep, now=now)


def take_return(
    *, payload: ReturnPayload, now: datetime, heard: Heard | None = None
) -> Taken | None:
    """Keep what is said of a return; None if its order is not known (yet)."""
    found = heard or Heard(at=now)

    def keep(order: Order) -> None:
        keep_return(order, payload, heard=found, now=now)

    return _take(payload.order_id, keep, now=now)


def _take(
    order_id: int | None, keep: Callable[[Order], TakenParcel | None], *, now: datetime
) -> Taken | None:
    """Keep it with the locked order, judge the order anew, and let both set off what they must."""
    order = locked_order(order_id) if order_id is not None else None
    if order is None:
        return None
    before = values_of(order)
    parcel = keep(order)
    settle_row(order, current_shop(), now=now)
    save_changes(order, before)
    changes = changes_of(order, before)
    taken = Taken(order, is_new=False, is_stale=not changes and parcel is None, changes=changes)
    if changes:
        reactions.order_taken(taken, now=now)
    if parcel is not None:
        reactions.parcel_changed(parcel, now=now)
    return taken
