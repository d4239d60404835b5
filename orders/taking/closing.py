"""Carts that became an order: they are not abandoned, and nobody is reminded of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from campaigns.flows import engine
from orders.models import Checkout, Order

# Without a token in common: the same person, and the order placed within this of the cart.
WINDOW = timedelta(days=7)
_ORDERED = "ordered"


def close_checkouts(order: Order, *, now: datetime) -> int:
    """Mark the carts that this order came from as recovered; return how many."""
    same = _by_token(order) | _by_person(order)
    carts = Checkout.objects.filter(same, recovered_at=None) if same else Checkout.objects.none()
    ids = list(carts.select_for_update().order_by("pk").values_list("pk", flat=True))
    Checkout.objects.filter(pk__in=ids).update(recovered_at=order.placed_at)
    for pk in ids:
        engine.leave(subject=f"checkout:{pk}", reason=_ORDERED, now=now)
    return len(ids)


def close_checkouts_of(orders: Sequence[Order], *, now: datetime) -> None:
    """As `close_checkouts` for each; of most orders there is no cart left to close."""
    near = Q(token__in=_filled(order.checkout_token for order in orders))
    near |= Q(cart_token__in=_filled(order.cart_token for order in orders))
    near |= Q(phone__in=_filled(order.phone for order in orders))
    near |= Q(contact__in=[order.contact_id for order in orders if order.contact_id is not None])
    open_carts = Checkout.objects.filter(near, recovered_at=None)
    told = open_carts.values_list("token", "cart_token", "phone", "contact")
    marks = {mark for row in told for mark in enumerate(row) if mark[1]}
    for order in orders:
        own = (order.checkout_token, order.cart_token, order.phone, order.contact_id)
        if marks.intersection(enumerate(own)):
            close_checkouts(order, now=now)


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]


def ordered_at(checkout: Checkout) -> datetime | None:
    """Return when an order we know came from this cart; None if none did."""
    same = _of_token(checkout) | _of_person(checkout)
    if not same:
        return None
    orders = Order.objects.filter(same).order_by("placed_at")
    return orders.values_list("placed_at", flat=True).first()


def _by_token(order: Order) -> Q:
    same = Q()
    if order.checkout_token:
        same |= Q(token=order.checkout_token)
    if order.cart_token:
        same |= Q(cart_token=order.cart_token)
    return same


def _by_person(order: Order) -> Q:
    """A cart that was touched after the order is another one."""
    near = Q(abandoned_at__lte=order.placed_at, abandoned_at__gte=order.placed_at - WINDOW)
    who = Q()
    if order.phone:
        who |= Q(phone=order.phone)
    if order.contact_id is not None:
        who |= Q(contact=order.contact_id)
    return near & who if who else Q()


def _of_token(checkout: Checkout) -> Q:
    same = Q()
    if checkout.token:
        same |= Q(checkout_token=checkout.token)
    if checkout.cart_token:
        same |= Q(cart_token=checkout.cart_token)
    return same


def _of_person(checkout: Checkout) -> Q:
    at = checkout.abandoned_at
    near = Q(placed_at__gte=at, placed_at__lte=at + WINDOW)
    who = Q()
    if checkout.phone:
        who |= Q(phone=checkout.phone)
    if checkout.contact_id is not None:
        who |= Q(contact=checkout.contact_id)
    return near & who if who else Q()
