"""An Italian shop on Shopify as its webhooks show it: bodies of its own orders, signed."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from tests.e2e.installation import SHOP, SHOP_SECRET

CASH = "Pagamento in contrassegno"
_FIRST_ID = 9_007_199_254_741_000  # beyond what JavaScript can count


def cod_order(number: int, *, phone: str, amount: str = "64.90") -> dict[str, Any]:
    """Return the body of an order to be paid at the door, placed now; `phone` as the buyer typed it."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    money = {
        "shop_money": {"amount": amount, "currency_code": "EUR"},
        "presentment_money": {"amount": amount, "currency_code": "EUR"},
    }
    return {
        "id": _FIRST_ID + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{_FIRST_ID + number}",
        "name": f"#{number}",
        "order_number": number,
        "email": "ada@example.com",
        "phone": None,
        "created_at": now,
        "updated_at": now,
        "processed_at": now,
        "cancelled_at": None,
        "closed_at": None,
        "test": False,
        "confirmed": True,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "customer_locale": "it-IT",
        "financial_status": "pending",
        "fulfillment_status": None,
        "payment_gateway_names": [CASH],
        "total_price": amount,
        "total_price_set": money,
        "current_total_price": amount,
        "current_total_price_set": money,
        "total_outstanding": amount,
        "source_name": "web",
        "tags": "",
        "note": None,
        "note_attributes": [],
        "customer": {"id": _FIRST_ID + 500_000 + number, "first_name": "Ada", "last_name": "Riva"},
        "shipping_address": {
            "first_name": "Ada",
            "last_name": "Riva",
            "address1": "Via Toledo 12",
            "city": "Napoli",
            "zip": "80134",
            "province": "Napoli",
            "province_code": "NA",
            "country": "Italy",
            "country_code": "IT",
            "phone": phone,
        },
        "billing_address": None,
        "shipping_lines": [{"title": "Standard", "price": "4.90"}],
        "line_items": [
            {
                "id": _FIRST_ID + 900_000 + number,
                "product_id": None,
                "variant_id": None,
                "title": "Crocchette pollo 12 kg",
                "quantity": 1,
                "current_quantity": 1,
                "price": amount,
                "requires_shipping": True,
                "gift_card": False,
                "properties": [],
            }
        ],
        "fulfillments": [],
        "refunds": [],
    }


def deliver(
    url: str, topic: str, body: dict[str, Any], *, secret: str = SHOP_SECRET, again: str = ""
) -> int:
    """Deliver `body` as Shopify does; return the status of the answer. `again`: the id of an earlier delivery."""
    raw = json.dumps(body).encode()
    digest = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": digest,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": again or str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
    }
    answer = requests.post(f"{url}/webhooks/shopify/", data=raw, headers=headers, timeout=10)
    return answer.status_code


def may_be_told(admin: Callable[..., Any], phones: Sequence[str]) -> None:
    """Bring people in who agreed to messages about their orders."""
    consent = {
        "purpose": "order_updates", "state": "given", "source": "checkout",
        "evidence": "casella spuntata alla cassa", "at": "2026-01-10T10:00:00+01:00",
    }  # fmt: skip
    rows = [{"phone": phone, "first_name": "Ada", "consents": [consent]} for phone in phones]
    admin("POST", "contacts/bulk/", json=rows)


def confirmation_flow(marketer: Callable[..., Any], approver: Callable[..., Any]) -> int:
    """Write the flow that asks about COD orders and have a second person enable it; return its id."""
    templates = marketer("GET", "templates/?page_size=100")["results"]
    wanted = next(t for t in templates if t["name"] == "conferma_ordine_cod")
    version = marketer("GET", f"templates/{wanted['id']}/")["versions"][-1]
    sources = {
        "FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"},
        "ORDER_NAME": {"parameter": "order.name", "fallback": "-"},
        "ORDER_SUMMARY": {"parameter": "order.summary", "fallback": "-"},
        "AMOUNT_DUE": {"parameter": "order.amount_due", "fallback": "-"},
        "SHIPPING_ADDRESS": {"parameter": "order.shipping_address", "fallback": "-"},
    }
    flow = marketer(
        "POST", "flows/", expect=201,
        json={
            "name": "Conferma contrassegno", "trigger": "order.cod_placed",
            "template_version": version["id"], "variables": sources, "delay_minutes": 0,
            "conditions": {}, "holdout_share": 0,
        },
    )  # fmt: skip
    marketer("POST", f"flows/{flow['id']}/enable/", expect=403)
    approver("POST", f"flows/{flow['id']}/enable/")
    return int(flow["id"])
