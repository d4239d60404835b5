"""Refunds and returns of an order: kept once each, whatever brings them and how often."""

from __future__ import annotations

from datetime import UTC, datetime

from orders.models import Order, OrderRefund, OrderReturn
from orders.shopify.payloads.refund import RefundPayload
from orders.shopify.payloads.returns import ReturnPayload
from orders.taking.rows import changes_of, save_changes, values_of
from orders.versions import Heard, earliest

# How far a return has come. One that is opened again stays closed here: as evidence both are the same.
_PROGRESS = {"requested": 1, "open": 2, "closed": 3, "declined": 4, "cancelled": 4}
OPENED = frozenset({"open", "closed"})


def keep_refund(order: Order, payload: RefundPayload, *, heard: Heard) -> bool:
    """Keep what a refund says; return whether that was news. Copies may say less: what is known stays."""
    known = OrderRefund.objects.filter(shopify_id=payload.id).first()
    if known is not None and known.order_id != order.pk:
        return False
    row = known or OrderRefund(shopify_id=payload.id, order=order)
    before = values_of(row)
    row.processed_at = earliest(row.processed_at, payload.processed_at or heard.at)
    row.restock_types = sorted({*row.restock_types, *(t[:30] for t in payload.restock_types)})
    row.paid_back_cents = max(row.paid_back_cents, payload.paid_back_cents)
    if known is None:
        row.save(force_insert=True)
    else:
        save_changes(row, before)
    return known is None or bool(changes_of(row, before))


def keep_return(order: Order, payload: ReturnPayload, *, heard: Heard, now: datetime) -> bool:
    """Keep what a return says; return whether that was news."""
    known = OrderReturn.objects.filter(shopify_id=payload.id).first()
    if known is not None and known.order_id != order.pk:
        return False
    row = known or OrderReturn(shopify_id=payload.id, order=order)
    before = values_of(row)
    at = heard.at or now
    # Its bodies have no moment of their own, and deliveries get mixed up: how far it has come counts first.
    version = f"{_PROGRESS.get(payload.status, 0)} {at.astimezone(UTC).isoformat()}"
    if version > row.shopify_version:
        row.status = payload.status or row.status
        row.name = payload.name or row.name
        row.shopify_version = version
    if payload.status in OPENED:
        row.opened_at = earliest(row.opened_at, at)
    if known is None:
        row.save(force_insert=True)
    else:
        save_changes(row, before)
    return known is None or bool(changes_of(row, before))
