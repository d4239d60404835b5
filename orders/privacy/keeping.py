"""What this floor keeps of a person: told row by row, and blanked. That something was bought, and when, stays."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Model, QuerySet

from audiences.keepers import Figures, Keeper, Person, Told, register
from orders import deliveries
from orders.models import (
    AddressChange,
    Checkout,
    CodEvent,
    Order,
    OrderLine,
    Parcel,
    ParcelEvent,
    ShopCall,
    ShopifyCustomer,
)
from orders.shops import current_shop

_ORDER = ("shopify_id", "name", "placed_at", "phone", "email", "shipping_address", "total_cents",
          "currency", "amount_due_cents", "is_cod", "cod_status", "note", "attributes", "tags",
          "financial_status", "delivery_state", "outcome", "cancelled_at")  # fmt: skip
_ACCOUNT = ("shopify_id", "phone", "email", "tags", "said", "consents", "created_at")
_CHECKOUT = ("shopify_id", "phone", "email", "language", "lines", "amount_cents", "currency",
             "abandoned_at", "recovered_at")  # fmt: skip
# What of an order is the person's, by the names of `orders.taking.columns`; a version above all others keeps late
# bodies from writing it again.
_HERS = ("email", "shipping_address", "phones", "customer", "person", "note", "attributes",
         "checkout_token", "cart_token")  # fmt: skip
_FOR_GOOD = "~"
# Of an address stays what figures are made of, and points at nobody.
_PLACE = ("province_code", "country_code")


def tell_purchases(person: Person) -> Told:
    """What is kept of the orders, carts and accounts that lead to this contact."""
    mine = {"contact__in": person.contact_ids}
    orders = Order.objects.filter(**mine).values_list("pk", flat=True)
    checkouts = Checkout.objects.filter(**mine).values_list("pk", flat=True)
    accounts = ShopifyCustomer.objects.filter(**mine).values_list("pk", flat=True)
    return tell_rows(orders=list(orders), checkouts=list(checkouts), accounts=list(accounts))


def tell_rows(
    *, orders: Collection[int], checkouts: Collection[int], accounts: Collection[int]
) -> Told:
    """The same by the keys of rows."""
    of_orders: dict[str, Any] = {"order__in": orders}
    return {
        "accounts": _rows(ShopifyCustomer.objects.filter(pk__in=accounts), _ACCOUNT),
        "orders": _rows(Order.objects.filter(pk__in=orders), _ORDER),
        "order_lines": _rows(
            OrderLine.objects.filter(**of_orders),
            ("order__name", "title", "quantity", "price_cents"),
        ),
        "parcels": _rows(
            Parcel.objects.filter(**of_orders),
            ("order__name", "name", "courier", "tracking_number", "shipped_at", "delivered_at"),
        ),
        "confirmations": _rows(
            CodEvent.objects.filter(**of_orders), ("order__name", "at", "verb", "evidence")
        ),
        "changes_of_address": _rows(
            AddressChange.objects.filter(**of_orders),
            ("order__name", "asked_at", "typed_text", "old_address", "new_address"),
        ),
        "checkouts": _rows(Checkout.objects.filter(pk__in=checkouts), _CHECKOUT),
    }


def erase_purchases(person: Person, now: datetime) -> Figures:
    """Blank what leads to this contact; accounts stay as empty rows, so that late news finds them gone."""
    mine = {"contact__in": person.contact_ids}
    orders = list(Order.objects.filter(**mine).values_list("pk", flat=True))
    checkouts = list(Checkout.objects.filter(**mine).values_list("pk", flat=True))
    figures = erase_orders(orders, now=now) | {"checkouts": erase_checkouts(checkouts)}
    accounts = ShopifyCustomer.objects.filter(**mine)
    figures["accounts"] = erase_accounts(list(accounts.values_list("pk", flat=True)), now=now)
    texts = [*person.phones, *(national(phone) for phone in person.phones), *person.emails]
    figures["deliveries"] = deliveries.erase(texts=texts)
    return figures


def erase_orders(ids: Collection[int], *, now: datetime) -> dict[str, int]:
    """Blank the person in these orders, their parcels, confirmations and calls to Shopify."""
    with transaction.atomic():
        rows = Order.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        for order in rows:
            _blank_order(order, now=now)
        of_orders: dict[str, Any] = {"order__in": ids}
        parcels = Parcel.objects.filter(**of_orders).update(tracking_number="", tracking_url="")
        ParcelEvent.objects.filter(parcel__order__in=ids).update(message="")
        AddressChange.objects.filter(**of_orders).update(
            typed_text="", old_address={}, new_address={}, reason=""
        )
        ShopCall.objects.filter(**of_orders).update(payload={}, error="", error_detail="")
        with pgtrigger.ignore("orders.CodEvent:append_only"):
            CodEvent.objects.filter(**of_orders).update(evidence="")
    return {"orders": len(ids), "parcels": parcels}


def erase_checkouts(ids: Collection[int]) -> int:
    """Blank the person in carts; the address that opens one goes as well."""
    return Checkout.objects.filter(pk__in=ids).update(
        contact=None, token=None, cart_token="", phone="", email="", recovery_url=""
    )


def erase_accounts(ids: Collection[int], *, now: datetime) -> int:
    """Leave nothing of an account but its number on Shopify, marked as gone."""
    ShopCall.objects.filter(customer__in=ids).update(payload={}, error_detail="")
    return ShopifyCustomer.objects.filter(pk__in=ids).update(
        contact=None,
        phone="",
        email="",
        tags=[],
        said={},
        consents={},
        gone_at=now,
        erased_at=now,
    )


def national(phone: str) -> str:
    """Return an Italian number as people type it, without its prefix; others as they are."""
    return phone.removeprefix("+39")


def register_keeper() -> None:
    """Have this floor answer for what it keeps; called when the application starts."""
    register("orders", Keeper(tell=tell_purchases, erase=erase_purchases))


def _blank_order(order: Order, *, now: datetime) -> None:
    """Tags that decide how a parcel ended stay: the outcome is worked out from them."""
    shop = current_shop()
    ours = {tag.casefold() for tag in (shop.cod_tag, *shop.refused_tags)}
    address = order.shipping_address or {}
    Order.objects.filter(pk=order.pk).update(
        phone="",
        email="",
        note="",
        attributes={},
        tags=[tag for tag in order.tags if tag.casefold() in ours],
        shipping_address={key: address[key] for key in _PLACE if address.get(key)},
        checkout_token="",
        cart_token="",
        field_versions=order.field_versions | dict.fromkeys(_HERS, _FOR_GOOD),
        erased_at=now,
        updated_at=now,
    )


def _rows(query: QuerySet[Any, Any], fields: Collection[str]) -> list[dict[str, Any]]:
    model: type[Model] = query.model
    return list(query.order_by(*(model._meta.ordering or ["pk"])).values(*fields))
