"""Deliveries as a shop makes them: orders with their customers, changed and shipped."""

import json
from typing import Any
from uuid import uuid4

from orders.shopify.signature import sign

SHOP = "bench.myshopify.com"
SECRET = "shpss_bench"
_AT = "2026-10-23T10:00:00+02:00"
_LATER = "2026-10-23T10:05:00+02:00"
_LINES = 4
FIRST_ID = 5_600_000_000_000


def order(number: int, **changes: Any) -> bytes:
    """Return the body of an order of about four kilobytes; orders of one number are one order."""
    address = {
        "first_name": "Giulia",
        "last_name": f"Rossi {number}",
        "address1": f"Via Roma {number % 90 + 1}",
        "city": "Milano",
        "zip": "20121",
        "province_code": "MI",
        "country_code": "IT",
        "phone": f"333 {number:07d}",
    }
    body = {
        "id": FIRST_ID + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{FIRST_ID + number}",
        "name": f"#{number}",
        "email": f"cliente{number}@example.it",
        "created_at": _AT,
        "updated_at": _AT,
        "processed_at": _AT,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "total_price": "64.90",
        "current_total_price": "64.90",
        "total_outstanding": "64.90",
        "financial_status": "pending",
        "fulfillment_status": None,
        "payment_gateway_names": ["Cash on Delivery (COD)"],
        "source_name": "web",
        "customer_locale": "it-IT",
        "tags": "",
        "test": False,
        "checkout_token": f"{number:032x}",
        "customer": {"id": 7_000_000_000_000 + number, "email": f"cliente{number}@example.it",
                     "first_name": "Giulia", "last_name": f"Rossi {number}", "phone": None,
                     "created_at": _AT, "updated_at": _AT},
        "shipping_address": address,
        "billing_address": address,
        "line_items": [_line(number, place) for place in range(_LINES)],
        "shipping_lines": [{"title": "Contrassegno Standard (+4 EUR)", "price": "4.00"}],
        "note_attributes": [],
    }  # fmt: skip
    return json.dumps(body | changes).encode()


def changed_order(number: int) -> bytes:
    return order(number, updated_at=_LATER, note="Citofono Bianchi")


def fulfillment(number: int) -> bytes:
    body = {
        "id": 4_000_000_000_000 + number,
        "order_id": FIRST_ID + number,
        "status": "success",
        "created_at": _LATER,
        "updated_at": _LATER,
        "tracking_company": "BRT",
        "tracking_number": str(number),
        "name": f"#{number}.1",
    }
    return json.dumps(body).encode()


def request_head(body: bytes, *, host: str) -> bytes:
    """Return the head of a delivery up to its identifier, which is the last header."""
    lines = (
        "POST /webhooks/shopify/ HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "X-Shopify-Topic: orders/create",
        f"X-Shopify-Hmac-Sha256: {sign(SECRET, body)}",
        f"X-Shopify-Shop-Domain: {SHOP}",
        "X-Shopify-API-Version: 2026-10",
        "X-Shopify-Event-Id: 98880550-7158-44d4-b7cd-2c97c8a091b5",
        "X-Shopify-Triggered-At: 2026-10-23T08:00:00.123456Z",
        "X-Shopify-Webhook-Id: ",
    )
    return "\r\n".join(lines).encode()


def request(number: int, *, host: str) -> bytes:
    """Return the whole delivery of a new order, under an identifier of its own."""
    body = order(number)
    return request_head(body, host=host) + uuid4().hex.encode() + b"\r\n\r\n" + body


def _line(number: int, place: int) -> dict[str, Any]:
    return {
        "id": 13_000_000_000_000 + number * _LINES + place,
        "product_id": 8_000_000_000_000 + (number + place) % 200,
        "variant_id": 9_000_000_000_000 + (number + place) % 200,
        "title": f"Crocchette agnello {place + 1} kg",
        "quantity": place + 1,
        "current_quantity": place + 1,
        "price": "14.90",
        "requires_shipping": True,
        "gift_card": False,
        "properties": [],
        "price_set": {
            "shop_money": {"amount": "14.90", "currency_code": "EUR"},
            "presentment_money": {"amount": "14.90", "currency_code": "EUR"},
        },
    }
