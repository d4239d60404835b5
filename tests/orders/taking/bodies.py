"""Bodies of Shopify's webhooks as an Italian shop gets them: REST shapes of API 2026-07, keys and types as documented."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from audiences.deliveries import Outcome
from orders.deliveries import Received
from orders.handlers import HANDLERS
from tests.conftest import NOW

ROME = ZoneInfo("Europe/Rome")
ORDER = 6_123_456_789_012_345
PARCEL = 5_001_234_567_890
PHONE = "+393471234567"
PRODUCT = 8_001_234_567_890
COD = "Cash on Delivery (COD)"


def at(**delta: float) -> str:
    """Return a moment relative to `NOW` as order bodies write it: with the shop's offset, in seconds."""
    return (NOW + timedelta(**delta)).astimezone(ROME).isoformat(timespec="seconds")


def money(amount: str, currency: str = "EUR", seen: str | None = None, seen_in: str = "") -> dict:
    """Return a set in the shop's currency and in the buyer's."""
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {
            "amount": seen or amount,
            "currency_code": seen_in or currency,
        },
    }


def address(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "first_name": "Giulia",
        "address1": "Via Toledo 12  (interno 3)",
        "phone": "347 1234567",
        "city": "Napoli",
        "zip": "80134",
        "province": "Napoli",
        "country": "Italy",
        "last_name": "Esposito",
        "address2": None,
        "company": None,
        "latitude": None,
        "longitude": None,
        "name": "Giulia Esposito",
        "country_code": "IT",
        "province_code": "NA",
    }
    return fields | changes


def customer(**changes: Any) -> dict:
    """Return the customer inside an order: neither tags nor consents since API 2025-01."""
    fields: dict[str, Any] = {
        "id": 7_009_876_543_210,
        "created_at": at(days=-30),
        "updated_at": at(minutes=-5),
        "first_name": "Giulia",
        "last_name": "Esposito",
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": "giulia@example.com",
        "phone": None,
        "currency": "EUR",
        "tax_exemptions": [],
        "admin_graphql_api_id": "gid://shopify/Customer/7009876543210",
        "default_address": address(id=1, customer_id=7_009_876_543_210, default=True),
    }
    return fields | changes


def line(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "id": 15_001_234_567_890,
        "admin_graphql_api_id": "gid://shopify/LineItem/15001234567890",
        "current_quantity": 1,
        "fulfillable_quantity": 1,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 2000,
        "name": "Crocchette agnello 2 kg",
        "price": "59.90",
        "price_set": money("59.90"),
        "product_exists": True,
        "product_id": PRODUCT,
        "properties": [],
        "quantity": 1,
        "requires_shipping": True,
        "sku": "CR-AGN-2",
        "taxable": True,
        "title": "Crocchette agnello 2 kg",
        "total_discount": "0.00",
        "variant_id": 45_001_234_567_890,
        "variant_title": None,
        "vendor": "Bau",
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }
    if "id" in changes:
        fields["admin_graphql_api_id"] = f"gid://shopify/LineItem/{changes['id']}"
    return fields | changes


def order(**changes: Any) -> dict:
    """Return the body of an unpaid order of 64,90 €, to be paid at the door."""
    total = changes.pop("total", "64.90")
    fields: dict[str, Any] = {
        "id": ORDER,
        "admin_graphql_api_id": f"gid://shopify/Order/{changes.get('id', ORDER)}",
        "app_id": 580111,
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": "Z2NwLWV1cm9wZS13ZXN0MTowMUo",
        "checkout_token": "84ad78572dae52a8cbea7d55371afe89",
        "closed_at": None,
        "confirmed": True,
        "contact_email": "giulia@example.com",
        "created_at": at(minutes=-5),
        "currency": "EUR",
        "current_total_price": total,
        "current_total_price_set": money(total),
        "customer_locale": "it-IT",
        "discount_codes": [],
        "email": "giulia@example.com",
        "financial_status": "pending",
        "fulfillment_status": None,
        "name": "#1001",
        "note": None,
        "note_attributes": [],
        "number": 1,
        "order_number": 1001,
        "payment_gateway_names": [COD],
        "phone": None,
        "presentment_currency": "EUR",
        "processed_at": at(minutes=-5),
        "source_name": "web",
        "subtotal_price": "59.90",
        "tags": "",
        "test": False,
        "total_duties": None,
        "total_outstanding": total,
        "total_price": total,
        "total_price_set": money(total),
        "updated_at": at(minutes=-5),
        "billing_address": address(phone=None),
        "customer": customer(),
        "fulfillments": [],
        "line_items": [line()],
        "payment_terms": None,
        "refunds": [],
        "shipping_address": address(),
        "shipping_lines": [
            {"id": 1, "title": "Contrassegno (+5 €)", "price": "5.00", "is_removed": False}
        ],
        "returns": [],
    }
    return fields | changes


