"""How the deliveries of Shopify stand: the counters above their page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from orders.models import ShopifyDelivery

LATELY = timedelta(hours=24)
# Processing takes milliseconds: what waits longer has nobody who works.
LATE_AFTER = timedelta(minutes=5)
State = ShopifyDelivery.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`received` waits now, `failed` is all that is kept; `done` and `ignored` are of the last 24 hours.

    `waits_since`: since when the oldest is due, where that is late. `strangers`: came for another shop.
    """

    received: int
    failed: int
    done: int
    ignored: int
    strangers: int
    latest_at: datetime | None
    waits_since: datetime | None


def figures(*, now: datetime) -> Figures:
    """Count the deliveries."""
    lately = ShopifyDelivery.objects.filter(received_at__gt=now - LATELY).aggregate(
        done=Count("pk", filter=Q(state=State.DONE)),
        ignored=Count("pk", filter=Q(state=State.IGNORED)),
        strangers=Count("pk", filter=Q(outcome="unknown_shop")),
    )
    waiting = ShopifyDelivery.objects.unfinished().aggregate(
        received=Count("pk"), oldest=Min("due_at", filter=Q(due_at__lte=now - LATE_AFTER))
    )
    return Figures(
        received=waiting["received"],
        failed=ShopifyDelivery.objects.filter(state=State.FAILED).count(),
        latest_at=ShopifyDelivery.objects.aggregate(at=Max("received_at"))["at"],
        waits_since=waiting["oldest"],
        **lately,
    )
