"""What several bodies share: money sets, addresses, the customer inside an order, a line."""

from orders.shopify.simulator.forms import (
    Json,
    converted,
    country_name,
    gid,
    local,
    money,
    province_name,
)
from orders.shopify.simulator.things import Address, Customer, Line, Order


def amount(cents: int, currency: str) -> Json:
    return {"amount": money(cents), "currency_code": currency}


def money_set(cents: int, order: Order, currency: str) -> Json:
    """The shop's currency and the one the buyer saw."""
    seen = converted(cents, order.presentment_rate)
    return {
        "shop_money": amount(cents, currency),
        "presentment_money": amount(seen, order.presentment_currency),
    }


def address(one: Address | None) -> Json | None:
    """An address of an order: no id, free text for a phone."""
    if one is None:
        return None
    return {
        "first_name": one.first_name or None,
        "address1": one.address1,
        "phone": one.phone or None,
        "city": one.city,
        "zip": one.zip,
        "province": province_name(one.province_code, one.country_code) or None,
        "country": country_name(one.country_code),
        "last_name": one.last_name,
        "address2": one.address2 or None,
        "company": one.company or None,
        "latitude": None,
        "longitude": None,
        "name": f"{one.first_name} {one.last_name}".strip(),
        "country_code": one.country_code,
        "province_code": one.province_code or None,
    }


def customer_address(one: Address, customer: Customer, *, is_default: bool) -> Json:
    """An address of a customer has an id and a name of its country."""
    shown = address(one) or {}
    return {
        "id": one.id,
        "customer_id": customer.id,
        **{key: shown[key] for key in shown if key not in {"latitude", "longitude"}},
        "country_name": shown["country"],
        "default": is_default,
    }


def customer(one: Customer, currency: str) -> Json:
    """Since API 2025-01: no tags, no consents, no totals."""
    return {
        "id": one.id,
        "created_at": local(one.created_at),
        "updated_at": local(one.updated_at),
        "first_name": one.first_name or None,
        "last_name": one.last_name or None,
        "state": "disabled",
        "note": one.note or None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": one.email or None,
        "phone": one.phone or None,
        "currency": currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", one.id),
    }


def customer_inside(one: Customer, currency: str) -> Json:
    """The customer of an order or of a checkout."""
    shown = customer(one, currency)
    if one.addresses:
        shown["default_address"] = customer_address(one.addresses[0], one, is_default=True)
    return shown


def line(one: Line, order: Order, currency: str) -> Json:
    discount = money_set(0, order, currency)
    left = max(one.current_quantity - one.fulfilled_quantity, 0)
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("LineItem", one.id),
        "attributed_staffs": [],
        "current_quantity": one.current_quantity,
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": _line_status(one),
        "gift_card": one.gift_card,
        "grams": 0,
        "name": one.title,
        "price": money(one.price_cents),
        "price_set": money_set(one.price_cents, order, currency),
        "product_exists": one.product_id is not None,
        "product_id": one.product_id,
        "properties": [],
        "quantity": one.quantity,
        "requires_shipping": one.requires_shipping,
        "sales_line_item_group_id": None,
        "sku": None,
        "taxable": True,
        "title": one.title,
        "total_discount": "0.00",
        "total_discount_set": discount,
        "variant_id": one.variant_id,
        "variant_inventory_management": "shopify" if one.variant_id else None,
        "variant_title": None,
        "vendor": one.vendor or None,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }


def _line_status(one: Line) -> str | None:
    if not one.fulfilled_quantity:
        return None
    return "fulfilled" if one.fulfilled_quantity >= one.current_quantity else "partial"
