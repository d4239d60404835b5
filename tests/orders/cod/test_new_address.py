"""A new address, asked for and written in a conversation."""

import pytest

from orders.models import AddressChange
from tests.orders.cod.world import (
    CANCEL,
    CHANGE,
    CONFIRM,
    FIVE,
    SIX,
    after,
    asked,
    replies_to,
    state,
    taps,
    writes,
)
from tests.orders.taking.bodies import address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_shop")]


def typed(order):
    return AddressChange.objects.get(order=order).typed_text


def test_modifica_asks_for_the_address_once_and_the_text_after_it_is_the_address(giulia):
    order, question = asked()

    taps(CHANGE, question, at=FIVE)
    taps(CHANGE, question, at=SIX)
    writes("Via Chiaia 8", at=after(minutes=7))
    writes("80121 Napoli (NA), citofono Rossi", at=after(minutes=8))

    assert replies_to(giulia) == [
        "Certo! Scrivi qui il nuovo indirizzo per l'ordine #1001: via e numero civico, CAP e città."
    ]
    assert state(order) == "change_requested"
    assert AddressChange.objects.get().state == "typed"
    assert typed(order) == "Via Chiaia 8\n80121 Napoli (NA), citofono Rossi"


def test_the_parts_of_an_address_stand_in_the_order_in_which_they_were_written(giulia):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)

    writes("80121 Napoli", at=after(minutes=8))
    writes("Via Chiaia 8", at=after(minutes=7))

    assert typed(order) == "Via Chiaia 8\n80121 Napoli"


def test_a_question_instead_of_the_address_is_a_question(giulia):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)

    writes("Posso ritirarlo in negozio?", at=SIX)

    assert (AddressChange.objects.get().state, typed(order)) == ("asked", "")
    assert (state(order), order.cod_question_at) == ("change_requested", SIX)


@pytest.mark.parametrize("text", ["ok grazie", "sì", "👍"])
def test_a_thank_you_is_neither_an_address_nor_a_confirmation(giulia, text):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)
    writes("Via Chiaia 8, Napoli", at=SIX)

    writes(text, at=after(minutes=7))

    assert (state(order), typed(order)) == ("change_requested", "Via Chiaia 8, Napoli")
    assert order.cod_question_at is None


def test_a_tap_on_conferma_takes_back_a_modifica_without_address_and_keeps_one_with(giulia):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)
    taps(CONFIRM, question, at=SIX)
    assert state(order) == "confirmed"
    assert AddressChange.objects.get().state == "withdrawn"

    taps(CHANGE, question, at=after(minutes=7))
    writes("Via Chiaia 8, Napoli", at=after(minutes=8))
    taps(CONFIRM, question, at=after(minutes=9))
    assert state(order) == "change_requested"


def test_annulla_after_modifica_cancels_and_nobody_waits_for_the_address(giulia):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)

    taps(CANCEL, question, at=SIX)

    assert state(order) == "cancel_requested"
    assert AddressChange.objects.get().state == "withdrawn"


def test_stop_after_modifica_is_no_address(giulia):
    order, question = asked()
    taps(CHANGE, question, at=FIVE)

    writes("STOP", at=SIX)

    assert (AddressChange.objects.get().state, typed(order)) == ("asked", "")


def test_a_missing_house_number_is_asked_for_after_the_yes_and_taken_from_the_next_message(giulia):
    order, question = asked(shipping_address=address(address1="Via Toledo"))

    taps(CONFIRM, question, at=FIVE)
    assert state(order) == "confirmed"
    assert replies_to(giulia) == [
        "Grazie! Per l'ordine #1001 manca solo il numero civico: scrivilo qui. (Via Toledo, 80134 Napoli NA)"
    ]

    writes("12/B", at=SIX)
    assert (state(order), typed(order)) == ("change_requested", "12/B")


@pytest.mark.parametrize("text", ["civico 12", "Il 12 b", "Via Chiaia 8, 80121 Napoli"])
def test_an_address_written_at_once_is_taken_for_one(giulia, text):
    order, _question = asked(shipping_address=address(address1="Via Toledo"))

    writes(text, at=FIVE)

    assert (state(order), typed(order)) == ("change_requested", text)


def test_a_number_where_none_is_missing_is_a_question(giulia):
    order, _question = asked()

    writes("12", at=FIVE)

    assert (state(order), order.cod_question_at) == ("asked", FIVE)
