"""A parcel left, is out for delivery, was not taken at the door, has arrived.

Once per parcel and step, whatever arrives and however often. News that comes late is no news: couriers'
integrations write whole histories at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.flows import engine
from campaigns.flows.triggers import Text, Trigger, amount_condition
from orders.cod.eligibility import why_not_person
from orders.models import Order, Parcel
from orders.order_words import ORDER_PARAMETERS, order_values
from orders.shops import current_shop
from orders.triggers.subjects import is_awaited, number_in, numbers_in, was_told
from orders.triggers.words import WHY_NOT

KIND: Final = "parcel"
# A label often exists before the courier's number: so long the news that it left waits for the link to follow it.
TRACKING_GRACE: Final = timedelta(hours=2)
# Parcels without a number are looked for this long after they left.
_LOOK_BACK: Final = timedelta(days=1)
Shipment, Status = Parcel.Shipment, Parcel.Status
_PAST_TRANSIT: Final = frozenset(
    {
        Shipment.OUT_FOR_DELIVERY,
        Shipment.ATTEMPTED,
        Shipment.READY_FOR_PICKUP,
        Shipment.DELIVERED,
        Shipment.RETURNING,
        Shipment.FAILED,
    }
)
_ENDED_BADLY: Final = frozenset({Order.Outcome.REFUSED, Order.Outcome.RETURNED_AFTER_DELIVERY})
_PARAMETERS: Final[Mapping[str, Text]] = {
    **ORDER_PARAMETERS,
    "parcel.name": _("Parcel: number"),
    "parcel.courier": _("Parcel: courier"),
    "parcel.tracking_number": _("Parcel: tracking number"),
    "parcel.tracking_url": _("Parcel: link to follow it"),
}
# What Shopify says where nobody chose a courier.
_NO_COURIER: Final = frozenset({"other", "altro"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a parcel's way that flows may write about.

    `at` tells when it happened, None while it has not. `is_over` tells whether it is overtaken by what came after.
    `heard_within`: older news than this sets nothing off. `lasts`: as long it may wait for the hours in which
    people are written to.
    """

    key: str
    label: Text
    at: Callable[[Parcel], datetime | None]
    is_over: Callable[[Parcel], bool]
    heard_within: timedelta
    lasts: timedelta


def _shipped_at(parcel: Parcel) -> datetime | None:
    return parcel.shipped_at if parcel.status == Status.SUCCESS else None


def _said(shipment: Parcel.Shipment) -> Callable[[Parcel], datetime | None]:
    def at(parcel: Parcel) -> datetime | None:
        return parcel.shipment_at if parcel.shipment == shipment else None

    return at


def _is_no_longer(shipment: Parcel.Shipment) -> Callable[[Parcel], bool]:
    return lambda parcel: parcel.shipment != shipment


SHIPPED: Final = Step(
    key="parcel.shipped",
    label=_("A parcel has left"),
    at=_shipped_at,
    is_over=lambda parcel: parcel.shipment in _PAST_TRANSIT,
    heard_within=timedelta(days=1),
    lasts=timedelta(days=1),
)
OUT_FOR_DELIVERY: Final = Step(
    key="parcel.out_for_delivery",
    label=_("A parcel is out for delivery"),
    at=_said(Shipment.OUT_FOR_DELIVERY),
    is_over=_is_no_longer(Shipment.OUT_FOR_DELIVERY),
    heard_within=timedelta(hours=3),
    # Known at five in the morning, said at eight.
    lasts=timedelta(hours=6),
)
ATTEMPTED: Final = Step(
    key="parcel.delivery_attempted",
    label=_("A delivery was attempted in vain"),
    at=_said(Shipment.ATTEMPTED),
    is_over=_is_no_longer(Shipment.ATTEMPTED),
    heard_within=timedelta(hours=12),
    lasts=timedelta(days=1),
)
DELIVERED: Final = Step(
    key="parcel.delivered",
    label=_("An order has arrived, all its parcels"),
    at=lambda parcel: parcel.delivered_at,
    is_over=lambda parcel: parcel.delivered_at is None,
    heard_within=timedelta(days=3),
    lasts=timedelta(days=3),
)
STEPS: Final = (SHIPPED, OUT_FOR_DELIVERY, ATTEMPTED, DELIVERED)


def parcel_changed(parcel: Parcel, changes: Collection[str], *, now: datetime) -> None:
    """Tell flows what a change of this parcel means, in the transaction that made it."""
    order = parcel.order
    if not changes or order.contact is None or order.is_imported or order.is_test:
        return
    if parcel.status == Status.SUCCESS and (_is_trackable(parcel) or _waited(parcel, now)):
        _tell(SHIPPED, parcel, now=now)
    for step in (OUT_FOR_DELIVERY, ATTEMPTED):
        _tell(step, parcel, now=now)
    if parcel.delivered_at is not None and (last := _last_of_all(order)) is not None:
        _tell(DELIVERED, last, now=now)


