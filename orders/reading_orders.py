"""Orders read whole from Shopify: the wishes of `orders.rereading`, and whatever a check finds behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F

from audiences.phone_change import PhoneChangeBusy
from orders.models import OrderToRead
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import ShopifyError
from orders.shopify.nodes import order_of
from orders.subjects import Subject, take_turn
from orders.taking import Taken, take_order

logger = logging.getLogger(__name__)

# Whoever takes a wish has it for so long; HTTP's time limits end earlier.
LEASE = timedelta(minutes=3)
PAUSES = (
    timedelta(seconds=20),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
# Then it is given up: the checks against Shopify bring whatever still changes.
MOST_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """How long one worker stays at it: `is_time_up` is asked between two steps."""

    client: ShopifyClient
    clock: Callable[[], datetime]
    is_time_up: Callable[[], bool]


def read_order(
    *, shopify_id: int, client: ShopifyClient, clock: Callable[[], datetime]
) -> Taken | None:
    """Read the order from Shopify and keep it; None where Shopify has it no more.

    :raises ShopifyError: it could not be read.
    :raises Unreadable: it has not even an id.
    """
    asked_at = clock()
    node = client.order(shopify_id)
    if node is None:
        return None
    payload = order_of(node)
    with transaction.atomic():
        take_turn(Subject("order", payload.id))
        # What a webhook told meanwhile is newer than what we asked for.
        return take_order(payload=payload, now=asked_at)


def is_any_wanted(*, now: datetime) -> bool:
    return OrderToRead.objects.filter(due_at__lte=now).exists()


def read_wanted(turn: Turn) -> int:
    """Read the orders that somebody asked for, the longest due first; return how many were read."""
    done = 0
    while not turn.is_time_up():
        wish = _take(now=turn.clock())
        if wish is None:
            break
        done += _fulfil(wish, turn)
    return done


def _take(*, now: datetime) -> OrderToRead | None:
    """Take the wish that is due for longest; others pass it by."""
    with transaction.atomic():
        due = OrderToRead.objects.filter(due_at__lte=now).order_by("due_at")
        wish = due.select_for_update(skip_locked=True).first()
        if wish is not None:
            wish.due_at, wish.attempts = now + LEASE, wish.attempts + 1
            wish.save(update_fields=["due_at", "attempts"])
    return wish


def _fulfil(wish: OrderToRead, turn: Turn) -> bool:
    try:
        taken = read_order(shopify_id=wish.shopify_id, client=turn.client, clock=turn.clock)
    except ShopifyError as error:
        logger.warning("order %s could not be read again: %s", wish.shopify_id, error)
        _put_off(wish, now=turn.clock())
        if error.is_passing:
            return False
        raise
    except (PhoneChangeBusy, DatabaseError):
        _put_off(wish, now=turn.clock())
        return False
    except Exception:
        logger.exception("order %s could not be kept", wish.shopify_id)
        _put_off(wish, now=turn.clock())
        return False
    if taken is None:
        # Deleted on Shopify: there is nothing to read. A wish of meanwhile is another one.
        OrderToRead.objects.filter(pk=wish.pk, asked_at=wish.asked_at).delete()
    return taken is not None


def _put_off(wish: OrderToRead, *, now: datetime) -> None:
    same = OrderToRead.objects.filter(pk=wish.pk, asked_at=wish.asked_at)
    if wish.attempts >= MOST_ATTEMPTS:
        logger.error("order %s is not read again: it failed too often", wish.shopify_id)
        same.delete()
        return
    pause = PAUSES[min(wish.attempts, len(PAUSES)) - 1]
    same.update(due_at=now + pause, attempts=F("attempts"))
