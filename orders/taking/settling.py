"""What all evidence together says of an order, written into its row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from orders.models import Order, OrderRefund, OrderReturn, Parcel, Shop
from orders.outcomes import AftermathFacts, Facts, ParcelFacts, judge
from orders.taking.aftermath import OPENED

PUT_BACK = "return"


def settle(
    order: Order,
    shop: Shop,
    *,
    parcels: Iterable[Parcel],
    refunds: Iterable[OrderRefund],
    returns: Iterable[OrderReturn],
    now: datetime,
) -> None:
    """Write outcome, evidence, delivery and date of shipping into `order`, which is not saved."""
    facts = Facts(
        is_cod=order.is_cod,
        fulfillment_status=order.fulfillment_status,
        paid_at=order.paid_at,
        cancelled_at=order.cancelled_at,
        marked_at=order.marked_refused_at if is_marked(order.tags, shop) else None,
        parcels=[_parcel(parcel) for parcel in parcels],
        came_back=[*_put_back(refunds), *_opened(returns)],
        storage=timedelta(days=shop.storage_days),
        unknown_after=timedelta(days=shop.unknown_after_days),
    )
    verdict = judge(facts, now=now)
    order.outcome = verdict.outcome
    order.outcome_source = verdict.source
    order.outcome_at = verdict.at
    order.shipped_at = verdict.shipped_at
    order.delivery_state = verdict.delivery


def is_marked(tags: Iterable[str], shop: Shop) -> bool:
    """Tell whether one of the tags is the shop's own word for a parcel that came back."""
    words = {_same(word) for word in shop.refused_tags} - {""}
    return any(_same(tag) in words for tag in tags)


def _same(tag: str) -> str:
    return " ".join(tag.casefold().split())


def _parcel(parcel: Parcel) -> ParcelFacts:
    return ParcelFacts(
        status=parcel.status,
        shipment=parcel.shipment,
        shipment_at=parcel.shipment_at,
        shipped_at=parcel.shipped_at,
        attempted_at=parcel.attempted_at,
        delivered_at=parcel.delivered_at,
        changed_at=parcel.shopify_updated_at,
    )


def _put_back(refunds: Iterable[OrderRefund]) -> Iterable[AftermathFacts]:
    for refund in refunds:
        if PUT_BACK in refund.restock_types:
            yield AftermathFacts(source=5, at=refund.processed_at)


def _opened(returns: Iterable[OrderReturn]) -> Iterable[AftermathFacts]:
    for found in returns:
        if found.status in OPENED:
            yield AftermathFacts(source=6, at=found.opened_at)
