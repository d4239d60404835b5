"""News that came before the thing it is about: it waits, longer and longer, then is let go."""

from __future__ import annotations

from datetime import datetime, timedelta

from audiences.deliveries import Outcome
from orders.deliveries import Received
from orders.models import OrderToRead, ShopifyDelivery
from orders.rereading import ask_to_read

# Shopify tries again for four hours; a shop or we may be away for a day, and things get sorted out after.
GIVE_UP_AFTER = timedelta(hours=50)
SHORTEST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
# By then its own webhook is lost, or was never sent: the order is asked for.
ASK_AFTER = timedelta(minutes=1)

NO_ORDER = "no_order"
NO_PARCEL = "no_parcel"
_PARKED = (NO_ORDER, NO_PARCEL)


def wait_for_order(order_id: int | None, received: Received, *, now: datetime) -> Outcome:
    """Put the news off until its order is known; without an order's id there is nothing to wait for."""
    if order_id is None:
        return Outcome(NO_ORDER, is_used=False)
    _ask_for(order_id, received, now=now)
    return _waiting(NO_ORDER, received, now=now)


def wait_for_parcel(order_id: int | None, received: Received, *, now: datetime) -> Outcome:
    """Put a courier's news off until its parcel is known."""
    if order_id is not None:
        _ask_for(order_id, received, now=now)
    return _waiting(NO_PARCEL, received, now=now)


def wake_parked(order_id: int, *, now: datetime) -> None:
    """Let the news wait no longer that was put off for this order or one of its parcels."""
    ShopifyDelivery.objects.unfinished().filter(
        object_id=order_id, outcome__in=_PARKED, due_at__gt=now
    ).update(due_at=now)


def _waiting(word: str, received: Received, *, now: datetime) -> Outcome:
    """Wait as long again as it has waited so far."""
    age = now - received.received_at
    if age >= GIVE_UP_AFTER:
        return Outcome(word, is_used=False)
    wait = min(max(age, SHORTEST_WAIT), LONGEST_WAIT)
    return Outcome(word, wait_until=now + wait)


def _ask_for(order_id: int, received: Received, *, now: datetime) -> None:
    if now - received.received_at >= ASK_AFTER:
        ask_to_read(
            order_id,
            why=OrderToRead.Why.UNKNOWN,
            asked_at=received.received_at,
            wait=timedelta(0),
            now=now,
        )
