"""What somebody buys again and again is about to run out: the day is read from the pace of their orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from audiences.models import ConsentState, Contact
from campaigns.flows import engine
from campaigns.flows.triggers import Text, Trigger
from orders.models import Order
from orders.refill import SHOP_ZONE, refill
from orders.triggers.subjects import dated_in, is_awaited
from orders.triggers.words import WHY_NOT

KIND: Final = "refill"
KEY: Final = "customer.refill_due"
# So many days before: time to order and to be delivered to.
LEAD_DAYS: Final = 3
# Who has bought nothing for a year has another supplier.
_LATELY: Final = timedelta(days=365)
_LASTS: Final = timedelta(days=4)
_AS_WRITTEN: Final = "%d/%m/%Y"
_PARAMETERS: Final[Mapping[str, Text]] = {
    "refill.date": _("Refill: date"),
    "refill.product": _("Refill: product"),
}


def find_due(*, now: datetime) -> int:
    """Tell flows of the people whose supply ends within `LEAD_DAYS`; return how many were told of."""
    if not is_awaited([KEY]):
        return 0
    today = now.astimezone(ZoneInfo(SHOP_ZONE)).date()
    days = {f"{day:{_AS_WRITTEN}}": day for day in _from(today)}
    told = 0
    for contact in _reachable(now).filter(refill_date__in=list(days)).iterator(chunk_size=500):
        day = days[str(contact.refill_date)]
        with transaction.atomic():
            told += bool(
                engine.happened(
                    trigger=KEY,
                    subject=f"{KIND}:{contact.pk}:{day.isoformat()}",
                    contact=contact,
                    happened_at=now,
                    now=now,
                )
            )
    return told


def why_not(subjects: Collection[str], now: datetime) -> dict[str, str]:
    """Return subject → reason for people who bought it meanwhile, or are gone."""
    named = {subject: dated_in(subject, KIND) for subject in subjects}
    keys = [key[0] for key in named.values() if key is not None]
    people = Contact.objects.filter(pk__in=keys).annotate(refill_date=refill("refill_date"))
    lasts_until = {contact.pk: contact.refill_date for contact in people}
    found = {}
    for subject, key in named.items():
        if key is None or key[0] not in lasts_until:
            found[subject] = "contact_gone"
        elif lasts_until[key[0]] != f"{key[1]:{_AS_WRITTEN}}":
            found[subject] = "refill_changed"
    return found


def values_of(subject: str) -> Mapping[str, str]:
    """Return the day on which it runs out, and what: read now."""
    key = dated_in(subject, KIND)
    person = (
        Contact.objects.filter(pk=key[0])
        .annotate(refill_date=refill("refill_date"), refill_product=refill("refill_product"))
        .first()
        if key
        else None
    )
    if person is None:
        return {}
    return {
        "refill.date": person.refill_date or "",
        "refill.product": person.refill_product or "",
    }


def _from(today: date) -> list[date]:
    return [today + timedelta(days=days) for days in range(LEAD_DAYS + 1)]


def _reachable(now: datetime) -> QuerySet[Any]:
    """The people who may be written to; the day is worked out for nobody else."""
    bought = Order.objects.placed().filter(
        contact=OuterRef("pk"), placed_at__gt=now - _LATELY, placed_at__lte=now
    )
    return (
        Contact.objects.filter(
            marketing_consent=ConsentState.GIVEN,
            phone__isnull=False,
            can_receive_whatsapp=True,
            merged_into=None,
        )
        .filter(Exists(bought))
        .annotate(refill_date=refill("refill_date"))
    )


REFILL_DUE: Final = Trigger(
    key=KEY,
    label=_("What somebody buys regularly is about to run out"),
    group=_("Customers"),
    is_marketing=True,
    parameters=_PARAMETERS,
    values=values_of,
    why_not=why_not,
    lasts=_LASTS,
    reasons=WHY_NOT,
)
