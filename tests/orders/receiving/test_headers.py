"""What the headers of a delivery say, and what stands in for what they do not say."""

import hashlib
from datetime import UTC, datetime

import pytest
from django.http.request import HttpHeaders

from orders.shopify.headers import read_arrival, read_moment
from tests.orders.receiving.hooks import SHOP, headers, order_body

BODY = order_body()


def arrival(spelling="X-Shopify-", own_shop=SHOP, **changes):
    sent = headers(BODY, spelling=spelling, **changes)
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.items()}
    return read_arrival(HttpHeaders(environ), BODY, own_shop=own_shop)


@pytest.mark.parametrize("spelling", ["X-Shopify-", "Shopify-", "x-shopify-"])
def test_both_spellings_of_the_headers_are_read(spelling):
    found = arrival(spelling, Webhook_Id="b54557e4")

    assert (found.topic, found.shop_domain, found.webhook_id) == ("orders/create", SHOP, "b54557e4")
    assert (found.api_version, found.event_id[:8]) == ("2026-10", "98880550")
    assert found.triggered_at == datetime(2026, 11, 23, 9, 29, 58, 123456, tzinfo=UTC)


def test_the_shop_and_the_topic_are_read_in_any_case():
    found = arrival(Shop_Domain="Zampa-Test.MyShopify.com", Topic="Orders/Create")

    assert (found.shop_domain, found.topic) == (SHOP, "orders/create")


def test_a_delivery_that_names_no_shop_is_our_shops():
    assert arrival(Shop_Domain=None).shop_domain == SHOP


def test_without_a_webhook_id_a_hash_of_shop_topic_and_body_stands_in():
    whole = f"{SHOP}\norders/create\n".encode() + BODY

    assert arrival(Webhook_Id=None).webhook_id == hashlib.sha256(whole).hexdigest()
    assert arrival(Webhook_Id=" ").webhook_id == hashlib.sha256(whole).hexdigest()


def test_two_long_webhook_ids_stay_different():
    one, other = arrival(Webhook_Id="a" * 150 + "1"), arrival(Webhook_Id="a" * 150 + "2")

    assert one.webhook_id != other.webhook_id
    assert len(one.webhook_id) <= 100


def test_values_longer_than_the_table_holds_are_cut():
    found = arrival(Topic="x" * 300, Event_Id="y" * 300, API_Version="z" * 300)

    assert (len(found.topic), len(found.event_id), len(found.api_version)) == (100, 100, 20)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T10:29:58+01:00", datetime(2026, 11, 23, 9, 29, 58, tzinfo=UTC)),
        ("2026-11-23T09:29:58", datetime(2026, 11, 23, 9, 29, 58, tzinfo=UTC)),
        ("0001-01-01T00:00:00+12:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_moment_is_read_in_utc_and_nonsense_as_none(text, moment):
    assert read_moment(text) == moment
