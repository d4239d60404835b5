"""Body of Shopify → exactly which messages, and in which state the order is: the table of a confirmation."""

from typing import Any

import pytest

from campaigns.models import OutboundMessage
from orders.models import Order, Shop
from tests.orders.cod import world
from tests.orders.cod.test_decision import OTHERS, SPELLINGS
from tests.orders.taking.bodies import ORDER, PARCEL, address, at, fulfillment, line
from tests.orders.taking.bodies import customer as account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_shop")]

ASKED = "ASKED"
CASES: dict[str, Any] = {
    "cash on delivery": ({}, "to_ask", "", ASKED),
    "no cash on delivery": ({"payment_gateway_names": ["shopify_payments"], "financial_status": "paid",
                             "total_outstanding": "0.00"}, "not_cod", "", None),
    "bank transfer": ({"payment_gateway_names": ["Bonifico bancario"]}, "not_cod", "", None),
    "a test order": ({"test": True}, "not_cod", "", None),
    "cancelled": ({"cancelled_at": at(minutes=-1), "cancel_reason": "customer"}, "not_cod", "", None),
    "paid": ({"financial_status": "paid", "total_outstanding": "0.00"}, "not_cod", "", None),
    "paid with a gift card": ({"payment_gateway_names": ["gift_card", "Contrassegno"],
                               "financial_status": "partially_paid", "total_outstanding": "14.90"},
                              "to_ask", "", "14,90 €"),
    "digital": ({"line_items": [line(requires_shipping=False)], "shipping_address": None}, "not_cod", "", None),
    "shipped already": ({"fulfillment_status": "fulfilled", "fulfillments": [fulfillment()]},
                        "not_eligible", "order_shipped", None),
    "a landline": ({"shipping_address": address(phone="081 5521234"), "customer": None},
                   "not_eligible", "not_a_mobile", None),
    "no phone at all": ({"shipping_address": address(phone=None), "customer": None},
                        "not_eligible", "no_phone", None),
    "a draft without payment name": ({"payment_gateway_names": [], "source_name": "shopify_draft_order",
                                      "shipping_lines": []}, "not_cod", "", None),
    "a draft that is tagged": ({"payment_gateway_names": [""], "source_name": "shopify_draft_order",
                                "tags": "VIP, cod"}, "to_ask", "", ASKED),
    "without a customer": ({"customer": None}, "to_ask", "", ASKED),
    "without the customer's key": ({"customer": {}}, "to_ask", "", ASKED),
    "two phones": ({"customer": account(phone="+393339998877")}, "to_ask", "", ASKED),
}  # fmt: skip


def messages():
    return [(m.phone, m.status, m.params) for m in OutboundMessage.objects.order_by("pk")]


def expected(order, amount="64,90 €"):
    return (
        world.PHONE,
        "queued",
        {
            "ORDER": "#1001",
            "AMOUNT": amount,
            "WHAT": "1 × Crocchette agnello 2 kg",
            "ADDRESS": "Via Toledo 12 (interno 3), 80134 Napoli NA",
        },
    )


@pytest.mark.parametrize("case", CASES)
def test_a_body_leads_to_exactly_these_messages_and_this_state(case):
    changes, status, reason, asked = CASES[case]
    world.customer()

    order = world.place(**changes)

    assert (order.cod_status, order.cod_reason) == (status, reason)
    amount = "64,90 €" if asked == ASKED else asked
    assert messages() == ([expected(order, amount)] if asked else [])


def test_every_spelling_of_cash_on_delivery_is_asked_about():
    world.customer()

    for number, name in enumerate(SPELLINGS):
        order = world.place(id=ORDER + number, payment_gateway_names=[name])
        assert (name, order.cod_status) == (name, "to_ask")

    assert messages() == [expected(order)] * len(SPELLINGS)


def test_no_other_payment_is_asked_about():
    world.customer()

    for number, name in enumerate(OTHERS):
        order = world.place(id=ORDER + number, payment_gateway_names=[name], shipping_lines=[])
        assert (name, order.cod_status) == (name, "not_cod")

    assert messages() == []


def test_whoever_did_not_agree_to_order_messages_is_not_asked():
    world.customer(orders_consent="unknown")

    order = world.place()

    assert (order.cod_status, order.cod_reason) == ("not_eligible", "no_orders_consent")
    assert messages() == []


def test_on_the_basis_of_the_contract_whoever_said_nothing_is_asked():
    Shop.objects.update(is_contract_basis=True)
    world.customer(orders_consent="unknown")

    assert world.place().cod_status == "to_ask"
    assert len(messages()) == 1


def test_a_refusal_counts_on_the_basis_of_the_contract_too():
    Shop.objects.update(is_contract_basis=True)
    world.customer(orders_consent="withdrawn")

    order = world.place()

    assert (order.cod_status, order.cod_reason) == ("not_eligible", "orders_withdrawn")
    assert messages() == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"is_blocked": True}, "blocked"), ({"has_invalid_phone": True}, "invalid_phone")],
)
def test_whoever_whatsapp_cannot_reach_is_not_asked(changes, reason):
    world.customer(**changes)

    order = world.place()

    assert (order.cod_status, order.cod_reason, messages()) == ("not_eligible", reason, [])


