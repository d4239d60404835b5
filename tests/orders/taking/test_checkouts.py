"""Carts: kept once, recovered by the order that came from them, never brought back."""

from datetime import timedelta

import pytest

from orders.models import Checkout, Product
from tests.conftest import NOW
from tests.orders.taking import bodies
from tests.orders.taking.bodies import at, hear

pytestmark = pytest.mark.django_db
TOKEN = bodies.checkout()["token"]


def cart():
    return Checkout.objects.get()


def test_a_cart_is_kept_with_its_person_its_lines_and_its_amount():
    outcome = hear("checkouts/create", bodies.checkout())

    found = cart()
    assert outcome.word == "checkout"
    assert (found.token, found.phone, found.language) == (TOKEN, bodies.PHONE, "it")
    assert (found.amount_cents, found.currency) == (6490, "EUR")
    assert found.lines == [{"title": "Crocchette agnello 2 kg", "quantity": 2, "price_cents": 2995}]
    assert found.contact is not None
    assert (found.abandoned_at, found.recovered_at) == (NOW - timedelta(hours=2), None)
    assert found.recovery_url.startswith("https://prova.myshopify.com/")


def test_a_later_step_moves_when_it_was_left_and_an_older_one_does_not():
    hear("checkouts/update", bodies.checkout(updated_at=at(hours=-1), total_price="80.00"))

    outcome = hear("checkouts/create", bodies.checkout())

    assert outcome.word == "stale"
    assert (cart().amount_cents, cart().abandoned_at) == (8000, NOW - timedelta(hours=1))


@pytest.mark.parametrize("nowhere", [None, [], {}])
def test_a_cart_without_person_or_address_is_kept(nowhere):
    hear("checkouts/create", bodies.checkout(shipping_address=nowhere, customer=None))

    assert (cart().contact, cart().phone) == (None, "")


def test_a_cart_that_was_completed_is_recovered():
    hear("checkouts/create", bodies.checkout())

    hear("checkouts/update", bodies.checkout(updated_at=at(hours=-1), completed_at=at(hours=-1)))

    assert cart().recovered_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    "same",
    [
        {"checkout_token": TOKEN, "cart_token": None},
        {"checkout_token": None, "cart_token": "hWN2HxLfEqPbUzWQ"},
        {"checkout_token": None, "cart_token": None},
    ],
)
def test_the_order_that_came_from_a_cart_recovers_it(same):
    """By token, by cart, or by being of the same person within a week."""
    hear("checkouts/create", bodies.checkout())

    hear("orders/create", bodies.order(**same))

    assert cart().recovered_at == NOW - timedelta(minutes=5)


def test_a_cart_told_of_after_its_order_is_recovered_at_once():
    hear("orders/create", bodies.order(checkout_token=TOKEN))

    hear("checkouts/update", bodies.checkout())

    assert cart().recovered_at == NOW - timedelta(minutes=5)


def test_a_cart_of_after_the_order_is_another_one():
    hear("orders/create", bodies.order())

    hear("checkouts/create", bodies.checkout(created_at=at(hours=1), updated_at=at(hours=1)))

    assert cart().recovered_at is None


def test_the_cart_of_somebody_else_stays():
    stranger = bodies.address(phone="333 9998887")
    hear("checkouts/create", bodies.checkout(shipping_address=stranger))

    hear("orders/create", bodies.order())

    assert cart().recovered_at is None


def test_a_deleted_cart_is_known_by_its_id_and_not_brought_back():
    gone = {"id": 35_374_569_160_817, "cart_token": "hWN2HxLfEqPbUzWQ", "total_price": "64.90"}

    hear("checkouts/delete", gone, triggered_at=NOW)
    hear("checkouts/update", bodies.checkout(updated_at=at(hours=1)))

    found = cart()
    assert (found.token, found.recovered_at) == (TOKEN, NOW)


def test_two_rows_that_turn_out_to_be_one_cart_become_one():
    without_id = bodies.checkout()
    del without_id["id"]
    hear("checkouts/create", without_id)
    hear("checkouts/delete", {"id": 35_374_569_160_817}, triggered_at=NOW)
    assert Checkout.objects.count() == 2

    hear("checkouts/update", bodies.checkout(updated_at=at(hours=1)))

    assert (cart().shopify_id, cart().recovered_at) == (35_374_569_160_817, NOW)


def test_a_recovery_page_that_is_no_web_page_is_not_kept():
    hear("checkouts/create", bodies.checkout(abandoned_checkout_url="javascript:alert(1)"))

    assert cart().recovery_url == ""


def test_a_cart_without_a_checkout_is_not_used():
    outcome = hear("carts/create", {"id": "eeaf", "token": "eeaf", "line_items": []})

    assert (outcome.word, outcome.is_used) == ("not_used", False)


def test_a_product_is_kept_and_an_older_body_changes_nothing():
    hear("products/update", bodies.product(title="Nuovo", updated_at=at(hours=1)))

    hear("products/create", bodies.product())

    found = Product.objects.get()
    assert (found.title, found.price_cents, found.stock) == ("Nuovo", 3990, 17)


def test_a_part_of_the_variants_does_not_change_what_is_in_stock():
    hear("products/create", bodies.product())

    more = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{n}"} for n in range(101)]
    hear("products/update", bodies.product(variant_gids=more, updated_at=at(hours=1)))

    assert Product.objects.get().stock == 17


def test_a_deleted_product_stays_gone_whatever_comes_after():
    hear("products/delete", {"id": bodies.PRODUCT}, triggered_at=NOW)

    hear("products/update", bodies.product())

    found = Product.objects.get()
    assert (found.is_active, found.gone_at, found.title) == (False, NOW, "Crocchette agnello 2 kg")
