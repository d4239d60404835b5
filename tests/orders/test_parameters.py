"""What a message may say about a contact's orders and carts."""

from datetime import UTC, datetime, timedelta

import pytest

from audiences.models import Contact
from audiences.parameters import values_for
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_checkout, make_line, make_order, make_product

pytestmark = pytest.mark.django_db


def value(contact: Contact, key: str) -> str:
    return values_for(contact, {"X": {"parameter": key, "fallback": "-"}})["X"]


@pytest.fixture
def customer() -> Contact:
    contact = make_contact()
    make_order(contact=contact, name="#1", placed_at=NOW - timedelta(days=3))
    make_order(contact=contact, name="#2", placed_at=NOW - timedelta(days=1), total_cents=106490)
    make_order(contact=contact, name="#3", placed_at=NOW, cancelled_at=NOW)
    return contact


def test_the_last_order_is_the_newest_not_cancelled(customer: Contact) -> None:
    assert value(customer, "orders.last_order_name") == "#2"


def test_amounts_read_as_italians_write_them(customer: Contact) -> None:
    assert value(customer, "orders.last_order_amount") == "1.064,90 €"


def test_dates_are_those_of_the_shop() -> None:
    contact = make_contact()
    make_order(contact=contact, placed_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))

    assert value(contact, "orders.last_order_date") == "23/11/2026"


def test_the_product_named_is_the_dearest_of_the_last_order() -> None:
    contact = make_contact()
    order = make_order(contact=contact)
    make_line(order=order, product=make_product(title="Crocchette 12 kg", price_cents=5490))

    assert value(contact, "orders.last_order_product") == "Crocchette 12 kg"


def test_the_cart_is_the_newest_not_recovered() -> None:
    contact = make_contact()
    make_checkout(contact=contact, amount_cents=4990, recovery_url="https://shop.example/r/1")
    make_checkout(contact=contact, abandoned_at=NOW + timedelta(hours=1), recovered_at=NOW)

    assert value(contact, "checkout.amount") == "49,90 €"
    assert value(contact, "checkout.recovery_url") == "https://shop.example/r/1"


@pytest.mark.parametrize(
    "key",
    [
        "orders.last_order_name",
        "orders.last_order_amount",
        "orders.last_order_date",
        "orders.last_order_product",
        "checkout.amount",
        "checkout.recovery_url",
    ],
)
def test_whoever_never_ordered_gets_the_fallback(key: str) -> None:
    assert value(make_contact(), key) == "-"
