"""The shop of the demo: its simulator knows the customers, products and open orders that are here.

Nothing here changes the demo's own data. It is told at every start, and keeps what it knew: the shop has
a folder of its own.
"""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

import requests

from audiences.models import ConsentState, Contact
from config.demo.scale import IDS_PER_KIND, PRODUCTS_FROM
from orders.models import Order, Product, Reconciliation
from orders.shopify.simulator import ShopControl

CUSTOMERS_FROM = 8_400_000_000_000
LINES_FROM = 8_500_000_000_000
# The first order here is #1000.
NUMBERS_FROM = 1_000
WELL_KNOWN, WITHOUT_CONSENT, LANDLINES = 24, 3, 2
PER_TYPE = 2
OPEN_ORDERS = 400
START_SECONDS = 20.0
KNOCK_SECONDS = 0.1
# Older than what a look for changes asks for: nothing of it is news.
SETTLED = timedelta(minutes=10)
_CONSENTS = {ConsentState.GIVEN: "subscribed", ConsentState.WITHDRAWN: "unsubscribed"}
_ADDRESS = (
    "first_name", "last_name", "company", "address1", "address2", "zip", "city", "province_code",
    "country_code", "phone",
)  # fmt: skip


class ShopDidNotStart(Exception):
    """The simulator of Shopify did not answer."""


def wait_for_shop(control: ShopControl) -> None:
    """Return once the shop answers.

    :raises ShopDidNotStart: it did not in 20 seconds.
    """
    tick = threading.Event()
    for _ in range(int(START_SECONDS / KNOCK_SECONDS)):
        try:
            control.get("alive")
        except requests.RequestException:
            tick.wait(KNOCK_SECONDS)
        else:
            return
    raise ShopDidNotStart("The simulator of Shopify did not answer in 20 seconds.")


def tell_shop(control: ShopControl, *, now: datetime) -> None:
    """Have the shop know what the database does; what it knows already stays as it is there."""
    people = list(chain(*_people()))
    orders = list(_open_orders())
    buyers = {order.contact for order in orders if order.contact is not None}
    customers = {contact.pk: contact for contact in chain(people, buyers)}
    control.seed(
        products=[_product(one) for one in _shelf()],
        customers=[_customer(one) for one in customers.values()],
        orders=[_order(one, now=now) for one in orders],
        last_number=NUMBERS_FROM + Order.objects.count(),
        is_kept=True,
    )


def note_all_known(*, now: datetime) -> None:
    """The demo's own orders are no news of the shop: what changes from now on is."""
    if Reconciliation.objects.exists():
        return
    Reconciliation.objects.bulk_create(
        Reconciliation(kind=kind, since=now, started_at=now, touched_at=now, finished_at=now)
        for kind in Reconciliation.Kind.values
    )


def _people() -> Iterator[list[Contact]]:
    """Some who may be asked about an order, some who did not agree, and some with a landline."""
    reachable = (
        Contact.objects.filter(country="IT", is_blocked=False, has_invalid_phone=False)
        .exclude(phone=None)
        .exclude(orders__in=Order.objects.cod_pending())
        .order_by("pk")
    )
    mobiles = reachable.filter(can_receive_whatsapp=True, orders__isnull=False).distinct()
    yield list(mobiles.filter(orders_consent=ConsentState.GIVEN)[:WELL_KNOWN])
    yield list(mobiles.exclude(orders_consent=ConsentState.GIVEN)[:WITHOUT_CONSENT])
    yield list(reachable.filter(can_receive_whatsapp=False)[:LANDLINES])


def _shelf() -> Iterator[Product]:
    """The first products of each type."""
    ids = (PRODUCTS_FROM, PRODUCTS_FROM + IDS_PER_KIND)
    products = Product.objects.filter(shopify_id__range=ids, is_active=True, stock__gt=20)
    types = products.order_by("product_type").values_list("product_type", flat=True).distinct()
    for kind in types:
        yield from islice(products.filter(product_type=kind).order_by("shopify_id"), PER_TYPE)


def _open_orders() -> Iterator[Order]:
    """Orders whose parcel has not left: what an agent may still change at the shop."""
    pending = Order.objects.cod_pending() | Order.objects.placed().filter(
        is_cod=True, delivery_state=Order.DeliveryState.PENDING
    )
    newest = pending.select_related("contact").prefetch_related("lines__product")
    yield from newest.exclude(shopify_id=None).order_by("-placed_at")[:OPEN_ORDERS]


def _product(one: Product) -> dict[str, Any]:
    return {
        "id": one.shopify_id,
        "title": one.title,
        "price_cents": one.price_cents,
        "product_type": one.product_type,
        "vendor": one.vendor,
        "tags": list(one.tags),
        "stock": one.stock,
    }


def _customer(one: Contact) -> dict[str, Any]:
    latest = one.orders.order_by("-placed_at").first()
    address = _address(latest.shipping_address if latest else {}, one)
    return {
        "id": CUSTOMERS_FROM + one.pk,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "email": one.email,
        "phone": one.phone or "",
        "locale": one.language,
        "tags": list(one.tags),
        "addresses": [address] if address else [],
        "whatsapp_consent": _CONSENTS.get(ConsentState(one.marketing_consent)),
        "created_at": one.created_at.isoformat(),
    }


def _address(kept: dict[str, str], contact: Contact | None) -> dict[str, str] | None:
    """The courier's number is the customer's."""
    if not kept.get("address1"):
        return None
    known = {name: str(kept.get(name) or "") for name in _ADDRESS}
    return known | {"phone": known["phone"] or (contact.phone or "" if contact else "")}


def _order(one: Order, *, now: datetime) -> dict[str, Any]:
    lines = [_line(line) for line in one.lines.all()]
    goods = sum(line["price_cents"] * line["quantity"] for line in lines)
    extra = max(one.total_cents - goods, 0)
    address = _address(one.shipping_address, one.contact)
    return {
        "id": one.shopify_id,
        "number": int(digits) if (digits := one.name.lstrip("#")).isdecimal() else one.pk,
        "name": one.name,
        "created_at": one.placed_at.isoformat(),
        "updated_at": min(one.placed_at, now - SETTLED).isoformat(),
        "customer_id": CUSTOMERS_FROM + one.contact.pk if one.contact else None,
        "email": one.contact.email if one.contact else "",
        "locale": one.contact.language if one.contact else "it",
        "shipping_address": address,
        "billing_address": address,
        "lines": lines,
        "shipping_lines": [
            {"id": LINES_FROM - one.pk, "title": "Contrassegno (+2,90 €)", "price_cents": extra}
        ],
        "gateways": ["Cash on Delivery (COD)"],
        "tags": list(one.tags),
        "note": one.note,
    }


def _line(line: Any) -> dict[str, Any]:
    product = line.product
    return {
        "id": line.shopify_id or LINES_FROM + line.pk,
        "title": line.title,
        "price_cents": line.price_cents,
        "quantity": line.quantity,
        "current_quantity": line.quantity,
        "product_id": product.shopify_id if product else None,
        "variant_id": product.shopify_id + 1 if product else None,
    }
