"""How orders ended where only time says so: a parcel kept too long, an end that nobody told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from orders import reactions
from orders.models import Order, Shop
from orders.shops import current_shop
from orders.taking.orders import settle_row
from orders.taking.results import Taken
from orders.taking.rows import changes_of, save_changes, values_of

Outcome = Order.Outcome
AT_ONCE = 200
# Shopify's own evidence is never older, and what was open for so long stays as it is.
LOOKED_BACK = timedelta(days=365)
_BY_TIME = Q(outcome__in=[Outcome.IN_PROGRESS, Outcome.UNKNOWN]) | Q(
    outcome=Outcome.REFUSED, outcome_source=3
)


def judge_open_orders(*, now: datetime) -> int:
    """Judge anew the orders whose end hangs on time, or on settings of the shop; return how many changed.

    An order that somebody holds just now is judged by whoever holds it.
    """
    shop = current_shop()
    changed, last = 0, 0
    while ids := _next(shop, after=last, now=now):
        last = ids[-1]
        changed += _judge(ids, shop, now=now)
    return changed


def _next(shop: Shop, *, after: int, now: datetime) -> Sequence[int]:
    shortest = timedelta(days=min(shop.storage_days, shop.unknown_after_days))
    due = Order.objects.filter(
        _BY_TIME, pk__gt=after, shipped_at__lte=now - shortest, shipped_at__gte=now - LOOKED_BACK
    )
    return list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _judge(ids: Sequence[int], shop: Shop, *, now: datetime) -> int:
    changed = 0
    with transaction.atomic():
        held = Order.objects.select_for_update(of=("self",), skip_locked=True)
        rows = held.filter(pk__in=ids).order_by("pk")
        for order in rows.prefetch_related("parcels", "refunds", "returns"):
            before = values_of(order)
            settle_row(order, shop, now=now)
            save_changes(order, before)
            changes = changes_of(order, before)
            if changes:
                changed += 1
                reactions.order_taken(Taken(order, False, False, changes), now=now)
    return changed
