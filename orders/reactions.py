"""What taken news sets off, one line per listener. All of it inside the transaction that took the news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from campaigns.flows import engine
from orders.cod import follow
from orders.models import Order
from orders.taking.closing import close_checkouts, close_checkouts_of
from orders.taking.results import Taken, TakenCheckout, TakenParcel
from orders.triggers import checkouts, parcels

ORDERED = "ordered"
ORDER_CANCELLED = "order_cancelled"
ORDER_MOVED = "order_moved"
# Whoever buys again leaves the flows that ask for it; carts are let go one by one.
_ASKING_TO_BUY = ("customer.refill_due", "customer.lapsed")
# An old order that we hear of for the first time says nothing about today.
_RECENT = timedelta(days=7)
_CLOSES = frozenset({"contact", "phone", "checkout_token", "cart_token"})


def order_taken(taken: Taken, *, now: datetime) -> None:
    """An order is new, or something of it changed."""
    if taken.is_new or taken.changes & _CLOSES:
        close_checkouts(taken.order, now=now)
    if taken.is_new and taken.order.contact is not None and _is_of_today(taken.order, now):
        engine.leave(contact=taken.order.contact, triggers=_ASKING_TO_BUY, reason=ORDERED, now=now)
    if "cancelled_at" in taken.changes and taken.order.cancelled_at is not None:
        _stop_flows(taken, now=now)
    if not taken.is_new and "contact" in taken.changes:
        _hand_over(taken, now=now)
    follow.order_taken(taken, now=now)


def new_orders_taken(orders: Sequence[Order], *, now: datetime) -> None:
    """As `order_taken` for each of several orders that this transaction made, without parcels."""
    close_checkouts_of(orders, now=now)
    buyers = {
        order.contact_id: order.contact
        for order in orders
        if order.contact is not None and _is_of_today(order, now)
    }
    for pk in engine.who_waits(contacts=buyers, triggers=_ASKING_TO_BUY):
        engine.leave(contact=buyers[pk], triggers=_ASKING_TO_BUY, reason=ORDERED, now=now)
    follow.new_orders_taken(orders, now=now)


def parcel_changed(taken: TakenParcel, *, now: datetime) -> None:
    """A parcel is new, or something of it changed."""
    follow.parcel_changed(taken, now=now)
    parcels.parcel_changed(taken.parcel, taken.changes, now=now)


def checkout_changed(taken: TakenCheckout, *, now: datetime) -> None:
    """A checkout is new, or something of it changed."""
    checkouts.checkout_changed(taken.checkout, taken.changes, now=now)
    if taken.checkout.recovered_at is not None and "recovered_at" in taken.changes:
        engine.leave(subject=f"checkout:{taken.checkout.pk}", reason=ORDERED, now=now)


def _is_of_today(order: Order, now: datetime) -> bool:
    return order.cancelled_at is None and order.placed_at >= now - _RECENT


def _stop_flows(taken: Taken, *, now: datetime) -> None:
    """Of a cancelled order the parcels are nothing to write about any more; its question is let go by `follow`."""
    for pk in taken.order.parcels.values_list("pk", flat=True):
        engine.leave(subject=f"parcel:{pk}", reason=ORDER_CANCELLED, now=now)


def _hand_over(taken: Taken, *, now: datetime) -> None:
    """A phone put right leads to another person: she hears of her parcels, and nobody else does."""
    contact = taken.order.contact
    if contact is None:
        return
    for pk in taken.order.parcels.values_list("pk", flat=True):
        engine.hand_over(subject=f"parcel:{pk}", contact=contact, reason=ORDER_MOVED, now=now)
