"""Customers and abandoned checkouts, as nodes."""

from typing import Any

from orders.shopify.simulator.forms import Json, gid, zulu
from orders.shopify.simulator.graph.goods import product_node, variant_node
from orders.shopify.simulator.graph.metafields import metafield_fields
from orders.shopify.simulator.graph.money import amount
from orders.shopify.simulator.graph.nodes import address_node, order_node
from orders.shopify.simulator.graph.paging import Connection
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Checkout, Consent, Customer, Line, Order


def customer_node(shop: Shop, one: Customer) -> Json:
    is_shown = shop.config.protected_data == "given"
    return {
        "__typename": "Customer",
        "id": gid("Customer", one.id),
        "legacyResourceId": str(one.id),
        "firstName": (one.first_name or None) if is_shown else None,
        "lastName": (one.last_name or None) if is_shown else None,
        "displayName": f"{one.first_name} {one.last_name}".strip() if is_shown else "",
        "email": (one.email or None) if is_shown else None,
        "phone": (one.phone or None) if is_shown else None,
        "defaultEmailAddress": _email(one) if is_shown else None,
        "defaultPhoneNumber": phone_node(one) if is_shown else None,
        "emailMarketingConsent": _older_consent(one.email_consent) if one.email else None,
        "smsMarketingConsent": _older_consent(one.sms_consent) if one.phone else None,
        **_addresses(shop, one),
        "locale": one.locale,
        "note": one.note or None,
        "tags": list(one.tags),
        "state": "DISABLED",
        "taxExempt": False,
        "verifiedEmail": True,
        "canDelete": True,
        "createdAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        **_bought(shop, one),
        **metafield_fields(one.metafields, owner=one.id, at=zulu(one.updated_at)),
    }


def _addresses(shop: Shop, one: Customer) -> Json:
    def node(address: Any) -> Json:
        return address_node(shop, address, owner=one.id) or {}

    return {
        "defaultAddress": node(one.addresses[0]) if one.addresses else None,
        "addresses": lambda _, first=None: [node(each) for each in one.addresses[:first]],
        "addressesV2": Connection(one.addresses, node),
    }


def _bought(shop: Shop, one: Customer) -> Json:
    """Read all orders only where the query asks for them."""

    def orders() -> list[Order]:
        return [each for each in shop.state.orders.values() if each.customer_id == one.id]

    def spent(_: Any) -> Json:
        counted = [each for each in orders() if not each.cancelled_at and not each.is_test]
        return amount(sum(each.current_total_cents for each in counted), shop.config.currency)

    def last(_: Any) -> Json | None:
        found = orders()
        return node(found[-1]) if found else None

    def node(order: Order) -> Json:
        return order_node(shop, order, lambda customer: customer and customer_node(shop, customer))

    return {
        "numberOfOrders": lambda _: str(len(orders())),
        "amountSpent": spent,
        "lastOrder": last,
        "orders": Connection(orders, node),
    }


def _state(consent: Consent | None) -> str:
    return consent.state.upper() if consent else "NOT_SUBSCRIBED"


def _level(consent: Consent | None) -> str | None:
    return consent.opt_in_level.upper() if consent else None


def _email(one: Customer) -> Json | None:
    consent = one.email_consent
    return (
        {
            "emailAddress": one.email,
            "marketingState": _state(consent),
            "marketingOptInLevel": _level(consent),
            "marketingUpdatedAt": zulu(consent.updated_at) if consent else None,
            "validFormat": True,
        }
        if one.email
        else None
    )


def phone_node(one: Customer) -> Json | None:
    """WhatsApp consent belongs to the default phone."""
    if not one.phone:
        return None
    sms, whatsapp = one.sms_consent, one.whatsapp_consent
    return {
        "phoneNumber": one.phone,
        "marketingState": _state(sms),
        "marketingOptInLevel": _level(sms),
        "marketingUpdatedAt": zulu(sms.updated_at) if sms else None,
        "marketingCollectedFrom": sms.collected_from.upper() if sms else None,
        "whatsAppMarketingConsent": whatsapp
        and {
            "state": _state(whatsapp),
            "optInLevel": _level(whatsapp),
            "updatedAt": zulu(whatsapp.updated_at),
            "collectedFrom": whatsapp.collected_from.upper(),
        },
    }


def _older_consent(consent: Consent | None) -> Json:
    return {
        "marketingState": _state(consent),
        "marketingOptInLevel": _level(consent) or "UNKNOWN",
        "consentUpdatedAt": zulu(consent.updated_at) if consent else None,
        "consentCollectedFrom": consent.collected_from.upper() if consent else None,
    }


def checkout_node(shop: Shop, one: Checkout) -> Json:
    """No phone, no e-mail, no token: the Admin API tells those of a checkout by its customer alone."""

    def bag(cents: int) -> Json:
        shown = amount(cents, shop.config.currency)
        return {"shopMoney": shown, "presentmentMoney": shown}

    def customer(_: Any) -> Json | None:
        known = shop.customer_of(one)
        return customer_node(shop, known) if known else None

    return {
        "__typename": "AbandonedCheckout",
        "id": gid("AbandonedCheckout", one.id),
        "name": f"#{one.id}",
        "abandonedCheckoutUrl": one.url,
        "createdAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        "completedAt": zulu(one.completed_at),
        "customAttributes": [],
        "customer": customer,
        "defaultCursor": "",
        "discountCodes": [],
        "note": "",
        "taxesIncluded": True,
        "shippingAddress": address_node(shop, one.shipping_address, owner=one.id),
        "billingAddress": None,
        "lineItems": Connection(one.lines, lambda line: _checkout_line(shop, line, bag)),
        "subtotalPriceSet": bag(one.total_cents),
        "totalPriceSet": bag(one.total_cents),
        "totalLineItemsPriceSet": bag(one.total_cents),
        "totalDiscountSet": bag(0),
        "totalTaxSet": bag(0),
    }


def _checkout_line(shop: Shop, one: Line, bag: Any) -> Json:
    product = shop.state.products.get(one.product_id or 0)
    total = bag(one.price_cents * one.quantity)
    return {
        "__typename": "AbandonedCheckoutLineItem",
        "id": gid("AbandonedCheckoutLineItem", one.id),
        "title": one.title,
        "quantity": one.quantity,
        "customAttributes": [],
        "originalUnitPriceSet": bag(one.price_cents),
        "discountedUnitPriceSet": bag(one.price_cents),
        "originalTotalPriceSet": total,
        "discountedTotalPriceSet": total,
        "product": lambda _: product_node(shop, product) if product else None,
        "variant": lambda _: variant_node(shop, product) if product else None,
    }
