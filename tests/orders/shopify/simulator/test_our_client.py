"""Our client against the simulator: what it asks is in Shopify's schema, and both ways of telling agree."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from orders.shopify import queries
from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import Misspelt, Refused
from orders.shopify.nodes import checkout_of, customer_of, order_of, product_of
from orders.shopify.payloads.order import read_order

VERSION = "2026-10"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
# What only one of the two ways tells.
_ONE_SIDED = {"checkout_token", "cart_token", "missing", "customer", "phones", "lines"}


@pytest.fixture
def client(process, shop):
    client = ShopifyClient(
        base_url=process.url, version=VERSION, access=StaticAccess(process.token), patience=0.0
    )
    yield client
    client.close()


@pytest.fixture
def story(shop):
    """An order with all that may become of one."""
    order = shop.place(customer=shop.customers()[0]["id"], tags=["a"], note="Piano terra",
                       attributes={"Codice fiscale": "X"})  # fmt: skip
    shop.act(order["id"], "ship")
    shop.act(order["id"], "says", status="attempted_delivery")
    shop.act(order["id"], "refuse", how="restock")
    return shop.act(order["id"], "return")


def test_the_admin_api_and_the_webhook_say_the_same_of_an_order(client, story):
    node = client.order(story["id"])

    asked, told = asdict(order_of(node)), asdict(read_order(story["body"]))
    for name in set(told) - _ONE_SIDED - {"fulfillments", "refunds", "returns"}:
        assert asked[name] == told[name], name
    assert [one["id"] for one in asked["lines"]] == [one["id"] for one in told["lines"]]
    assert [one["raw"] for one in asked["phones"]] == [one["raw"] for one in told["phones"]]
    for name in ("fulfillments", "refunds", "returns"):
        assert [one["id"] for one in asked[name]] == [one["id"] for one in told[name]]
    parcel = asked["fulfillments"][0]
    assert parcel["shipment_status"] == told["fulfillments"][0]["shipment_status"]


def test_everything_that_is_asked_of_an_order_is_done(client, shop):
    order = shop.place(customer=shop.customers()[0]["id"])
    client.add_tags(order["id"], ["COD", "VIP"])
    client.remove_tags(order["id"], ["vip"])
    client.write_note(order["id"], "Nuova nota")
    client.write_address(order["id"], {"address1": "Via Po 3", "zip": "10124", "city": "Torino",
                                       "provinceCode": "TO", "countryCode": "IT"})  # fmt: skip
    state = client.order_state(order["id"])
    client.cancel_order(order["id"], reason="CUSTOMER", restock=True, staff_note="x" * 300)

    assert state.tags == ("COD",)
    assert state.note == "Nuova nota"
    assert state.shipping_address["address1"] == "Via Po 3"
    assert not state.is_shipped
    assert any(client.order_state(order["id"]).is_cancelled for _ in range(200))
    with pytest.raises(Refused):
        client.write_address(order["id"], {"zip": "12"})


def test_what_changed_is_listed_page_by_page(client, shop):
    placed = [shop.place(customer=shop.customers()[0]["id"])["id"] for _ in range(3)]
    shop.abandon(customer=shop.customers()[1]["id"])

    first = client.changed_orders(since=SINCE, after=None, first=2)
    second = client.changed_orders(since=SINCE, after=first.cursor, first=2)
    later = client.changed_orders(since=datetime.now(UTC) + timedelta(days=1), after=None)
    customers = client.changed_customers(since=SINCE, after=None)
    checkouts = client.changed_checkouts(since=SINCE, after=None)

    listed = [node["id"].rpartition("/")[2] for node in (*first.nodes, *second.nodes)]
    assert listed == [str(number) for number in placed]
    assert (second.cursor, later.nodes) == (None, [])
    people = [customer_of(node) for node in customers.nodes]
    consents = [one.whatsapp_consent for one in people if one]
    assert "subscribed" in {one.state for one in consents if one}
    assert checkout_of(checkouts.nodes[0]).lines[0].price_cents == 2190


def test_webhooks_are_made_and_listed(client, shop, receiver):
    shop.post("webhooks", url=receiver.url, topics=[])
    client.create_subscription(topic="ORDERS_CREATE", uri=receiver.url)

    with pytest.raises(Refused) as refused:
        client.create_subscription(topic="ORDERS_CREATE", uri=receiver.url)

    assert "already been taken" in refused.value.detail
    assert [(one.topic, one.uri) for one in client.subscriptions()] == [
        ("ORDERS_CREATE", receiver.url)
    ]


@pytest.mark.parametrize(
    ("question", "root"),
    [
        (queries.bulk_orders(VERSION), "Order"),
        (queries.bulk_customers(VERSION), "Customer"),
        (queries.bulk_products(), "Product"),
    ],
)
def test_each_bulk_question_may_run(client, story, question, root):
    begun = client.run_bulk(question)
    states = (client.bulk(begun.id) for _ in range(300))
    ended = next(one for one in states if one and one.url)

    rows = [json.loads(line) for line in client.bulk_lines(ended.url)]
    assert any(row.get("id", "").startswith(f"gid://shopify/{root}/") for row in rows)
    if root == "Product":
        assert product_of(rows[0]).title


def test_a_consent_is_written_with_its_moment_read_again_and_told_of(client, shop, receiver):
    customer = shop.post("customer", first_name="Ada", phone="+393471234567")
    shop.settled()
    receiver.deliveries.clear()
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    client.write_whatsapp_consent(customer["id"], state="UNSUBSCRIBED", updated_at=at)
    there = client.whatsapp_consent(customer["id"])
    shop.settled()

    assert there is not None
    assert (there.phone, there.state, there.updated_at) == ("+393471234567", "unsubscribed", at)
    [(_, body)] = receiver.of("customers_whats_app_marketing_consent/update")
    told = body["whats_app_marketing_consent"]
    assert datetime.fromisoformat(told["updated_at"]) == at
    assert client.whatsapp_consent(7) is None


def test_before_2026_07_shopify_knows_no_consent_to_whatsapp(process, shop):
    customer = shop.post("customer", first_name="Ada", phone="+393471234567")
    old = ShopifyClient(
        base_url=process.url, version="2026-04", access=StaticAccess(process.token), patience=0.0
    )

    with pytest.raises(Misspelt):
        old.write_whatsapp_consent(customer["id"], state="UNSUBSCRIBED", updated_at=SINCE)

    assert old.changed_customers(since=SINCE, after=None).nodes
    old.close()
