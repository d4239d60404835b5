"""Whole bodies with the traps of real ones."""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from orders.shopify import payloads
from orders.shopify.payloads import Unreadable
from tests.orders.taking import bodies
from tests.orders.taking.bodies import money


@pytest.mark.parametrize("nobody", [None, {}, [], "", {"id": None}])
def test_an_order_without_a_customer_is_an_order(nobody):
    read = payloads.read_order(bodies.order(customer=nobody))

    assert read.customer is None
    assert [found.place for found in read.phones] == ["shipping_address"]


def test_an_order_without_the_key_of_the_customer_is_an_order():
    body = bodies.order()
    del body["customer"]

    read = payloads.read_order(body)

    assert read.customer is None
    assert read.missing == {"customer"}


def test_the_five_places_of_a_phone_are_in_the_order_in_which_they_are_believed():
    body = bodies.order(
        phone="+393330000002",
        shipping_address=bodies.address(phone="333 0000001"),
        billing_address=bodies.address(phone="333 0000003"),
        customer=bodies.customer(
            phone="+393330000004", default_address=bodies.address(phone="3330000005")
        ),
    )

    assert [(found.place, found.raw) for found in payloads.read_order(body).phones] == [
        ("shipping_address", "333 0000001"),
        ("order", "+393330000002"),
        ("billing_address", "333 0000003"),
        ("customer", "+393330000004"),
        ("default_address", "3330000005"),
    ]


def test_a_number_without_prefix_is_of_the_country_the_parcel_goes_to():
    body = bodies.order(
        phone="0791234567", shipping_address=bodies.address(country_code="ch", phone=None)
    )

    assert {found.region for found in payloads.read_order(body).phones} == {"CH"}


@pytest.mark.parametrize("nowhere", [None, [], {}, ""])
def test_an_address_may_be_null_or_empty(nowhere):
    read = payloads.read_order(bodies.order(shipping_address=nowhere, billing_address=nowhere))

    assert (read.shipping_address, read.billing_address) == (None, None)
    assert [found.place for found in read.phones] == ["default_address"]


def test_an_address_keeps_its_zeros_and_loses_superfluous_blanks():
    typed = bodies.address(
        zip="00184",
        address1="Via  Cavour 7\n(citofono  Rossi)",
        country_code="it",
        province="NA",
        province_code=None,
    )

    read = payloads.read_order(bodies.order(shipping_address=typed)).shipping_address

    assert read is not None
    assert (read.zip, read.address1) == ("00184", "Via Cavour 7 (citofono Rossi)")
    assert (read.country_code, read.province_code) == ("IT", "NA")
    assert read.as_json()["city"] == "Napoli"


def test_what_is_due_is_what_is_outstanding_not_the_total():
    body = bodies.order(total_outstanding="44.90")

    read = payloads.read_order(body)

    assert (read.total_cents, read.outstanding_cents) == (6490, 4490)


def test_what_is_due_is_in_the_currency_the_buyer_saw():
    body = bodies.order(
        presentment_currency="CHF",
        current_total_price="64.90",
        current_total_price_set=money("64.90", "EUR", "61.20", "CHF"),
        total_price_set=money("64.90", "EUR", "61.20", "CHF"),
        total_outstanding="64.90",
    )

    read = payloads.read_order(body)

    assert (read.total_cents, read.currency) == (6490, "EUR")
    assert (read.outstanding_cents, read.due_currency) == (6120, "CHF")


def test_a_part_that_is_due_is_converted_by_the_totals_of_the_order():
    body = bodies.order(
        presentment_currency="CHF",
        current_total_price_set=money("64.90", "EUR", "61.20", "CHF"),
        total_price_set=money("64.90", "EUR", "61.20", "CHF"),
        total_outstanding="32.45",
    )

    assert payloads.read_order(body).outstanding_cents == 3060


