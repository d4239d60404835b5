"""How an order ended at the door. Shopify has no field for “refused”: a ladder of evidence decides, pure.

Always recomputed from everything that is known, never counted up: evidence may come late and be revised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.models import Order, Parcel

Outcome = Order.Outcome
Delivery = Order.DeliveryState
Shipment = Parcel.Shipment

# A label voided within this time never left; a parcel whose fulfilment is cancelled later came back.
VOID_WITHIN = timedelta(hours=48)
_STILL_HERE = frozenset({Shipment.NONE, Shipment.LABEL, Shipment.CONFIRMED, Shipment.OTHER})
_NOT_DELIVERED = frozenset({Shipment.FAILED, Shipment.RETURNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFacts:
    """`changed_at` is when Shopify last changed it: of a cancelled one, when it was cancelled."""

    status: str
    shipment: str = ""
    shipment_at: datetime | None = None
    shipped_at: datetime | None = None
    attempted_at: datetime | None = None
    delivered_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def left_at(self) -> datetime | None:
        """When it left the warehouse; None while it has not, or if the label was voided.

        “failure” is of the service that should have shipped: nothing was refused.
        """
        moved = self.shipment not in _STILL_HERE
        if self.status == Parcel.Status.FAILED:
            return None
        if self.status == Parcel.Status.CANCELLED and not moved and self._was_voided:
            return None
        if self.status == Parcel.Status.OPEN and not moved:
            return None
        return self.shipped_at or self.shipment_at

    @property
    def _was_voided(self) -> bool:
        if self.shipped_at is None or self.changed_at is None:
            return True
        return self.changed_at - self.shipped_at <= VOID_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class AftermathFacts:
    """A refund that put goods back, or a return that was opened."""

    source: int
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`marked_at`: since when the order has a tag of refused parcels. `came_back`: refunds and returns."""

    is_cod: bool
    fulfillment_status: str = ""
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    marked_at: datetime | None = None
    parcels: Sequence[ParcelFacts] = ()
    came_back: Sequence[AftermathFacts] = ()
    storage: timedelta = timedelta(days=15)
    unknown_after: timedelta = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`source` is the rung that says so, 1 (strongest) to 7; None where nothing went wrong."""

    outcome: Outcome
    delivery: Delivery
    source: int | None = None
    at: datetime | None = None
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Evidence:
    source: int
    at: datetime | None


def judge(facts: Facts, *, now: datetime) -> Verdict:
    """Return how the order ended, or how far it is.

    Of an order paid in advance neither cancellation nor refund says anything about the door.
    """
    left = [parcel for parcel in facts.parcels if parcel.left_at is not None]
    shipped_at = min((p.left_at for p in left if p.left_at), default=None)
    if shipped_at is None:
        return _not_shipped(facts)
    received_at = _received_at(facts, left, shipped_at)
    if received_at is not None:
        return _received(facts, received_at, shipped_at)
    evidence = _refusal(facts, left, shipped_at, now)
    if evidence is not None:
        return Verdict(Outcome.REFUSED, Delivery.REFUSED, evidence.source, evidence.at, shipped_at)
    delivery = _on_its_way(left)
    if now - shipped_at > facts.unknown_after:
        at = shipped_at + facts.unknown_after
        return Verdict(Outcome.UNKNOWN, delivery, 7, at, shipped_at)
    return Verdict(Outcome.IN_PROGRESS, delivery, None, None, shipped_at)


def _not_shipped(facts: Facts) -> Verdict:
    """A shop may ship without telling Shopify: what its people mark as refused is."""
    if facts.marked_at is not None:
        return Verdict(Outcome.REFUSED, Delivery.REFUSED, 1, facts.marked_at)
    is_told = facts.fulfillment_status in {"fulfilled", "partial"} and not facts.parcels
    return Verdict(Outcome.NOT_SHIPPED, Delivery.SHIPPED if is_told else Delivery.PENDING)


def _received_at(
    facts: Facts, left: Sequence[ParcelFacts], shipped_at: datetime
) -> datetime | None:
    """When the customer had it: every parcel delivered, or the cash recorded after it was shipped."""
    is_all_here = facts.fulfillment_status != "partial" and all(
        parcel.shipment == Shipment.DELIVERED for parcel in left
    )
    arrived = [p.delivered_at or p.shipment_at or shipped_at for p in left] if is_all_here else []
    is_cash_in = facts.is_cod and facts.paid_at is not None and facts.paid_at >= shipped_at
    moments = [max(arrived)] if arrived else []
    if is_cash_in and facts.paid_at is not None:
        moments.append(facts.paid_at)
    return min(moments, default=None)


def _received(facts: Facts, received_at: datetime, shipped_at: datetime) -> Verdict:
    """A tag, a cancellation, a refund or a return after that is of goods that came back later."""
    back = _came_back_later(facts, received_at)
    if back is not None:
        return Verdict(
            Outcome.RETURNED_AFTER_DELIVERY, Delivery.DELIVERED, back.source, back.at, shipped_at
        )
    return Verdict(Outcome.DELIVERED, Delivery.DELIVERED, None, received_at, shipped_at)


def _came_back_later(facts: Facts, received_at: datetime) -> _Evidence | None:
    if facts.marked_at is not None and facts.marked_at >= received_at:
        return _Evidence(1, facts.marked_at)
    is_unpaid = facts.is_cod and facts.paid_at is None
    if is_unpaid and facts.cancelled_at is not None and facts.cancelled_at >= received_at:
        return _Evidence(4, facts.cancelled_at)
    for trace in facts.came_back:
        if trace.at is None or trace.at >= received_at:
            return _Evidence(trace.source, trace.at)
    return None


def _refusal(
    facts: Facts, left: Sequence[ParcelFacts], shipped_at: datetime, now: datetime
) -> _Evidence | None:
    """The strongest evidence that nobody took it."""
    if facts.marked_at is not None:
        return _Evidence(1, facts.marked_at)
    failed = [p for p in left if p.shipment in _NOT_DELIVERED]
    if failed:
        return _Evidence(2, min((p.shipment_at for p in failed if p.shipment_at), default=None))
    kept = _kept_too_long(facts, left, now)
    return _Evidence(3, kept) if kept is not None else _never_paid(facts, shipped_at)


def _never_paid(facts: Facts, shipped_at: datetime) -> _Evidence | None:
    """What only says something of an order that was to be paid at the door, and never was."""
    if not facts.is_cod or facts.paid_at is not None:
        return None
    if facts.cancelled_at is not None and facts.cancelled_at > shipped_at:
        return _Evidence(4, facts.cancelled_at)
    if not facts.came_back:
        return None
    trace = min(facts.came_back, key=lambda found: found.source)
    return _Evidence(trace.source, trace.at)


def _kept_too_long(facts: Facts, left: Sequence[ParcelFacts], now: datetime) -> datetime | None:
    """An attempt without delivery: couriers keep a parcel for some days, then send it back."""
    ends = [
        parcel.attempted_at + facts.storage
        for parcel in left
        if parcel.attempted_at is not None and parcel.shipment != Shipment.DELIVERED
    ]
    over = [end for end in ends if end <= now]
    return min(over, default=None)


def _on_its_way(left: Sequence[ParcelFacts]) -> Delivery:
    is_out = any(parcel.shipment == Shipment.OUT_FOR_DELIVERY for parcel in left)
    return Delivery.OUT_FOR_DELIVERY if is_out else Delivery.SHIPPED
