"""A cart that was left behind: nobody tells us, it is found by having been quiet for a while.

“Abandoned” is a state that Shopify reports by no webhook. https://shopify.dev (Abandoned checkouts)
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.flows import engine
from campaigns.flows.triggers import Text, Trigger, amount_condition
from orders.models import Checkout, Order
from orders.order_words import money
from orders.triggers.subjects import is_awaited, number_in, numbers_in, was_told
from orders.triggers.words import WHY_NOT

logger = logging.getLogger(__name__)

KIND: Final = "checkout"
KEY: Final = "checkout.abandoned"
# Whoever touched it this recently is still at it, or has just paid and the order is on its way to us.
QUIET: Final = timedelta(minutes=30)
# What was left earlier is not looked for any more.
_LOOK_BACK: Final = timedelta(days=2)
# Over a Sunday, on which nobody is written to.
_LASTS: Final = timedelta(days=3)
_PARAMETERS: Final[Mapping[str, Text]] = {
    "checkout.amount": _("Cart: amount"),
    "checkout.summary": _("Cart: what is in it"),
    "checkout.recovery_url": _("Cart: link back to it"),
}
_LINES_SHOWN = 3


def find_abandoned(*, now: datetime) -> int:
    """Tell flows of the carts that have become quiet; return how many were told of."""
    if not is_awaited([KEY]):
        return 0
    quiet = Checkout.objects.filter(
        recovered_at=None,
        contact__isnull=False,
        abandoned_at__gt=now - _LOOK_BACK,
        abandoned_at__lte=now - QUIET,
    ).exclude(was_told(KEY, KIND))
    ids = list(quiet.order_by("abandoned_at").values_list("pk", flat=True))
    for pk in ids:
        try:
            _tell(pk, now=now)
        except Exception:
            # One cart does not keep the others from being told of; the next run tries it again.
            logger.exception("the abandoned checkout %s could not be told of", pk)
    return len(ids)


def checkout_changed(checkout: Checkout, changes: Collection[str], *, now: datetime) -> None:
    """Let the wait begin anew for whoever came back to the cart, in the transaction that noted it."""
    if "abandoned_at" in changes and checkout.recovered_at is None:
        engine.happened_later(
            subject=f"{KIND}:{checkout.pk}",
            happened_at=checkout.abandoned_at,
            not_before=checkout.abandoned_at + QUIET,
        )


def why_not(subjects: Collection[str], now: datetime) -> dict[str, str]:
    """Return subject → reason for carts that must not (any longer) be written about."""
    by_key = numbers_in(subjects, KIND)
    carts = Checkout.objects.in_bulk(by_key)
    found = dict.fromkeys(subjects, "checkout_gone")
    for pk, cart in carts.items():
        found[by_key[pk]] = _why_not_one(cart, now)
    return {subject: reason for subject, reason in found.items() if reason}


def values_of(subject: str) -> Mapping[str, str]:
    """Return what a message may say of the cart, read now; nothing of one that is gone."""
    cart = _cart(subject)
    if cart is None:
        return {}
    language = cart.contact.language if cart.contact else cart.language
    return {
        "checkout.amount": money(cart.amount_cents, cart.currency, language),
        "checkout.summary": _summary(cart),
        "checkout.recovery_url": cart.recovery_url,
    }


def _tell(pk: int, *, now: datetime) -> None:
    with transaction.atomic():
        # Locked: an order that comes in this moment closes the cart before or after, not in between.
        cart = Checkout.objects.select_for_update(of=["self"]).select_related("contact").get(pk=pk)
        if cart.contact is None or cart.recovered_at is not None:
            return
        engine.happened(
            trigger=KEY,
            subject=f"{KIND}:{pk}",
            contact=cart.contact,
            happened_at=cart.abandoned_at,
            now=now,
        )


def _why_not_one(cart: Checkout, now: datetime) -> str:
    if cart.recovered_at is not None or _has_ordered(cart):
        return "ordered"
    if cart.amount_cents <= 0 or not cart.recovery_url:
        return "empty_cart"
    if now - cart.abandoned_at < QUIET:
        return "back_at_cart"
    newer = Checkout.objects.filter(
        contact=cart.contact_id, recovered_at=None, abandoned_at__gt=cart.abandoned_at
    )
    return "newer_cart" if cart.contact_id is not None and newer.exists() else ""


def _has_ordered(cart: Checkout) -> bool:
    """By the cart's own tokens; else whoever has ordered anything since is not asked to."""
    same, person = Q(), Q()
    if cart.token:
        same |= Q(checkout_token=cart.token)
    if cart.cart_token:
        same |= Q(cart_token=cart.cart_token)
    if cart.contact_id is not None:
        person |= Q(contact=cart.contact_id)
    if cart.phone:
        person |= Q(phone=cart.phone)
    if cart.email:
        person |= Q(email__iexact=cart.email)
    if person:
        same |= person & Q(placed_at__gte=cart.abandoned_at)
    return bool(same) and Order.objects.filter(same).exists()


def _summary(cart: Checkout) -> str:
    lines = [line for line in cart.lines if isinstance(line, dict) and line.get("title")]
    told = [f"{line.get('quantity', 1)} × {line['title']}" for line in lines[:_LINES_SHOWN]]
    return ", ".join(told)


def _cart(subject: str) -> Checkout | None:
    pk = number_in(subject, KIND)
    return Checkout.objects.select_related("contact").filter(pk=pk).first() if pk else None


def _cents_of(subject: str) -> int | None:
    """Return the cart's amount in euro cents; None for one that is gone, or in another currency."""
    cart = _cart(subject)
    return cart.amount_cents if cart is not None and cart.currency == "EUR" else None


ABANDONED: Final = Trigger(
    key=KEY,
    label=_("A cart was left behind"),
    group=_("Carts"),
    is_marketing=True,
    parameters=_PARAMETERS,
    values=values_of,
    why_not=why_not,
    conditions=[
        amount_condition(
            key="checkout.amount", label=_("Cart: amount"), group=_("Carts"), cents_of=_cents_of
        )
    ],
    default_delay_minutes=60,
    lasts=_LASTS,
    reasons=WHY_NOT,
)