@pytest.mark.parametrize(
    ("status", "due"),
    [("pending", 6490), (None, 6490), ("paid", 0), ("refunded", 0), ("voided", 0)],
)
def test_bodies_that_do_not_say_what_is_outstanding_say_it_by_the_payment(status, due):
    body = bodies.order(financial_status=status)
    del body["total_outstanding"]

    assert payloads.read_order(body).outstanding_cents == due


def test_after_an_edit_the_total_is_what_it_costs_today():
    body = bodies.order(
        total_price="64.90", current_total_price="79.90", current_total_price_set=money("79.90")
    )

    assert payloads.read_order(body).total_cents == 7990


def test_totals_that_come_as_sets_alone_are_read():
    body = bodies.order(presentment_currency=None, currency=None)
    for key in ("total_price", "current_total_price", "total_outstanding"):
        del body[key]

    read = payloads.read_order(body)

    assert (read.total_cents, read.currency, read.outstanding_cents) == (6490, "EUR", 6490)
    assert "total" not in read.missing


@pytest.mark.parametrize(
    ("names", "read"),
    [
        ([], ()),
        ([""], ()),
        (None, ()),
        (["gift_card", "Contrassegno"], ("gift_card", "Contrassegno")),
    ],
)
def test_payment_names_may_be_empty(names, read):
    assert payloads.read_order(bodies.order(payment_gateway_names=names)).gateway_names == read


def test_the_single_payment_name_of_old_bodies_counts_where_there_is_no_list():
    body = bodies.order(gateway="Contrassegno")
    assert payloads.read_order(body).gateway_names == (bodies.COD,)

    del body["payment_gateway_names"]
    assert payloads.read_order(body).gateway_names == ("Contrassegno",)


def test_what_is_left_of_a_line_counts_and_custom_lines_have_no_product():
    body = bodies.order(
        line_items=[
            bodies.line(current_quantity=0, quantity=2),
            bodies.line(id=5, product_id=None, variant_id=None, quantity=3),
        ]
    )
    del body["line_items"][1]["current_quantity"]

    removed, custom = payloads.read_order(body).lines

    assert (removed.quantity, removed.original_quantity) == (0, 2)
    assert (custom.quantity, custom.product_id, custom.price_cents) == (3, None, 5990)


@pytest.mark.parametrize(
    ("lines", "needs"),
    [
        ([bodies.line()], True),
        ([bodies.line(requires_shipping=False)], False),
        ([bodies.line(current_quantity=0)], False),
        ([bodies.line(requires_shipping=False, gift_card=True), bodies.line(id=2)], True),
        ([], False),
    ],
)
def test_something_is_to_ship_as_long_as_a_line_with_goods_is_left(lines, needs):
    assert payloads.read_order(bodies.order(line_items=lines)).needs_shipping is needs


def test_a_shipping_rate_that_was_removed_says_nothing():
    rates = [{"title": "Contrassegno", "is_removed": True}, {"title": "Standard"}, {}]

    assert payloads.read_order(bodies.order(shipping_lines=rates)).shipping_titles == ("Standard",)


def test_an_order_was_placed_when_the_buyer_placed_it():
    moved_in = bodies.order(processed_at="2024-01-05T10:00:00+01:00")

    read = payloads.read_order(moved_in)

    assert read.placed_at is not None
    assert read.placed_at.isoformat() == "2024-01-05T09:00:00+00:00"


def test_a_trimmed_body_says_of_what_it_says_nothing():
    read = payloads.read_order({"id": 5, "updated_at": "2026-11-23T10:00:00+01:00", "tags": "a"})

    assert "tags" not in read.missing
    assert {
        "lines",
        "total",
        "outstanding",
        "shipping_address",
        "phones",
        "placed_at",
    } <= read.missing
    assert read.needs_shipping is True


