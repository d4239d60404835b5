"""What waits for people: whom to call, which addresses to look at, what to cancel, what to read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from campaigns.models import Flow
from orders.cod.moves import Status
from orders.cod.pickups import pickup_after
from orders.cod.question import PLACED
from orders.cod.words import Verb
from orders.models import AddressChange, CodEvent, Order, Shop

State = AddressChange.State
# Older ones have been packed, refused or forgotten: calling would surprise.
UNASKED_FOR: Final = timedelta(days=14)
# A question is on its way for so long before somebody wonders.
_SOON: Final = timedelta(minutes=15)
# Not asked for a reason that calling would not respect.
_NOT_TO_CALL: Final = ("cod_holdout", "imported", "order_paid", "order_shipped", "order_cancelled")
_SAID: Final = (Verb.QUESTION, Verb.LATE, Verb.TYPED, Verb.CANCEL_REQUESTED, Verb.CHANGE_REQUESTED)


class Why(StrEnum):
    """Why somebody is on the call list."""

    SILENT = "silent"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """The orders that must be settled before one pick-up of the courier."""

    at: datetime
    is_missed: bool
    orders: Sequence[Order]


def to_call(why: Why, *, now: datetime) -> QuerySet[Order]:
    """Return the orders to call about, the most urgent first: pick-ups come in the order of the orders.

    Each has `calls` and `called_at`: how often nobody answered, and when last.
    """
    open_ = Order.objects.filter(
        is_cod=True,
        cancelled_at__isnull=True,
        erased_at__isnull=True,
        delivery_state=Order.DeliveryState.PENDING,
    ).exclude(fulfillment_status__in=["fulfilled", "partial"])
    found = (
        open_.filter(cod_status=Status.UNANSWERED)
        if why is Why.SILENT
        else open_.filter(
            _unasked(now), is_imported=False, is_cod_holdout=False, amount_due_cents__gt=0
        )
    )
    nobody = Q(cod_events__verb=Verb.NOBODY)
    return (
        found.select_related("contact")
        .prefetch_related("lines")
        .annotate(
            calls=Count("cod_events", filter=nobody), called_at=Max("cod_events__at", filter=nobody)
        )
        .order_by("placed_at", "pk")
    )


def _unasked(now: datetime) -> Q:
    refused = Q(cod_status=Status.NOT_ELIGIBLE) & ~Q(cod_reason__in=_NOT_TO_CALL)
    never = Q(cod_status=Status.TO_ASK, asked_amount_cents__isnull=True, placed_at__lte=now - _SOON)
    return (refused | never) & Q(placed_at__gte=now - UNASKED_FOR)


def by_pickup(orders: Iterable[Order], shop: Shop, *, now: datetime) -> list[Pickup]:
    """Group orders, which are in the order of their placing, by the pick-up they were meant for."""
    groups: dict[datetime, list[Order]] = {}
    for order in orders:
        groups.setdefault(pickup_after(order.placed_at, shop.courier_cutoff), []).append(order)
    return [Pickup(at=at, is_missed=at <= now, orders=found) for at, found in groups.items()]


def changes() -> QuerySet[AddressChange]:
    """Return open changes of address: those to look at first, the oldest of each first."""
    found = AddressChange.objects.filter(state__in=[State.TYPED, State.ASKED, State.APPLYING])
    return found.select_related("order__contact", "decided_by").order_by("-state", "asked_at", "pk")


def cancellations() -> QuerySet[Order]:
    """Return the orders whose customer wants to cancel, the oldest wish first."""
    return _with_words(
        Order.objects.filter(cod_status=Status.CANCEL_REQUESTED).order_by("answered_at", "pk")
    )


def questions() -> QuerySet[Order]:
    """Return the orders about which a customer wrote something for a person, the oldest first."""
    return _with_words(
        Order.objects.filter(cod_question_at__isnull=False).order_by("cod_question_at", "pk")
    )


def _with_words(orders: QuerySet[Order]) -> QuerySet[Order]:
    said = CodEvent.objects.filter(verb__in=_SAID).order_by("-at", "-pk")
    return orders.select_related("contact").prefetch_related(
        Prefetch("cod_events", queryset=said, to_attr="said"),
        Prefetch("shop_calls", to_attr="told"),
    )


def is_asking() -> bool:
    """Say whether a flow asks at all."""
    return Flow.objects.filter(trigger=PLACED, status=Flow.Status.ENABLED).exists()
