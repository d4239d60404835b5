"""Nodes of the GraphQL API as the same payloads that webhooks are read into.

A node is first spelled as the webhook's body of the same thing, then read by the same reader: there is one
set of rules for phones, money and what is missing. What GraphQL does not have (tokens of checkout and
cart) stays absent, so that what is known of it stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orders.shopify.payloads.checkout import CheckoutPayload, read_checkout
from orders.shopify.payloads.customer import CustomerPayload, read_customer
from orders.shopify.payloads.fulfillment import CourierEventPayload, FulfillmentPayload
from orders.shopify.payloads.money import cents
from orders.shopify.payloads.order import LinePayload, OrderPayload, read_order
from orders.shopify.payloads.product import ProductPayload, read_product
from orders.shopify.payloads.reading import identifier, moment, tags, text, whole
from orders.shopify.reading import Node, nodes

Body = dict[str, Any]

_FULFILLMENT: Final[Mapping[str, str]] = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
    "RESTOCKED": "restocked",
}
# FulfillmentDisplayStatus mixes the request to ship with the parcel: these say nothing of a courier.
_NO_NEWS: Final = frozenset(
    {"", "FULFILLED", "SUBMITTED", "MARKED_AS_FULFILLED", "CANCELED", "LABEL_VOIDED"}
)
_PLAIN: Final[Mapping[str, str]] = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "note": "note",
    "tags": "tags",
    "test": "test",
    "sourceName": "source_name",
    "customerLocale": "customer_locale",
    "createdAt": "created_at",
    "processedAt": "processed_at",
    "updatedAt": "updated_at",
    "cancelledAt": "cancelled_at",
    "cancelReason": "cancel_reason",
    "closedAt": "closed_at",
    "displayFinancialStatus": "financial_status",
    "paymentGatewayNames": "payment_gateway_names",
    "currencyCode": "currency",
    "presentmentCurrencyCode": "presentment_currency",
    "customAttributes": "note_attributes",
}
_MONEY: Final[Mapping[str, str]] = {
    "totalPriceSet": "total_price_set",
    "currentTotalPriceSet": "current_total_price_set",
    "totalOutstandingSet": "total_outstanding_set",
}
_ADDRESS: Final[Mapping[str, str]] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "name": "name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "zip": "zip",
    "province": "province",
    "provinceCode": "province_code",
    "country": "country",
    "countryCodeV2": "country_code",
    "countryCode": "country_code",
    "phone": "phone",
}
_CUSTOMER: Final[Mapping[str, str]] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "locale": "locale",
    "tags": "tags",
    "note": "note",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}


def order_of(node: Node) -> OrderPayload:
    """Read an order, whole or as a bulk operation tells it.

    :raises Unreadable: without an id.
    """
    payload = read_order(_order_body(node))
    parcels = {identifier(one.get("id")): one for one in nodes(node.get("fulfillments"))}
    types = {identifier(one.get("id")): one for one in nodes(node.get("lineItems"))}
    return replace(
        payload,
        lines=tuple(_with_product(line, types.get(line.id)) for line in payload.lines),
        fulfillments=tuple(_with_events(one, parcels[one.id]) for one in payload.fulfillments),
    )


def customer_of(node: object) -> CustomerPayload | None:
    """Read a customer; None for null and without an id."""
    return read_customer(_customer_body(node)) if isinstance(node, Mapping) else None


def checkout_of(node: Node) -> CheckoutPayload:
    """Read an abandoned checkout. It has an id but no token.

    :raises Unreadable: without an id.
    """
    customer = node.get("customer")
    total, currency = _seen(node.get("totalPriceSet"))
    return read_checkout(
        {
            "admin_graphql_api_id": node.get("id"),
            "id": identifier(node.get("id")),
            "customer": _customer_body(customer) if isinstance(customer, Mapping) else None,
            "customer_locale": customer.get("locale") if isinstance(customer, Mapping) else None,
            "shipping_address": _address_body(node.get("shippingAddress")),
            "billing_address": _address_body(node.get("billingAddress")),
            "line_items": [_checkout_line(line) for line in nodes(node.get("lineItems"))],
            "total_price": total,
            "presentment_currency": currency,
            "abandoned_checkout_url": node.get("abandonedCheckoutUrl"),
            "created_at": node.get("createdAt"),
            "updated_at": node.get("updatedAt"),
            "completed_at": node.get("completedAt"),
        }
    )


def product_of(node: Node) -> ProductPayload:
    """Read a product of a bulk operation.

    :raises Unreadable: without an id.
    """
    body = {
        "id": identifier(node.get("id")),
        "title": node.get("title"),
        "product_type": node.get("productType"),
        "vendor": node.get("vendor"),
        "tags": node.get("tags"),
        "status": node.get("status"),
        "updated_at": node.get("updatedAt"),
    }
    prices = node.get("priceRangeV2")
    lowest = prices.get("minVariantPrice") if isinstance(prices, Mapping) else None
    price = cents(lowest.get("amount")) if isinstance(lowest, Mapping) else None
    stock = node.get("totalInventory")
    return replace(
        read_product(body),
        price_cents=max(price, 0) if price is not None else None,
        stock=whole(stock) if stock is not None else None,
    )


def _order_body(node: Node) -> Body:
    body: Body = {ours: node[theirs] for theirs, ours in _PLAIN.items() if theirs in node}
    body |= {ours: _money_body(node[theirs]) for theirs, ours in _MONEY.items() if theirs in node}
    body["id"] = identifier(node.get("id"))
    if "displayFulfillmentStatus" in node:
        said = str(node["displayFulfillmentStatus"] or "").upper()
        body["fulfillment_status"] = _FULFILLMENT.get(said)
    if "customer" in node:
        customer = node["customer"]
        body["customer"] = _customer_body(customer) if isinstance(customer, Mapping) else None
    for theirs, ours in (
        ("shippingAddress", "shipping_address"),
        ("billingAddress", "billing_address"),
    ):
        if theirs in node:
            body[ours] = _address_body(node[theirs])
    lists = {
        "line_items": ("lineItems", _line_body),
        "shipping_lines": ("shippingLines", _shipping_line_body),
        "fulfillments": ("fulfillments", _fulfillment_body),
        "refunds": ("refunds", _refund_body),
        "returns": ("returns", _return_body),
    }
    for ours, (theirs, read) in lists.items():
        if theirs in node:
            body[ours] = [read(one) for one in nodes(node[theirs])]
    return body


def _customer_body(node: Node) -> Body:
    body: Body = {ours: node[theirs] for theirs, ours in _CUSTOMER.items() if theirs in node}
    body["id"] = identifier(node.get("id"))
    mail, phone = node.get("defaultEmailAddress"), node.get("defaultPhoneNumber")
    if isinstance(mail, Mapping):
        body["email"] = mail.get("emailAddress")
    if isinstance(phone, Mapping):
        body["phone"] = phone.get("phoneNumber")
        body["sms_marketing_consent"] = {
            "state": phone.get("marketingState"),
            "opt_in_level": phone.get("marketingOptInLevel"),
            "consent_updated_at": phone.get("marketingUpdatedAt"),
            "consent_collected_from": phone.get("marketingCollectedFrom"),
        }
        native = phone.get("whatsAppMarketingConsent")
        if isinstance(native, Mapping):
            body["whats_app_marketing_consent"] = {
                "state": native.get("state"),
                "opt_in_level": native.get("optInLevel"),
                "updated_at": native.get("updatedAt"),
                "collected_from": native.get("collectedFrom"),
            }
    body["default_address"] = _address_body(node.get("defaultAddress"))
    return body


def _address_body(value: object) -> Body | None:
    if not isinstance(value, Mapping):
        return None
    return {ours: value[theirs] for theirs, ours in _ADDRESS.items() if value.get(theirs)}


def _money_body(value: object) -> Body | None:
    if not isinstance(value, Mapping):
        return None
    return {
        "shop_money": value.get("shopMoney"),
        "presentment_money": value.get("presentmentMoney"),
    }


def _seen(value: object) -> tuple[object, object]:
    """Return amount and currency as the buyer sees them, the shop's own where that is all there is."""
    sets = value if isinstance(value, Mapping) else {}
    for name in ("presentmentMoney", "shopMoney"):
        money = sets.get(name)
        if isinstance(money, Mapping) and money.get("amount") is not None:
            return money["amount"], money.get("currencyCode")
    return None, None


