"""Orders of an import, kept as such: nothing is set off, and newer news of webhooks stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.shopify.payloads.order import OrderPayload
from orders.taking import Heard, take_order


def keep_orders(
    payloads: Sequence[OrderPayload], *, as_of: datetime, now: datetime
) -> tuple[int, int, int]:
    """Keep the orders as they were `as_of`; return how many were new, changed, known already."""
    created = changed = 0
    for payload in payloads:
        taken = take_order(payload=payload, now=now, is_import=True, heard=Heard(at=as_of))
        created += taken.is_new
        changed += not taken.is_new and not taken.is_stale
    return created, changed, len(payloads) - created - changed
