"""From a delivery of Shopify to the flow that it sets off: the whole way inside, without HTTP."""

import json
from datetime import timedelta

import pytest

from campaigns.models import OutboundMessage
from orders.triggers.checkouts import find_abandoned
from tests.conftest import NOW
from tests.orders.receiving.hooks import receive
from tests.orders.triggers.conftest import entered, make_customer, make_shipped_order

pytestmark = pytest.mark.django_db

ORDER_ID = 5_678_901_234_567


def fulfillment(**changes):
    body = {
        "id": 255_858_046,
        "order_id": ORDER_ID,
        "status": "success",
        "created_at": "2026-11-23T10:29:00+01:00",
        "updated_at": "2026-11-23T10:29:00+01:00",
        "tracking_company": "BRT",
        "tracking_number": "123456",
        "tracking_url": "https://vas.brt.it/vas/123456",
        "name": "#1001.1",
        "shipment_status": None,
    }
    return json.dumps(body | changes).encode()


def courier_news(status, at, **changes):
    body = {
        "id": 1_234_567,
        "fulfillment_id": 255_858_046,
        "order_id": ORDER_ID,
        "status": status,
        "happened_at": at,
        "created_at": at,
    }
    return json.dumps(body | changes).encode()


def checkout(minute, **changes):
    body = {
        "id": 981_820_079,
        "token": "b1946ac92492d2347c6235b4d2611184",
        "created_at": "2026-11-23T10:00:00+01:00",
        "updated_at": f"2026-11-23T10:{minute:02}:00+01:00",
        "email": "ada@example.it",
        "phone": "+393331112223",
        "currency": "EUR",
        "presentment_currency": "EUR",
        "total_price": "58.40",
        "abandoned_checkout_url": "https://zampa.example.it/checkouts/cn/abc/recover",
        "line_items": [{"title": "Crocchette", "quantity": 1, "price": "58.40"}],
        "completed_at": None,
    }
    return json.dumps(body | changes).encode()


def test_a_fulfilment_of_shopify_becomes_the_message_that_it_left(enable):
    enable("parcel.shipped")
    make_shipped_order(shopify_id=ORDER_ID)

    for topic in ("fulfillments/create", "fulfillments/update"):
        receive(fulfillment(), topic=topic)

    assert len(entered("parcel.shipped")) == 1
    assert OutboundMessage.objects.count() == 1


def test_the_couriers_news_becomes_the_message_that_it_is_out_for_delivery(enable):
    enable("parcel.out_for_delivery")
    make_shipped_order(shopify_id=ORDER_ID)
    receive(fulfillment(), topic="fulfillments/create")

    receive(
        courier_news("out_for_delivery", "2026-11-23T10:29:30+01:00"),
        topic="fulfillment_events/create",
    )

    assert len(entered("parcel.out_for_delivery")) == 1


def test_a_whole_history_written_at_once_sets_off_nothing_old(enable):
    enable("parcel.out_for_delivery")
    make_shipped_order(shopify_id=ORDER_ID)
    receive(fulfillment(created_at="2026-11-20T10:00:00+01:00"), topic="fulfillments/create")

    receive(
        courier_news("out_for_delivery", "2026-11-21T07:00:00+01:00"),
        topic="fulfillment_events/create",
    )

    assert entered("parcel.out_for_delivery") == []


def test_a_checkout_of_shopify_becomes_a_reminder_once_it_is_quiet(enable_marketing):
    enable_marketing("checkout.abandoned", delay_minutes=60)
    make_customer(phone="+393331112223", marketing_consent="given")

    receive(checkout(minute=10), topic="checkouts/create")
    receive(checkout(minute=20), topic="checkouts/update")

    assert find_abandoned(now=NOW + timedelta(minutes=19)) == 0
    assert find_abandoned(now=NOW + timedelta(minutes=21)) == 1
