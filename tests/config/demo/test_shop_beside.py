"""The shop beside the demo knows who and what the database knows."""

import pytest

from audiences.models import ConsentState, Contact
from config.demo import shop
from config.demo.environment import demo_environment
from orders.models import Order, Reconciliation
from orders.shopify.simulator import ShopProcess


@pytest.fixture(scope="module")
def process():
    with ShopProcess(client_id="zampa-demo") as process:
        yield process


@pytest.fixture
def told(demo, process, now):
    """The shop after it was told, with nothing in it before."""
    process.control.reset(plant=False)
    shop.tell_shop(process.control, now=now)
    return process.control


def test_the_shop_has_customers_products_and_every_open_order_of_the_database(told):
    placed = {one["id"]: one for one in told.get("orders")["orders"]}
    is_open = Order.objects.placed().filter(is_cod=True, delivery_state="pending")

    assert set(placed) == set(is_open.values_list("shopify_id", flat=True))
    assert {one["current_total_cents"] for one in placed.values()} == set(
        is_open.values_list("total_cents", flat=True)
    )
    assert 12 <= len(told.products()) <= 24
    assert all(one["financial_status"] == "pending" for one in placed.values())
    numbers = {one["phone"] for one in told.customers()}
    people = Contact.objects.filter(phone__in=numbers)
    askable = people.filter(can_receive_whatsapp=True, orders_consent=ConsentState.GIVEN)
    assert askable.count() >= 24
    assert people.filter(can_receive_whatsapp=False).exists()
    assert people.exclude(orders_consent=ConsentState.GIVEN).exists()


def test_told_again_it_keeps_what_happened_at_the_shop_and_numbers_go_on(told, now):
    order = told.get("orders")["orders"][0]
    told.act(order["id"], "tag", tags=["COD"])
    placed = told.place(customer=told.customers()[0]["id"])
    before = told.get("orders")

    shop.tell_shop(told, now=now)

    assert told.get("orders") == before
    assert told.order(order["id"])["tags"] == ["COD"]
    latest = max(int(name.lstrip("#")) for name in Order.objects.values_list("name", flat=True))
    assert placed["number"] > latest


def test_the_demos_own_orders_are_no_news_of_the_shop(db, now):
    shop.note_all_known(now=now)
    shop.note_all_known(now=now)

    assert {one.kind: one.finished_at for one in Reconciliation.objects.all()} == dict.fromkeys(
        Reconciliation.Kind.values, now
    )


def test_the_demo_never_talks_to_a_real_shop():
    environment = demo_environment()

    assert environment["SHOPIFY_ADMIN_URL"].startswith("http://127.0.0.1:")
    assert environment["SHOPIFY_WEBHOOK_URL"].startswith("http://127.0.0.1:")
    assert environment["SHOPIFY_WEBHOOK_SECRETS"] == environment["SHOPIFY_CLIENT_SECRET"]
    assert environment["SHOPIFY_CLIENT_SECRET"] != demo_environment()["SHOPIFY_CLIENT_SECRET"]
