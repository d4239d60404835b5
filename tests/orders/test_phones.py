"""Which phone of an order wins."""

import pytest

from orders.phones import UNREADABLE, choose_phone
from orders.shopify.payloads import FoundPhone, read_order
from tests.orders.taking import bodies


def chosen(*typed, region="IT"):
    places = ("shipping_address", "order", "billing_address", "customer", "default_address")
    found = [
        FoundPhone(place, raw, region) for place, raw in zip(places, typed, strict=False) if raw
    ]
    read = choose_phone(found)
    return (read.phone.e164 if read.phone else "", read.place)


@pytest.mark.parametrize(
    "typed",
    [
        "347 1234567", "+39 347 1234567", "0039 347 1234567", "39 347 1234567", "347/1234567",
        "(+39) 347-1234567", "\u202a+39 347 1234567\u202c",
    ],
)  # fmt: skip
def test_italian_spellings_are_one_number(typed):
    assert chosen(typed) == ("+393471234567", "shipping_address")


def test_a_mobile_wins_over_a_landline_that_is_believed_more():
    assert chosen("081 5551234", None, "347 1234567") == ("+393471234567", "billing_address")


def test_a_landline_is_better_than_nothing():
    assert chosen("555-555-SHIP", "081 5551234") == ("+390815551234", "order")


def test_what_is_no_phone_is_skipped_for_the_next():
    assert chosen("+39123456789", "347 1234567") == ("+393471234567", "order")


def test_where_nothing_can_be_read_that_is_said():
    assert chosen("555-555-SHIP", "+39123456789") == ("", UNREADABLE)
    assert chosen() == ("", "")


def test_a_foreign_number_without_prefix_is_of_the_country_of_the_parcel():
    assert chosen("079 123 45 67", region="CH") == ("+41791234567", "shipping_address")
    assert chosen("612 345 678", region="IT") == ("", UNREADABLE)


def test_a_present_is_talked_about_with_whoever_receives_it():
    body = bodies.order(
        shipping_address=bodies.address(phone="333 1112223"),
        customer=bodies.customer(phone="+393471234567"),
    )

    read = choose_phone(read_order(body).phones)

    assert read.phone is not None
    assert (read.phone.e164, read.place) == ("+393331112223", "shipping_address")
