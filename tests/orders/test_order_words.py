"""What messages say of an order."""

import pytest

from orders.order_words import (
    address_line,
    address_to_check,
    lacks_house_number,
    money,
    order_values,
    spoken,
)
from tests.factories.orders import make_order, make_product

ROMA = {"address1": "Via Roma 12", "zip": "20121", "city": "Milano", "province_code": "MI", "country_code": "IT"}  # fmt: skip


def test_an_amount_is_written_as_its_reader_writes_it():
    assert money(6490, "EUR", "it") == "64,90 €"
    assert money(123450, "EUR", "it") == "1.234,50 €"
    assert money(6490, "EUR", "en") == "€64.90"
    assert money(6490, "CHF", "it") == "64,90 CHF"


@pytest.mark.parametrize("language", ["", "xx", "klingon"])
def test_an_amount_is_written_whatever_the_language(language):
    assert money(6490, "EUR", language) == "64,90 €"


def test_an_address_is_one_line():
    assert address_line(ROMA | {"company": "Zampa srl", "address2": "scala B"}) == (
        "Zampa srl, Via Roma 12 scala B, 20121 Milano MI"
    )
    assert (
        address_line({"address1": "Rue 1", "city": "Paris", "country_code": "FR"})
        == "Rue 1, Paris, FR"
    )


@pytest.mark.parametrize(
    "street",
    ["Via Roma", "Piazza del Popolo", "Via XX Settembre", "Via 25 Aprile", "Corso Italia "],
)
def test_a_street_without_a_house_number_is_seen(street):
    assert lacks_house_number(ROMA | {"address1": street})


@pytest.mark.parametrize(
    "street", ["Via Roma 12", "Via Roma, 12/b", "Via 25 Aprile 7", "Via Roma snc", "Via Roma s.n.c.", "SS 16 km 12,3",
               "Località Poggio senza numero", "Contrada 3 Fontane 8"],
)  # fmt: skip
def test_a_complete_street_is_not_asked_about(street):
    assert not lacks_house_number(ROMA | {"address1": street})


def test_the_number_may_stand_in_the_second_line():
    assert not lacks_house_number(ROMA | {"address1": "Via Roma", "address2": "n. 12"})


def test_abroad_numbers_are_not_asked_for():
    assert not lacks_house_number(ROMA | {"address1": "Dame Street", "country_code": "IE"})


def test_a_missing_number_is_asked_for_where_the_address_stands(settings):
    from django.utils.translation import override

    with override("it"):
        assert address_to_check(ROMA | {"address1": "Via Roma"}) == (
            "Via Roma, 20121 Milano MI (manca il numero civico: ce lo scrivi?)"
        )
        assert address_to_check(ROMA) == "Via Roma 12, 20121 Milano MI"
        assert address_to_check({}) == ""


def test_whoever_speaks_another_language_reads_english():
    assert [spoken(code) for code in ("it", "it-IT", "en-GB", "de", "")] == [
        "it",
        "it",
        "en",
        "en",
        "it",
    ]


@pytest.mark.django_db
def test_the_summary_says_what_is_left_of_the_order():
    order = make_order(is_cod=True, product=make_product(title="Crocchette"), shipping_address=ROMA)
    order.lines.create(title="Umido", quantity=3)
    order.lines.create(title="Tolto", quantity=0)

    assert order_values(order, language="it") == {
        "order.name": order.name,
        "order.amount_due": "64,90 €",
        "order.summary": "1 × Crocchette, 3 × Umido",
        "order.shipping_address": "Via Roma 12, 20121 Milano MI",
    }


@pytest.mark.django_db
def test_a_long_order_is_cut_short():
    order = make_order(is_cod=True, product=None)
    for number in range(5):
        order.lines.create(title=f"Articolo {number}", quantity=1)

    summary = order_values(order, language="it")["order.summary"]
    assert summary == "1 × Articolo 0, 1 × Articolo 1, 1 × Articolo 2, altri 2"