def _amount(value: object) -> object:
    """Return the amount in the shop's currency."""
    shop = value.get("shopMoney") if isinstance(value, Mapping) else None
    return shop.get("amount") if isinstance(shop, Mapping) else None


def _id_inside(value: object) -> int | None:
    return identifier(value.get("id")) if isinstance(value, Mapping) else None


def _line_body(node: Node) -> Body:
    body: Body = {
        "id": identifier(node.get("id")),
        "title": node.get("title"),
        "quantity": node.get("quantity"),
        "product_id": _id_inside(node.get("product")),
        "variant_id": _id_inside(node.get("variant")),
        "price": _amount(node.get("originalUnitPriceSet")),
        "gift_card": node.get("isGiftCard"),
        "requires_shipping": node.get("requiresShipping"),
    }
    if node.get("currentQuantity") is not None:
        body["current_quantity"] = node["currentQuantity"]
    return body


def _shipping_line_body(node: Node) -> Body:
    return {"title": node.get("title")}


def _fulfillment_body(node: Node) -> Body:
    tracking = nodes(node.get("trackingInfo"))
    first = tracking[0] if tracking else {}
    said = str(node.get("displayStatus") or "").upper()
    return {
        "id": identifier(node.get("id")),
        "name": node.get("name"),
        "status": str(node.get("status") or "").lower(),
        "shipment_status": None if said in _NO_NEWS else said.lower(),
        "tracking_company": first.get("company"),
        "tracking_number": first.get("number"),
        "tracking_url": first.get("url"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
    }


def _refund_body(node: Node) -> Body:
    return {
        "id": identifier(node.get("id")),
        "note": node.get("note"),
        "created_at": node.get("createdAt"),
        "refund_line_items": [
            {"restock_type": str(one.get("restockType") or "").lower()}
            for one in nodes(node.get("refundLineItems"))
        ],
        "transactions": [
            {
                "kind": str(one.get("kind") or "").lower(),
                "status": str(one.get("status") or "").lower(),
                "amount": _amount(one.get("amountSet")),
            }
            for one in nodes(node.get("transactions"))
        ],
    }


def _return_body(node: Node) -> Body:
    return {
        "id": identifier(node.get("id")),
        "name": node.get("name"),
        "status": str(node.get("status") or "").lower(),
    }


def _checkout_line(node: Node) -> Body:
    price, _ = _seen(node.get("originalUnitPriceSet"))
    return {"title": node.get("title"), "quantity": node.get("quantity"), "price": price}


def _with_product(line: LinePayload, node: Node | None) -> LinePayload:
    """GraphQL tells the product's type and tags with the line."""
    product = node.get("product") if node else None
    if not isinstance(product, Mapping):
        return line
    return replace(
        line,
        product_type=text(product.get("productType"), 255),
        product_tags=tuple(tag[:255] for tag in tags(product.get("tags"))),
    )


def _with_events(parcel: FulfillmentPayload, node: Node) -> FulfillmentPayload:
    told = [
        CourierEventPayload(
            id=identifier(one.get("id")),
            order_id=parcel.order_id,
            fulfillment_id=parcel.id,
            status=text(one.get("status"), 40).lower(),
            message=text(one.get("message"), 300),
            happened_at=moment(one.get("happenedAt")),
        )
        for one in nodes(node.get("events"))
    ]
    return replace(parcel, events=tuple(told))
