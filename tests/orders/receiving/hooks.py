"""Deliveries of Shopify, made and signed as it makes and signs them."""

import json
from datetime import timedelta
from itertools import count

from django.test import Client

from orders import deliveries, intake
from orders.deliveries import Arrival
from orders.models import ShopifyDelivery
from orders.shopify.signature import sign
from tests.conftest import NOW

URL = "/webhooks/shopify/"
SHOP = "zampa-test.myshopify.com"
SECRET = "shpss_new"
_number = count(1)


def after(**distance):
    return NOW + timedelta(**distance)


def order_body(**changes) -> bytes:
    return json.dumps({"id": 5_678_901_234_567, "name": "#1001"} | changes).encode()


def headers(body, *, secret=SECRET, spelling="X-Shopify-", **changes):
    """The headers of a delivery; a value of None leaves that one out."""
    fields = {
        "Topic": "orders/create",
        "Hmac-Sha256": sign(secret, body),
        "Shop-Domain": SHOP,
        "API-Version": "2026-10",
        "Webhook-Id": f"b54557e4-bdd9-4b37-8a5f-{next(_number):012d}",
        "Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "Triggered-At": "2026-11-23T09:29:58.123456789Z",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {f"{spelling}{name}": value for name, value in fields.items() if value is not None}


def post(body=None, *, client=None, url=URL, **changes):
    """Deliver `body` as Shopify does and return the answer."""
    body = order_body() if body is None else body
    return (client or Client()).post(
        url, data=body, content_type="application/json", headers=headers(body, **changes)
    )


def store(body=None, *, now=NOW, **changes) -> ShopifyDelivery:
    """Keep a delivery without the way over HTTP."""
    fields = {
        "shop_domain": SHOP,
        "webhook_id": f"webhook-{next(_number)}",
        "topic": "orders/create",
    } | changes
    body = order_body() if body is None else body
    deliveries.store_delivery(arrival=Arrival(**fields), body=body, now=now)
    return ShopifyDelivery.objects.get(webhook_id=fields["webhook_id"])


def process(row: ShopifyDelivery, *, now=NOW) -> ShopifyDelivery:
    """Claim and process what has been due for longest, which is to be `row`."""
    claimed = deliveries.claim_next(now=now)
    assert claimed is not None
    assert claimed.pk == row.pk
    intake.process(claimed, now=now)
    row.refresh_from_db()
    return row


def receive(body=None, *, now=NOW, **changes) -> ShopifyDelivery:
    return process(store(body, now=now, **changes), now=now)