def test_whoever_left_marketing_is_still_asked_about_an_order():
    world.customer(marketing_consent="withdrawn")

    world.place()

    assert len(messages()) == 1


def test_a_foreign_mobile_is_asked_in_its_own_time_and_language():
    world.customer(phone="+447911123456", language="en", timezone="Europe/London")

    order = world.place(
        shipping_address=address(phone="+44 7911 123456"),
        customer=account(phone=None),
        customer_locale="en-GB",
    )

    message = OutboundMessage.objects.get()
    assert order.cod_status == "to_ask"
    assert (message.phone, message.zone) == ("+447911123456", "Europe/London")
    assert message.params["AMOUNT"] == "€64.90"


def test_a_missing_house_number_is_asked_for_in_the_question():
    world.customer()

    world.place(shipping_address=address(address1="Via Toledo"))

    assert OutboundMessage.objects.get().params["ADDRESS"] == (
        "Via Toledo, 80134 Napoli NA (manca il numero civico: ce lo scrivi?)"
    )


def test_the_order_is_tagged_as_cash_on_delivery_whether_it_is_asked_about_or_not():
    world.customer(orders_consent="unknown")

    order = world.place()
    world.change(minutes=1, note="Suonare due volte")

    assert world.calls(order) == [("add_tags", ["COD"])]


@pytest.mark.parametrize("changes", [{"tags": "cod, VIP"}, {"payment_gateway_names": ["paypal"]}])
def test_what_has_the_tag_or_is_paid_otherwise_is_not_tagged(changes):
    world.customer()

    assert world.calls(world.place(**changes)) == []


def test_a_shop_without_a_tag_tags_nothing():
    Shop.objects.update(cod_tag="")
    world.customer()

    assert world.calls(world.place()) == []


@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "orders/edited_as_order"])
def test_the_same_order_told_again_is_asked_about_once(topic):
    world.customer()
    order = world.place()

    for minutes in (1, 2):
        world.change(minutes=minutes, note=f"Nota {minutes}")
    world.place(topic="orders/updated" if topic == "orders/edited_as_order" else topic)

    assert len(world.questions(order)) == 1
    assert Order.objects.count() == 1


def test_an_order_whose_update_came_first_is_asked_about_once():
    world.customer()
    order = world.change(minutes=1)

    world.place()

    assert len(world.questions(order)) == 1


def test_the_tag_and_the_note_that_come_back_from_us_are_no_news():
    world.customer()
    order, question = world.asked()
    world.taps(world.CONFIRM, question, at=world.after(minutes=5))
    before = world.calls(order), world.steps(order)

    world.change(minutes=6, tags="COD, COD-confermato", note="Confermato")

    assert (world.calls(order), world.steps(order)) == before
    assert world.state(order) == "confirmed"
    assert len(world.questions(order)) == 1


def test_an_order_cancelled_before_its_question_left_gets_none():
    world.customer()
    order = world.place()

    world.change(minutes=1, cancelled_at=at(minutes=1), cancel_reason="customer")

    assert world.state(order) == "cancelled"
    assert [m.status for m in world.questions(order)] == ["skipped"]


def test_an_order_paid_before_its_question_left_gets_none():
    world.customer()
    order = world.place()

    world.change(minutes=1, financial_status="paid", total_outstanding="0.00")

    assert (world.state(order), order.cod_reason) == ("not_eligible", "order_paid")
    assert [m.status for m in world.questions(order)] == ["skipped"]


def test_an_order_shipped_before_its_question_left_gets_none():
    world.customer()
    order = world.place()

    world.hear("fulfillments/create", fulfillment(id=PARCEL), now=world.after(hours=4))

    assert (world.state(order), order.cod_reason) == ("not_eligible", "order_shipped")
    assert [m.status for m in world.questions(order)] == ["skipped"]


def test_an_order_edited_before_its_question_left_is_asked_about_with_what_holds_now():
    world.customer()
    order = world.place()

    world.change(minutes=1, total="59.90")

    first, second = world.questions(order)
    assert (first.status, first.reason) == ("skipped", "order_changed")
    assert (second.status, second.params["AMOUNT"]) == ("queued", "59,90 €")
    assert world.state(order) == "to_ask"


def test_an_address_put_right_before_the_question_left_is_the_one_it_shows():
    world.customer()
    order = world.place()

    world.change(minutes=1, shipping_address=address(address1="Via Chiaia 8"))

    first, second = world.questions(order)
    assert (first.status, second.status) == ("skipped", "queued")
    assert second.params["ADDRESS"] == "Via Chiaia 8, 80134 Napoli NA"