def tell_untracked(*, now: datetime) -> int:
    """Tell flows of parcels that left without a number of the courier's and got none; return how many."""
    if not is_awaited([SHIPPED.key]):
        return 0
    waiting = (
        Parcel.objects.filter(
            status=Status.SUCCESS,
            tracking_number="",
            tracking_url="",
            shipped_at__gt=now - _LOOK_BACK,
            shipped_at__lte=now - TRACKING_GRACE,
            order__is_imported=False,
            order__is_test=False,
            order__contact__isnull=False,
        )
        .exclude(shipment__in=_PAST_TRANSIT)
        .exclude(was_told(SHIPPED.key, KIND))
        .values_list("pk", flat=True)
    )
    for pk in list(waiting):
        with transaction.atomic():
            parcel = Parcel.objects.select_related("order__contact").get(pk=pk)
            parcel_changed(parcel, {"shipped_at"}, now=now)
    return len(waiting)


def why_not(step: Step, subjects: Collection[str], now: datetime) -> dict[str, str]:
    """Return subject → reason for parcels that must not (any longer) be written about."""
    by_key = numbers_in(subjects, KIND)
    parcels = Parcel.objects.select_related("order__contact").in_bulk(by_key)
    is_contract_basis = current_shop().is_contract_basis
    found = dict.fromkeys(subjects, "parcel_gone")
    for pk, parcel in parcels.items():
        reason = _why_not_one(step, parcel) or why_not_person(
            parcel.order.contact, is_contract_basis=is_contract_basis
        )
        found[by_key[pk]] = reason
    return {subject: reason for subject, reason in found.items() if reason}


def values_of(subject: str) -> Mapping[str, str]:
    """Return what a message may say of the parcel and its order, read now; nothing of one that is gone."""
    parcel = _parcel(subject)
    if parcel is None:
        return {}
    order = parcel.order
    language = order.contact.language if order.contact else order.language
    courier = "" if parcel.courier.casefold() in _NO_COURIER else parcel.courier
    return order_values(order, language=language) | {
        "parcel.name": parcel.name,
        "parcel.courier": courier,
        "parcel.tracking_number": parcel.tracking_number,
        "parcel.tracking_url": parcel.tracking_url,
    }


def _why_not_one(step: Step, parcel: Parcel) -> str:
    order = parcel.order
    checks = {
        "order_imported": order.is_imported,
        "order_test": order.is_test,
        "order_cancelled": order.cancelled_at is not None,
        "parcel_cancelled": parcel.status in {Status.CANCELLED, Status.FAILED},
        "parcel_came_back": step is DELIVERED and order.outcome in _ENDED_BADLY,
        "parcel_moved_on": step.is_over(parcel),
    }
    return next((code for code, holds in checks.items() if holds), "")


def _tell(step: Step, parcel: Parcel, *, now: datetime) -> None:
    at = step.at(parcel)
    if at is None or now - at > step.heard_within or step.is_over(parcel):
        return
    contact = parcel.order.contact
    assert contact is not None  # noqa: S101 - narrows the type
    engine.happened(
        trigger=step.key, subject=f"{KIND}:{parcel.pk}", contact=contact, happened_at=at, now=now
    )


def _is_trackable(parcel: Parcel) -> bool:
    return bool(parcel.tracking_number or parcel.tracking_url)


def _waited(parcel: Parcel, now: datetime) -> bool:
    return parcel.shipped_at is not None and now - parcel.shipped_at >= TRACKING_GRACE


def _last_of_all(order: Order) -> Parcel | None:
    """Return the parcel that came last, once all have come; None while something is on its way or to be shipped.

    It stands for the order, so that two parcels ask once whether all is well.
    """
    if order.fulfillment_status == "partial":
        return None
    alive = order.parcels.exclude(status__in=[Status.CANCELLED, Status.FAILED])
    parcels = list(alive.select_related("order__contact"))
    if not parcels or any(parcel.delivered_at is None for parcel in parcels):
        return None
    return max(parcels, key=lambda parcel: (parcel.delivered_at, parcel.pk))


def _parcel(subject: str) -> Parcel | None:
    pk = number_in(subject, KIND)
    return Parcel.objects.select_related("order__contact").filter(pk=pk).first() if pk else None


def _cents_of(subject: str) -> int | None:
    """Return euro cents to pay at the door; None for one that is gone, or to be paid in another currency."""
    parcel = _parcel(subject)
    if parcel is None or parcel.order.due_currency != "EUR":
        return None
    return parcel.order.amount_due_cents


def _trigger(step: Step) -> Trigger:
    return Trigger(
        key=step.key,
        label=step.label,
        group=_("Parcels"),
        parameters=_PARAMETERS,
        values=values_of,
        why_not=lambda subjects, now: why_not(step, subjects, now),
        conditions=[
            amount_condition(
                key="order.amount_due",
                label=_("Amount to pay"),
                group=_("Parcels"),
                cents_of=_cents_of,
            )
        ],
        lasts=step.lasts,
        reasons=WHY_NOT,
    )


PARCEL_TRIGGERS: Final = tuple(_trigger(step) for step in STEPS)
