"""Orders that must be asked of Shopify: an edit comes without prices, money by itself, news of an order we lack.

A wish is a row; whoever reads the order afterwards fulfils it, be it the reader here, the reconciliation or the next
webhook that is new enough. Nothing is asked inside a transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from audiences import waking
from orders.models import OrderToRead
from orders.shopify.payloads.order import OrderPayload
from orders.versions import Heard, Source

TASK = "orders.tasks.read_wanted_orders"
# The webhook with the whole order is mostly on its way already.
WAIT = timedelta(seconds=5)


def ask_to_read(
    shopify_id: int,
    *,
    why: OrderToRead.Why,
    now: datetime,
    asked_at: datetime | None = None,
    wait: timedelta = WAIT,
) -> None:
    """Have the order read as it is after `asked_at`; asked for again, the later wish counts."""
    wanted = asked_at or now
    transaction.on_commit(partial(wake, after=wait))
    row, is_new = OrderToRead.objects.get_or_create(
        shopify_id=shopify_id,
        defaults={"why": why, "asked_at": wanted, "due_at": now + wait},
    )
    if not is_new and row.asked_at < wanted:
        OrderToRead.objects.filter(pk=row.pk).update(
            why=why, asked_at=wanted, due_at=now + wait, attempts=0
        )


def wake(*, after: timedelta) -> None:
    """Have a worker look for wishes soon; without a broker beat does within a minute."""
    waking.wake(TASK, queue="default", countdown=after.total_seconds(), expires=60)


def note_read(payload: OrderPayload, heard: Heard, *, now: datetime) -> None:
    """Let go the wish that this body fulfils."""
    fulfilled = Q(why=OrderToRead.Why.UNKNOWN)
    if heard.source is Source.READ:
        fulfilled |= Q(asked_at__lte=heard.at or now)
    elif payload.updated_at is not None:
        # Within one second nobody knows which was first.
        fulfilled |= Q(asked_at__lt=payload.updated_at)
    OrderToRead.objects.filter(fulfilled, shopify_id=payload.id).delete()
