"""Nodes of GraphQL as Shopify answers them, written for these tests."""

from __future__ import annotations

from typing import Any

from tests.orders.shop.stub import connection

Node = dict[str, Any]


def money(amount: str, currency: str = "EUR", seen: tuple[str, str] | None = None) -> Node:
    shown = seen or (amount, currency)
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": shown[0], "currencyCode": shown[1]},
    }


def address(**changes: Any) -> Node:
    fields = {
        "firstName": "Anna",
        "lastName": "Bianchi",
        "name": "Anna Bianchi",
        "company": None,
        "address1": "Via Roma 12",
        "address2": None,
        "city": "Napoli",
        "zip": "80100",
        "province": "Napoli",
        "provinceCode": "NA",
        "country": "Italy",
        "countryCodeV2": "IT",
        "phone": "333 1234567",
    }
    return fields | changes


def customer(id: int = 501, phone: str | None = "+393331234567", **changes: Any) -> Node:
    fields = {
        "id": f"gid://shopify/Customer/{id}",
        "firstName": "Anna",
        "lastName": "Bianchi",
        "locale": "it-IT",
        "tags": ["vip"],
        "note": None,
        "createdAt": "2026-10-01T08:00:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "defaultEmailAddress": {"emailAddress": f"anna{id}@example.com"},
        "defaultPhoneNumber": phone
        and {
            "phoneNumber": phone,
            "marketingState": "NOT_SUBSCRIBED",
            "marketingOptInLevel": None,
            "marketingUpdatedAt": None,
            "marketingCollectedFrom": None,
            "whatsAppMarketingConsent": {
                "state": "SUBSCRIBED",
                "optInLevel": "SINGLE_OPT_IN",
                "updatedAt": "2026-10-02T08:00:00Z",
                "collectedFrom": "SHOPIFY",
            },
        },
        "defaultAddress": address(),
    }
    return fields | changes


def line(id: int = 9001, **changes: Any) -> Node:
    fields = {
        "id": f"gid://shopify/LineItem/{id}",
        "title": "Umido manzo e carote 400 g",
        "quantity": 2,
        "currentQuantity": 2,
        "requiresShipping": True,
        "isGiftCard": False,
        "originalUnitPriceSet": money("3.49"),
        "product": {
            "id": "gid://shopify/Product/71",
            "productType": "Umido cane",
            "tags": ["umido"],
        },
        "variant": {"id": "gid://shopify/ProductVariant/81"},
    }
    return fields | changes


def plain_order(id: int = 1001, **changes: Any) -> Node:
    """Without the lists, as a bulk operation writes its first line."""
    fields = {
        "id": f"gid://shopify/Order/{id}",
        "name": f"#{id}",
        "email": "anna@example.com",
        "phone": None,
        "note": None,
        "tags": ["primo ordine"],
        "test": False,
        "sourceName": "web",
        "customerLocale": "it",
        "requiresShipping": True,
        "createdAt": "2026-11-23T08:30:00Z",
        "processedAt": "2026-11-23T08:30:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "cancelledAt": None,
        "cancelReason": None,
        "closedAt": None,
        "displayFinancialStatus": "PENDING",
        "displayFulfillmentStatus": "UNFULFILLED",
        "paymentGatewayNames": ["Contrassegno"],
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "totalPriceSet": money("64.90"),
        "currentTotalPriceSet": money("64.90"),
        "totalOutstandingSet": money("64.90"),
        "customAttributes": [{"key": "citofono", "value": "Bianchi"}],
        "shippingAddress": address(),
        "billingAddress": None,
        "customer": customer(),
        "fulfillments": [],
        "refunds": [],
    }
    return fields | changes


def order(id: int = 1001, *, lines: tuple[Node, ...] | None = None, **changes: Any) -> Node:
    """Whole, as one question about it is answered."""
    lists = {
        "shippingLines": connection(
            {"id": "gid://shopify/ShippingLine/1", "title": "Contrassegno"}
        ),
        "lineItems": connection(*(lines if lines is not None else (line(id * 10),))),
        "returns": connection(),
    }
    return plain_order(id) | lists | changes


def parcel(id: int = 301, **changes: Any) -> Node:
    fields = {
        "id": f"gid://shopify/Fulfillment/{id}",
        "name": "#1001.1",
        "status": "SUCCESS",
        "displayStatus": "IN_TRANSIT",
        "createdAt": "2026-11-23T08:45:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "deliveredAt": None,
        "trackingInfo": [{"company": "BRT", "number": "ABC1", "url": "https://vas.brt.it/ABC1"}],
    }
    return fields | changes


def checkout(id: int = 801, **changes: Any) -> Node:
    fields = {
        "id": f"gid://shopify/AbandonedCheckout/{id}",
        "name": f"#{id}",
        "abandonedCheckoutUrl": "https://zampa.example/checkouts/ac/1/recover?key=k",
        "createdAt": "2026-11-23T08:00:00Z",
        "updatedAt": "2026-11-23T08:10:00Z",
        "completedAt": None,
        "totalPriceSet": money("52.00"),
        "shippingAddress": address(),
        "billingAddress": None,
        "customer": customer(),
        "lineItems": connection(
            {
                "id": "gid://shopify/AbandonedCheckoutLineItem/1",
                "title": "Crocchette",
                "quantity": 1,
                "originalUnitPriceSet": money("52.00"),
            }
        ),
    }
    return fields | changes


def product(id: int = 71, **changes: Any) -> Node:
    fields = {
        "id": f"gid://shopify/Product/{id}",
        "title": "Umido manzo e carote 400 g",
        "productType": "Umido cane",
        "vendor": "Zampa",
        "tags": ["umido"],
        "status": "ACTIVE",
        "totalInventory": 50,
        "updatedAt": "2026-11-20T09:00:00Z",
        "priceRangeV2": {"minVariantPrice": {"amount": "3.49", "currencyCode": "EUR"}},
    }
    return fields | changes
