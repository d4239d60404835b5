"""Somebody has not ordered for long."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from audiences.models import ConsentState
from campaigns.flows import engine
from campaigns.flows.triggers import Text, Trigger
from orders.models import Order
from orders.refill import SHOP_ZONE
from orders.triggers.subjects import dated_in, is_awaited
from orders.triggers.words import WHY_NOT

KIND: Final = "lapsed"
KEY: Final = "customer.lapsed"
# A flow that wants to wait longer adds its own wait.
LAPSED_AFTER: Final = timedelta(days=90)
# A machine that stood still catches up with this much.
_LOOK_BACK: Final = timedelta(days=3)
_LASTS: Final = timedelta(days=7)
_PARAMETERS: Final[Mapping[str, Text]] = {"lapsed.last_order_date": _("Last order: date")}


def find_lapsed(*, now: datetime) -> int:
    """Tell flows of the people whose last order became `LAPSED_AFTER` old; return how many were told of."""
    if not is_awaited([KEY]):
        return 0
    told = 0
    for order in _last_orders(now).iterator(chunk_size=500):
        assert order.contact is not None  # noqa: S101 - narrows the type
        with transaction.atomic():
            told += bool(
                engine.happened(
                    trigger=KEY,
                    subject=f"{KIND}:{order.contact_id}:{_day(order.placed_at).isoformat()}",
                    contact=order.contact,
                    happened_at=order.placed_at + LAPSED_AFTER,
                    now=now,
                )
            )
    return told


def why_not(subjects: Collection[str], now: datetime) -> dict[str, str]:
    """Return subject → reason for people who ordered since, or are gone."""
    named = {subject: dated_in(subject, KIND) for subject in subjects}
    keys = [key[0] for key in named.values() if key is not None]
    latest = dict(
        Order.objects.placed()
        .filter(contact__in=keys)
        .values_list("contact")
        .annotate(latest=Max("placed_at"))
    )
    found = {}
    for subject, key in named.items():
        if key is None or key[0] not in latest:
            found[subject] = "contact_gone"
        elif _day(latest[key[0]]) > key[1]:
            found[subject] = "ordered"
    return found


def values_of(subject: str) -> Mapping[str, str]:
    key = dated_in(subject, KIND)
    return {"lapsed.last_order_date": f"{key[1]:%d/%m/%Y}"} if key else {}


def _last_orders(now: datetime) -> QuerySet[Order]:
    """The newest orders of people who may be written to, and have been quiet since."""
    newer = Order.objects.placed().filter(
        contact=OuterRef("contact"), placed_at__gt=OuterRef("placed_at")
    )
    return (
        Order.objects.placed()
        .filter(
            placed_at__gt=now - LAPSED_AFTER - _LOOK_BACK,
            placed_at__lte=now - LAPSED_AFTER,
            contact__marketing_consent=ConsentState.GIVEN,
            contact__can_receive_whatsapp=True,
            contact__phone__isnull=False,
        )
        .filter(~Exists(newer))
        .select_related("contact")
        .order_by("placed_at")
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(SHOP_ZONE)).date()


LAPSED: Final = Trigger(
    key=KEY,
    label=_("Somebody has not ordered for 90 days"),
    group=_("Customers"),
    is_marketing=True,
    parameters=_PARAMETERS,
    values=values_of,
    why_not=why_not,
    lasts=_LASTS,
    reasons=WHY_NOT,
)
