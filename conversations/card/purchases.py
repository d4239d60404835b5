"""What the person bought: the latest orders with their confirmation, parcels and what is to be done about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.models import Contact
from orders.admin.story import why_not
from orders.cod.eligibility import has_shipped
from orders.models import Order, Parcel
from orders.order_words import address_line, lacks_house_number, money, summary

# More than anybody reads while somebody waits on the phone; the rest is in the list of orders.
MOST: Final = 50
# So many stand open, the others behind one click.
OPEN: Final = 5

Cod, Delivery = Order.CodStatus, Order.DeliveryState
_COD_TONES: Final[Mapping[str, str]] = {
    Cod.CONFIRMED: "good",
    Cod.CHANGED: "good",
    Cod.ASKED: "info",
    Cod.TO_ASK: "warn",
    Cod.UNANSWERED: "warn",
    Cod.CHANGE_REQUESTED: "warn",
    Cod.CANCEL_REQUESTED: "bad",
    Cod.CANCELLED: "bad",
}
_DELIVERY_TONES: Final[Mapping[str, str]] = {
    Delivery.DELIVERED: "good",
    Delivery.REFUSED: "bad",
    Delivery.OUT_FOR_DELIVERY: "info",
    Delivery.SHIPPED: "info",
}
_PARCEL_TONES: Final[Mapping[str, str]] = {
    Parcel.Shipment.DELIVERED: "good",
    Parcel.Shipment.RETURNING: "bad",
    Parcel.Shipment.FAILED: "bad",
    Parcel.Shipment.ATTEMPTED: "warn",
    Parcel.Shipment.DELAYED: "warn",
    Parcel.Shipment.READY_FOR_PICKUP: "warn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do about an order: one of the pages of cash on delivery, which ask before they act."""

    text: str | Promise
    url: str
    is_danger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelShown:
    """`link` is empty where the courier's address is not one that a browser opens as a page."""

    name: str
    state: Label
    courier: str
    tracking: str
    link: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShown:
    """Texts are in the active language, amounts written out."""

    order: Order
    total: str
    due: str
    summary: str
    address: str
    lacks_number: bool
    labels: tuple[Label, ...]
    why_not_asked: str
    parcels: tuple[ParcelShown, ...]
    steps: tuple[Step, ...]
    link: str


def purchases_of(
    contact: Contact, *, user: User | AnonymousUser, language: str
) -> list[OrderShown]:
    """Return the latest orders, newest first; three queries whatever their number."""
    parcels = Prefetch("parcels", queryset=Parcel.objects.order_by("pk"))
    found = (
        Order.objects.filter(contact=contact)
        .prefetch_related("lines", parcels)
        .order_by("-placed_at", "-pk")[:MOST]
    )
    may_read, may_decide = user.has_perm("orders.view_order"), user.has_perm("orders.decide_cod")
    return [
        _shown(order, language=language, may_read=may_read, may_decide=may_decide)
        for order in found
    ]


def _shown(order: Order, *, language: str, may_read: bool, may_decide: bool) -> OrderShown:
    is_due = order.is_cod and order.amount_due_cents > 0
    address = order.shipping_address or {}
    return OrderShown(
        order=order,
        total=money(order.total_cents, order.currency, language),
        due=money(order.amount_due_cents, order.due_currency, language) if is_due else "",
        summary=summary(list(order.lines.all())),
        address=address_line(address),
        lacks_number=not has_shipped(order) and lacks_house_number(address),
        labels=tuple(_labels(order)),
        why_not_asked=why_not(order) if order.cod_status == Cod.NOT_ELIGIBLE else "",
        parcels=tuple(_parcel(parcel) for parcel in order.parcels.all()),
        steps=tuple(_steps(order)) if may_decide and order.is_cod else (),
        link=reverse("admin:orders_order_change", args=[order.pk]) if may_read else "",
    )


def _labels(order: Order) -> Iterator[Label]:
    """How it is paid and confirmed, where it is, and what else sets it apart."""
    if order.is_cod:
        yield Label(text=_("Cash on delivery"))
        if order.cod_status != Cod.NOT_COD:
            tone = _COD_TONES.get(order.cod_status, "")
            yield Label(text=order.get_cod_status_display(), tone=tone)
    else:
        yield Label(text=_("Paid online"))
    if order.cancelled_at and order.cod_status != Cod.CANCELLED:
        yield Label(text=_("Cancelled"), tone="bad")
    if not order.cancelled_at or order.delivery_state != Delivery.PENDING:
        tone = _DELIVERY_TONES.get(order.delivery_state, "")
        yield Label(text=order.get_delivery_state_display(), tone=tone)
    if order.outcome == Order.Outcome.RETURNED_AFTER_DELIVERY:
        yield Label(text=order.get_outcome_display(), tone="bad")
    if order.is_test:
        yield Label(text=_("Test order"), tone="warn")


def _parcel(parcel: Parcel) -> ParcelShown:
    shown = parcel.get_shipment_display() if parcel.shipment else parcel.get_status_display()
    is_page = parcel.tracking_url.startswith(("https://", "http://"))
    return ParcelShown(
        name=parcel.name or _("Parcel"),
        state=Label(text=shown, tone=_PARCEL_TONES.get(parcel.shipment, "")),
        courier=parcel.courier,
        tracking=parcel.tracking_number,
        link=parcel.tracking_url if is_page else "",
        at=parcel.delivered_at or parcel.attempted_at or parcel.shipped_at,
    )


# What each state asks a person to do: label, page of `orders.admin.cod`, whether it takes something away.
_TO_DO: Final[Mapping[str, tuple[tuple[str | Promise, str, bool], ...]]] = {
    Cod.CHANGE_REQUESTED: (
        (gettext_lazy("Look at the address"), "address", False),
        (gettext_lazy("Leave it as it is"), "refuse", False),
    ),
    Cod.CANCEL_REQUESTED: (
        (gettext_lazy("Keep the order"), "keep", False),
        (gettext_lazy("Cancel the order"), "cancel", True),
    ),
    Cod.UNANSWERED: (
        (gettext_lazy("Confirmed by phone"), "confirm", False),
        (gettext_lazy("Cancel the order"), "cancel", True),
    ),
}


def _steps(order: Order) -> Iterator[Step]:
    for text, page, is_danger in _TO_DO.get(order.cod_status, ()):
        if page == "address" and has_shipped(order):
            continue
        yield Step(text=text, url=_page(order, page), is_danger=is_danger)
    if order.cod_question_at is not None:
        yield Step(text=gettext_lazy("Question settled"), url=_page(order, "seen"))


def _page(order: Order, name: str) -> str:
    return f"{reverse(f'admin:orders_cod_{name}', args=[order.pk])}?back=card"