@pytest.mark.parametrize(
    "read",
    [
        payloads.read_order,
        payloads.read_fulfillment,
        payloads.read_courier_event,
        payloads.read_refund,
        payloads.read_return,
        payloads.read_checkout,
        payloads.read_product,
        payloads.read_transaction,
        payloads.read_edit,
    ],
)
@pytest.mark.parametrize("body", [{}, [], None, "x", {"id": "nothing"}])
def test_a_body_that_names_nothing_is_unreadable(read, body):
    with pytest.raises(Unreadable):
        read(body)


def test_a_parcel_has_the_first_of_its_tracking_numbers_and_a_page_that_opens():
    body = bodies.fulfillment(
        tracking_number=None,
        tracking_numbers=["", "ABC1"],
        tracking_url="javascript:alert(1)",
        shipment_status="OUT_FOR_DELIVERY",
    )

    read = payloads.read_fulfillment(body)

    assert (read.tracking_number, read.tracking_url) == ("ABC1", "")
    assert read.shipment_status == "out_for_delivery"


def test_a_refund_tells_goods_put_back_from_money_given_back():
    goods = payloads.read_refund(bodies.refund())
    cash = payloads.read_refund(
        bodies.refund(
            refund_line_items=[],
            transactions=[
                {"kind": "refund", "status": "success", "amount": "10.00"},
                {"kind": "refund", "status": "failure", "amount": "5.00"},
                {"kind": "sale", "status": "success", "amount": "7.00"},
            ],
        )
    )

    assert (goods.restock_types, goods.paid_back_cents) == (frozenset({"return"}), 0)
    assert (cash.restock_types, cash.paid_back_cents) == (frozenset(), 1000)


def test_a_return_names_its_order_by_id_or_inside():
    inside = payloads.read_return(bodies.returned())
    beside = payloads.read_return({"id": 1, "order_id": str(bodies.ORDER), "status": "CANCELED"})

    assert (inside.order_id, inside.status) == (bodies.ORDER, "open")
    assert (beside.order_id, beside.status) == (bodies.ORDER, "cancelled")


def test_stock_is_only_known_when_all_variants_came():
    whole = payloads.read_product(bodies.product())
    part = payloads.read_product(bodies.product(variant_gids=[{"admin_graphql_api_id": "x"}] * 3))

    assert (whole.stock, whole.price_cents, whole.tags) == (17, 3990, ("secco", "cane"))
    assert (part.stock, part.price_cents) == (None, 3990)


def test_a_deleted_checkout_is_known_by_its_id_alone():
    read = payloads.read_checkout(
        {"id": 981820079255243500, "cart_token": "eeaf", "total_price": "421.88"}
    )

    assert (read.id, read.token, read.cart_token) == (981820079255243500, "", "eeaf")


def test_no_body_breaks_a_reader_whatever_was_taken_out_of_it_or_put_in_its_place():
    dice = random.Random(20261123)
    odd: list[Any] = [None, [], {}, "", "x", -1, 2**70, 1.5, True, [None], {"id": []}]
    readers: dict[Callable[[Any], object], dict] = {
        payloads.read_order: bodies.order(
            fulfillments=[bodies.fulfillment()],
            refunds=[bodies.refund()],
            returns=[bodies.returned()],
        ),
        payloads.read_fulfillment: bodies.fulfillment(),
        payloads.read_courier_event: bodies.courier_event("delivered"),
        payloads.read_refund: bodies.refund(),
        payloads.read_checkout: bodies.checkout(),
        payloads.read_product: bodies.product(),
    }
    for read, whole in readers.items():
        for _ in range(150):
            body = copy.deepcopy(whole)
            for holder in [body, *_inside(body)]:
                for key in dice.sample(sorted(holder), k=min(2, len(holder))):
                    if key not in {"id", "fulfillment_id"}:
                        holder[key] = dice.choice(odd)
            assert type(read(body)) is type(read(whole))


def _inside(body):
    """The objects in a body, one level down."""
    for value in body.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item
