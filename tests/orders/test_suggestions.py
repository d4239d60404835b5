"""What to suggest next, and when what was bought runs out: both computed by the database."""

from datetime import timedelta
from typing import Any

import pytest

from audiences.models import Contact
from audiences.parameters import values_for
from orders.models import Order, Product, ProductPair
from orders.pairs import KEPT_PER_PRODUCT, count_pairs
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_line, make_order, make_product

pytestmark = pytest.mark.django_db


def value(contact: Contact, key: str) -> str:
    return values_for(contact, {"X": {"parameter": key, "fallback": "-"}})["X"]


def buy(contact: Contact | None, *products: Product, days_ago: float = 1, **changes: Any) -> Order:
    order = make_order(
        contact=contact, product=None, placed_at=NOW - timedelta(days=days_ago), **changes
    )
    for product in products:
        make_line(order=order, product=product)
    return order


@pytest.fixture
def shelf() -> dict[str, Product]:
    """Others bought wet food with snacks three times, with litter twice, with a toy once."""
    shelf = {name: make_product(title=name) for name in ("Umido", "Snack", "Lettiera", "Gioco")}
    for other, times in (("Snack", 3), ("Lettiera", 2), ("Gioco", 1)):
        for _ in range(times):
            buy(make_contact(), shelf["Umido"], shelf[other])
    return shelf


@pytest.fixture
def customer(shelf: dict[str, Product]) -> Contact:
    contact = make_contact()
    buy(contact, shelf["Umido"])
    return contact


def suggested_to(contact: Contact) -> str:
    count_pairs(now=NOW)
    return value(contact, "orders.suggested_product")


def test_what_is_most_bought_together_is_suggested(customer: Contact) -> None:
    assert suggested_to(customer) == "Snack"


def test_how_often_decides_and_not_which_product_is_older(
    customer: Contact, shelf: dict[str, Product]
) -> None:
    for _ in range(2):
        buy(make_contact(), shelf["Umido"], shelf["Lettiera"])

    assert suggested_to(customer) == "Lettiera"


def test_what_was_bought_once_is_suggested_no_more(
    customer: Contact, shelf: dict[str, Product]
) -> None:
    buy(customer, shelf["Snack"], days_ago=400)

    assert suggested_to(customer) == "Lettiera"


@pytest.mark.parametrize("change", [{"stock": 0}, {"stock": -2}, {"is_active": False}])
def test_what_cannot_be_bought_now_is_not_suggested(
    customer: Contact, change: dict[str, Any]
) -> None:
    Product.objects.filter(title="Snack").update(**change)

    assert suggested_to(customer) == "Lettiera"


def test_a_cancelled_order_is_neither_a_pair_nor_a_purchase(
    customer: Contact, shelf: dict[str, Product]
) -> None:
    for _ in range(4):
        buy(make_contact(), shelf["Umido"], shelf["Gioco"], cancelled_at=NOW)
    buy(customer, shelf["Snack"], cancelled_at=NOW)

    assert suggested_to(customer) == "Snack"


def test_orders_older_than_a_year_suggest_nothing(
    customer: Contact, shelf: dict[str, Product]
) -> None:
    for _ in range(4):
        buy(make_contact(), shelf["Umido"], shelf["Gioco"], days_ago=366)

    assert suggested_to(customer) == "Snack"


def test_a_stranger_gets_the_fallback(shelf: dict[str, Product]) -> None:
    assert suggested_to(make_contact()) == "-"


def test_two_lines_of_one_product_are_one_order_together(shelf: dict[str, Product]) -> None:
    twice = buy(make_contact(), shelf["Umido"], shelf["Gioco"])
    make_line(order=twice, product=shelf["Gioco"])

    count_pairs(now=NOW)

    pair = ProductPair.objects.get(product=shelf["Umido"], other=shelf["Gioco"])
    assert pair.orders == 2


def test_counting_again_leaves_the_same_pairs(shelf: dict[str, Product]) -> None:
    kept = count_pairs(now=NOW)
    before = list(ProductPair.objects.order_by("product", "other").values_list("product", "orders"))

    assert count_pairs(now=NOW) == kept == 6
    after = ProductPair.objects.order_by("product", "other").values_list("product", "orders")
    assert list(after) == before


def test_only_the_best_partners_of_a_product_are_kept() -> None:
    buy(make_contact(), *(make_product(title=f"P{n}") for n in range(KEPT_PER_PRODUCT + 3)))

    assert count_pairs(now=NOW) == (KEPT_PER_PRODUCT + 3) * KEPT_PER_PRODUCT


