"""Orders of an import, kept as such: nothing is set off, and newer news of webhooks stays.

An order that was placed while Shopify was asked is no past: as imported it would never be confirmed. It is left to
its webhook, and to the reconciliation, which begins that much before the import.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.models import Order
from orders.reconciling import OVERLAP
from orders.shopify.payloads.order import OrderPayload
from orders.subjects import Subject, take_turns
from orders.taking import Heard, take_order
from orders.taking.many import Told, is_plain, take_new_orders


def keep_orders(
    payloads: Sequence[OrderPayload], *, as_of: datetime, now: datetime
) -> tuple[int, int, int]:
    """Keep the orders as they were `as_of`; return how many were new, changed, known already or left to webhooks.

    New ones go in together; those that webhooks brought already are compared one by one.
    """
    once = {payload.id: payload for payload in payloads}
    take_turns([Subject("order", pk) for pk in sorted(once)])
    known = {
        pk: (at, versions)
        for pk, at, versions in Order.objects.filter(shopify_id__in=once).values_list(
            "shopify_id", "shopify_updated_at", "field_versions"
        )
    }
    # Read after the turns were taken: what is not known yet stays so until the end.
    for pk in [pk for pk, one in once.items() if pk not in known and _is_of_now(one, as_of)]:
        del once[pk]
    fresh = [one for one in once.values() if one.id not in known and is_plain(one)]
    take_new_orders(told=[Told(one, Heard(at=as_of)) for one in fresh], now=now)
    created, changed = len(fresh), 0
    quick = {one.id for one in fresh}
    for payload in once.values():
        if payload.id in quick or _is_known(payload, known):
            continue
        taken = take_order(payload=payload, now=now, is_import=True, heard=Heard(at=as_of))
        created += taken.is_new
        changed += not taken.is_new and not taken.is_stale
    return created, changed, len(payloads) - created - changed


def _is_of_now(payload: OrderPayload, as_of: datetime) -> bool:
    return payload.placed_at is not None and payload.placed_at >= as_of - OVERLAP


def _is_known(
    payload: OrderPayload, known: dict[int | None, tuple[datetime | None, dict[str, str]]]
) -> bool:
    """Everything of it was told by a body that is as new: there is nothing to compare."""
    at, versions = known.get(payload.id, (None, {}))
    return (
        at is not None
        and payload.updated_at is not None
        and at >= payload.updated_at
        and not versions
    )
