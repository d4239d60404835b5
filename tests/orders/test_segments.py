"""What contacts bought, as conditions of a segment."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audiences import segments
from audiences.models import Contact
from orders.models import Product
from tests.conftest import NOW
from tests.factories.audiences import make_contact, rules_of
from tests.factories.orders import make_checkout, make_order, make_product

pytestmark = pytest.mark.django_db


def chosen(*rule: Any) -> set[str]:
    """First names of the contacts a single rule picks."""
    tree = segments.canonical(rules_of(list(rule)))
    return set(segments.members(tree, now=NOW).values_list("first_name", flat=True))


def days_ago(days: float) -> Any:
    return NOW - timedelta(days=days)


@pytest.fixture
def lapsed() -> Contact:
    """Ordered wet food 100 days ago, 40,00 €."""
    contact = make_contact(first_name="Lapo")
    make_order(contact=contact, placed_at=days_ago(100), total_cents=4000)
    return contact


@pytest.fixture
def regular() -> Contact:
    """Ordered litter twice in the last 20 days, 60,00 € each; wet food only in an order she cancelled."""
    contact = make_contact(first_name="Rita")
    litter = make_product(
        title="Lettiera 10 l", product_type="Lettiera", tags=["lettiera", "gatto"]
    )
    for days in (10, 20):
        make_order(contact=contact, placed_at=days_ago(days), total_cents=6000, product=litter)
    make_order(contact=contact, placed_at=days_ago(1), total_cents=90000, cancelled_at=NOW)
    return contact


@pytest.fixture(autouse=True)
def stranger() -> Contact:
    return make_contact(first_name="Nuovo")


WHO = [
    (["orders.last_order_within_days", "is", 30], {"Rita"}),
    (["orders.last_order_within_days", "is_not", 30], {"Lapo", "Nuovo"}),
    (["orders.no_order_within_days", "is", 30], {"Lapo", "Nuovo"}),
    (["orders.last_order_days_ago", "at_least", 30], {"Lapo"}),
    (["orders.last_order_days_ago", "at_least", 101], set()),
    (["orders.no_order_within_days", "is", 101], {"Nuovo"}),
    (["orders.orders_count", "at_least", 2], {"Rita"}),
    (["orders.orders_count", "at_least", 0], {"Rita", "Lapo", "Nuovo"}),
    (["orders.orders_count", "at_most", 1], {"Lapo", "Nuovo"}),
    (["orders.orders_count", "at_most", 0], {"Nuovo"}),
    (["orders.orders_count", "is", 1], {"Lapo"}),
    (["orders.orders_count", "is", 0], {"Nuovo"}),
    (["orders.only_order_within_days", "is", 100], {"Lapo"}),
    (["orders.only_order_within_days", "is", 99], set()),
    (["orders.total_spent", "at_least", "120"], {"Rita"}),
    (["orders.total_spent", "at_most", "119,99"], {"Lapo", "Nuovo"}),
    (["orders.total_spent", "at_most", 0], {"Nuovo"}),
    (["orders.total_spent", "at_least", 0], {"Rita", "Lapo", "Nuovo"}),
    (["orders.bought_tag_within_days", "is", {"tag": "umido", "days": 120}], {"Lapo"}),
    (["orders.bought_tag_within_days", "is", {"tag": "umido", "days": 60}], set()),
    (
        ["orders.bought_tag_within_days", "is_not", {"tag": "umido", "days": 120}],
        {"Rita", "Nuovo"},
    ),
    (["orders.bought_product_type_within_days", "is", {"type": "Lettiera", "days": 15}], {"Rita"}),
    (
        ["orders.bought_product_within_days", "is", {"product": "Lettiera 10 l", "days": 15}],
        {"Rita"},
    ),
    (
        [
            "orders.last_bought_product_type_days_ago",
            "is",
            {"type": "Lettiera", "from": 5, "to": 15},
        ],
        {"Rita"},
    ),
    # She bought it 20 days ago too, and again since.
    (
        [
            "orders.last_bought_product_type_days_ago",
            "is",
            {"type": "Lettiera", "from": 15, "to": 30},
        ],
        set(),
    ),
    (["orders.last_bought_tag_days_ago", "is", {"tag": "umido", "from": 90, "to": 101}], {"Lapo"}),
    (["orders.last_bought_tag_days_ago", "is", {"tag": "umido", "from": 99, "to": 100}], {"Lapo"}),
    (["orders.last_bought_tag_days_ago", "is", {"tag": "umido", "from": 100, "to": 101}], set()),
    (
        [
            "orders.last_bought_product_days_ago",
            "is",
            {"product": "Lettiera 10 l", "from": 9, "to": 11},
        ],
        {"Rita"},
    ),
    (["orders.never_ordered", "is", True], {"Nuovo"}),
    (["orders.never_ordered", "is_not", True], {"Lapo", "Rita"}),
    (["orders.never_bought_tag", "is", "umido"], {"Rita", "Nuovo"}),
    (["orders.never_bought_product_type", "is", "Lettiera"], {"Lapo", "Nuovo"}),
    (["orders.never_bought_product", "is", "Lettiera 10 l"], {"Lapo", "Nuovo"}),
]


@pytest.mark.parametrize(("rule", "who"), WHO, ids=[str(rule)[:70] for rule, _who in WHO])
def test_a_rule_on_purchases_picks(
    lapsed: Contact, regular: Contact, rule: list[Any], who: set[str]
) -> None:
    assert chosen(*rule) == who


def test_days_ago_that_nobody_can_meet_are_refused(lapsed: Contact) -> None:
    rule = ["orders.last_bought_tag_days_ago", "is", {"tag": "umido", "from": 90, "to": 90}]

    with pytest.raises(segments.BrokenSegment, match=r"days must be smaller|giorni deve essere"):
        segments.canonical(rules_of(rule))


def test_a_parcel_refused_at_the_door_is_no_money_spent(stranger: Contact) -> None:
    make_order(contact=stranger, is_cod=True, cod_status="confirmed", delivery_state="refused")

    assert chosen("orders.total_spent", "at_most", 0) == {"Nuovo"}
    assert chosen("orders.orders_count", "at_least", 1) == {"Nuovo"}


@pytest.mark.parametrize(
    ("changes", "is_pending"),
    [
        ({"cod_status": "to_ask"}, True),
        ({"cod_status": "asked"}, True),
        ({"cod_status": "unanswered"}, True),
        ({"cod_status": "confirmed"}, False),
        ({"cod_status": "asked", "delivery_state": "shipped"}, False),
        ({"cod_status": "asked", "cancelled_at": NOW}, False),
        ({"is_cod": False, "cod_status": "not_cod"}, False),
    ],
)
def test_a_cod_order_is_pending_until_answered_shipped_or_cancelled(
    stranger: Contact, changes: dict[str, Any], is_pending: bool
) -> None:
    make_order(contact=stranger, **{"is_cod": True} | changes)

    assert (chosen("orders.cod_pending", "is", True) == {"Nuovo"}) is is_pending
    assert (chosen("orders.cod_pending", "is_not", True) == {"Nuovo"}) is not is_pending


def test_whoever_refused_a_cod_parcel_is_found(stranger: Contact, lapsed: Contact) -> None:
    make_order(contact=stranger, is_cod=True, delivery_state="refused")
    make_order(contact=lapsed, delivery_state="refused")

    assert chosen("orders.cod_refused", "is", True) == {"Nuovo"}


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"amount_cents": 4000}, True),
        ({"amount_cents": 3999}, False),
        ({"abandoned_at": days_ago(2)}, True),
        ({"abandoned_at": days_ago(2.1)}, False),
        ({"recovered_at": NOW}, False),
        ({"contact": None}, False),
    ],
)
def test_a_cart_left_behind_is_found_by_amount_and_hours(
    stranger: Contact, changes: dict[str, Any], is_found: bool
) -> None:
    make_checkout(**{"contact": stranger} | changes)

    found = chosen("orders.abandoned_checkout", "is", {"amount": "40", "hours": 48})

    assert found == ({"Nuovo"} if is_found else set())


def test_orders_of_nobody_change_no_segment(stranger: Contact) -> None:
    make_order(contact=None)

    assert chosen("orders.orders_count", "at_least", 1) == set()
    assert chosen("orders.last_order_within_days", "is_not", 9) == {"Nuovo"}


def test_a_product_tag_survives_in_what_was_sold(stranger: Contact) -> None:
    order = make_order(contact=stranger)
    Product.objects.filter(lines__order=order).delete()

    assert chosen("orders.bought_tag_within_days", "is", {"tag": "umido", "days": 5}) == {"Nuovo"}


def test_postgresql_is_told_how_many_lines_an_order_has(regular):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_orderline")
        cursor.execute(
            "SELECT n_distinct FROM pg_stats WHERE tablename = 'orders_orderline' AND attname = 'order_id'"
        )
        (told,) = cursor.fetchone()

    assert told == pytest.approx(-0.4)