def bought(*packs: tuple[str, int, float], kind: str = "crocchette", **changes: Any) -> Contact:
    """A contact with an order for each (title, quantity, days ago)."""
    contact = make_contact()
    for title, quantity, days in packs:
        product = make_product(title=title, product_type=kind)
        order = buy(contact, days_ago=days, **changes)
        make_line(order=order, product=product, quantity=quantity)
    return contact


# NOW is 23 November 2026.
REFILLS = [
    # 3 kg lasted 30 days, so 3 kg more last 30 days.
    ((("Crocchette, 3 kg", 1, 40), ("Crocchette, 3 kg", 1, 10)), 20),
    # 3 kg lasted 30 days, so 12 kg last 120.
    ((("Crocchette, 3 kg", 1, 40), ("Crocchette, 12 kg", 1, 10)), 110),
    # Grams and kilos are one pace; so are two bags.
    ((("Crocchette 800 g", 5, 50), ("Crocchette, 4 kg", 1, 10)), 30),
    # 2 × 6 × 400 g lasted 48 days: 100 g a day.
    ((("Patè, 6 × 400 g", 2, 50), ("Patè, 12 x 400 g", 1, 2)), 46),
    # 1.5 kg written the Italian way, over three orders: 3 kg in 60 days.
    (
        (("Crocchette, 1,5 kg", 1, 70), ("Crocchette, 1,5 kg", 1, 30), ("Crocchette, 3 kg", 1, 10)),
        50,
    ),
    ((("Olio 250 ml", 1, 25), ("Olio, 0,5 l", 1, 0)), 50),
    ((("Compresse, 30 dosi", 1, 30), ("Compresse, 60 dosi", 1, 0)), 60),
    # However it is written.
    ((("CROCCHETTE,3 KG", 1, 40), ("Crocchette (3kg)", 1, 10)), 20),
    ((("Patè 6X400gr.", 1, 40), ("Patè, 6*400 g. ", 1, 10)), 20),
]


@pytest.mark.parametrize(("packs", "days"), REFILLS)
def test_the_refill_follows_the_size_of_the_packs_and_the_pace(
    packs: tuple[tuple[str, int, float], ...], days: int
) -> None:
    contact = bought(*packs)

    assert value(contact, "orders.refill_date") == f"{NOW + timedelta(days=days):%d/%m/%Y}"


NO_REFILL: list[tuple[tuple[str, int, float], ...]] = [
    (("Crocchette, 3 kg", 1, 10),),
    (("Crocchette, 3 kg", 1, 10), ("Crocchette, 3 kg", 1, 9.5)),
    (("Pallina rossa, piccola", 1, 40), ("Pallina rossa, piccola", 1, 10)),
    (("Collare fino a 10 kg", 1, 90), ("Collare fino a 10 kg", 1, 10)),
    (("Gocce, 10-25 kg", 1, 90), ("Gocce, 10-25 kg", 1, 10)),
    (("Gocce, oltre 25 kg", 1, 90), ("Gocce, oltre 25 kg", 1, 10)),
    (),
]


@pytest.mark.parametrize("packs", NO_REFILL)
def test_without_a_pace_or_a_size_there_is_no_refill(
    packs: tuple[tuple[str, int, float], ...],
) -> None:
    contact = bought(*packs)

    assert value(contact, "orders.refill_date") == "-"
    assert value(contact, "orders.refill_product") == "-"


@pytest.mark.parametrize("change", [{"cancelled_at": NOW}, {"delivery_state": "refused"}])
def test_what_never_arrived_was_never_eaten(change: dict[str, Any]) -> None:
    contact = bought(("Crocchette, 3 kg", 1, 40), ("Crocchette, 3 kg", 1, 10), **change)

    assert value(contact, "orders.refill_date") == "-"


def test_the_refill_speaks_of_what_is_ordered_most_often() -> None:
    contact = bought(("Crocchette, 3 kg", 1, 70), ("Crocchette, 3 kg", 1, 40))
    crocchette = make_product(title="Crocchette agnello, 3 kg", product_type="crocchette")
    buy(contact, crocchette, days_ago=10)
    for days in (30, 5):
        buy(contact, make_product(title="Lettiera, 10 l", product_type="lettiere"), days_ago=days)

    assert value(contact, "orders.refill_product") == "Crocchette agnello, 3 kg"