def fulfillment(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "id": PARCEL,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{changes.get('id', PARCEL)}",
        "created_at": at(hours=4),
        "destination": address(),
        "email": "giulia@example.com",
        "line_items": [],
        "location_id": 1,
        "name": "#1001.1",
        "order_id": ORDER,
        "origin_address": None,
        "receipt": {},
        "service": "manual",
        "shipment_status": None,
        "status": "success",
        "tracking_company": "BRT",
        "tracking_number": "1234567890",
        "tracking_numbers": ["1234567890"],
        "tracking_url": "https://vas.brt.it/vas/sped_det_show.hsm?Nspediz=1234567890",
        "tracking_urls": ["https://vas.brt.it/vas/sped_det_show.hsm?Nspediz=1234567890"],
        "updated_at": at(hours=4),
    }
    return fields | changes


def courier_event(status: str, **changes: Any) -> dict:
    fields: dict[str, Any] = {
        "address1": None,
        "city": "Napoli",
        "country": "IT",
        "created_at": at(hours=20),
        "estimated_delivery_at": None,
        "fulfillment_id": PARCEL,
        "happened_at": at(hours=20),
        "id": 9_000_000_001,
        "latitude": None,
        "longitude": None,
        "message": None,
        "order_id": ORDER,
        "province": "NA",
        "shop_id": 1,
        "status": status,
        "updated_at": at(hours=20),
        "zip": "80134",
    }
    found = fields | changes
    return found | {"admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{found['id']}"}


def refund(**changes: Any) -> dict:
    """Return the body of goods put back without money: the normal case of an unpaid order."""
    fields: dict[str, Any] = {
        "id": 930_000_000_001,
        "admin_graphql_api_id": "gid://shopify/Refund/930000000001",
        "created_at": at(days=9),
        "duties": [],
        "note": None,
        "order_adjustments": [],
        "order_id": ORDER,
        "processed_at": at(days=9),
        "refund_line_items": [
            {
                "id": 1,
                "line_item_id": 15_001_234_567_890,
                "quantity": 1,
                "restock_type": "return",
                "subtotal": 59.9,
                "subtotal_set": money("59.90"),
                "total_tax": 0,
            }
        ],
        "refund_shipping_lines": [],
        "restock": True,
        "return": None,
        "transactions": [],
        "user_id": None,
    }
    return fields | changes


def returned(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "admin_graphql_api_id": "gid://shopify/Return/940000000001",
        "id": 940_000_000_001,
        "name": "#1001-R1",
        "order": {"id": ORDER, "admin_graphql_api_id": f"gid://shopify/Order/{ORDER}"},
        "return_line_items": [],
        "status": "open",
    }
    return fields | changes


def checkout(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "id": 35_374_569_160_817,
        "token": "e89d4437003b6b8480f8bc7f8036a659",
        "cart_token": "hWN2HxLfEqPbUzWQ",
        "email": "giulia@example.com",
        "gateway": None,
        "buyer_accepts_marketing": False,
        "created_at": at(hours=-2),
        "updated_at": at(hours=-2),
        "completed_at": None,
        "closed_at": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "customer_locale": "it-IT",
        "phone": None,
        "sms_marketing_phone": None,
        "note_attributes": [],
        "shipping_address": address(),
        "line_items": [
            {
                "key": "a1",
                "title": "Crocchette agnello 2 kg",
                "presentment_title": "Crocchette agnello 2 kg",
                "product_id": PRODUCT,
                "quantity": 2,
                "price": "29.95",
                "line_price": "59.90",
                "properties": {},
            }
        ],
        "subtotal_price": "59.90",
        "total_price": "64.90",
        "total_duties": None,
        "abandoned_checkout_url": "https://prova.myshopify.com/1/checkouts/ac/x/recover?key=example",
    }
    return fields | changes


def product(**changes: Any) -> dict:
    fields: dict[str, Any] = {
        "admin_graphql_api_id": f"gid://shopify/Product/{PRODUCT}",
        "id": PRODUCT,
        "title": "Crocchette agnello 2 kg",
        "product_type": "Secco cane",
        "vendor": "Bau",
        "tags": "secco, cane",
        "status": "active",
        "updated_at": at(days=-1),
        "variants": [
            {"id": 1, "price": "59.90", "inventory_quantity": 12},
            {"id": 2, "price": "39.90", "inventory_quantity": 5},
        ],
        "variant_gids": [
            {"admin_graphql_api_id": "gid://shopify/ProductVariant/1"},
            {"admin_graphql_api_id": "gid://shopify/ProductVariant/2"},
        ],
    }
    return fields | changes


def hear(
    topic: str,
    body: dict,
    *,
    now: datetime = NOW,
    triggered_at: datetime | None = None,
    received_at: datetime | None = None,
) -> Outcome:
    """Hand a body to the handler of its topic, as the intake does."""
    received = Received(
        topic=topic,
        shop_domain="prova.myshopify.com",
        triggered_at=triggered_at,
        received_at=received_at or now,
        webhook_id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    )
    return HANDLERS[topic](body, received, now)
