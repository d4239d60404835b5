"""Shopify, the customer and agents at the same moment, on a real database."""

import pytest

from config.roles import AGENT
from orders.cod import deciding
from orders.cod.deciding import Moved, seen_of
from orders.models import AddressChange, Order, ShopCall
from tests.conversations.test_concurrency import at_once
from tests.factories.people import make_member
from tests.orders.cod.world import (
    CANCEL,
    CHANGE,
    CONFIRM,
    after,
    asked,
    hear,
    questions,
    state,
    steps,
    taps,
    writes,
)
from tests.orders.taking import bodies

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("giulia")]
NEW = {
    "address1": "Via Chiaia 8", "zip": "80121", "city": "Napoli", "province_code": "NA", "country_code": "IT",
}  # fmt: skip


def each_once(*works):
    """Do each of these in a thread of its own, all at once; return what they returned or raised."""
    waiting = list(works)

    def one():
        work = waiting.pop()
        try:
            return work()
        except Moved as moved:
            return moved

    return at_once(one, workers=len(works))


def test_twenty_deliveries_of_one_order_at_once_lead_to_one_question():
    topics = ["orders/create", "orders/updated"] * 10
    told = [(topic, bodies.order(note=f"Nota {n % 3}")) for n, topic in enumerate(topics)]

    at_once(lambda: hear(*told.pop()), workers=20)

    order = Order.objects.get()
    assert [m.status for m in questions()] == ["queued"]
    assert (state(order), steps(order)) == ("to_ask", ["seen"])
    assert ShopCall.objects.filter(key="tag:cod").count() == 1


def test_five_workers_with_the_same_tap_confirm_once():
    order, question = asked()

    at_once(lambda: taps(CONFIRM, question, at=after(minutes=5), uuid="a" * 32), workers=5)

    assert steps(order) == ["seen", "asked", "confirmed"]
    assert ShopCall.objects.filter(order=order, kind="append_note").count() == 1


def test_an_agent_and_the_customer_at_once_the_later_word_stands():
    order, question = asked()
    agent, seen = make_member(AGENT), seen_of(order)

    each_once(
        lambda: deciding.confirm_by_phone(
            order_id=order.pk, by=agent, seen=seen, now=after(minutes=4)
        ),
        lambda: taps(CANCEL, question, at=after(minutes=5)),
    )

    assert state(order) == "cancel_requested"
    assert steps(order) in (
        ["seen", "asked", "cancel_requested"],
        ["seen", "asked", "confirmed", "cancel_requested"],
    )


def test_of_two_agents_who_apply_an_address_at_once_one_does():
    order, question = asked()
    taps(CHANGE, question, at=after(minutes=5))
    writes("Via Chiaia 8, 80121 Napoli (NA)", at=after(minutes=6))
    order.refresh_from_db()
    seen, agents = seen_of(order), [make_member(AGENT), make_member(AGENT)]

    def applied(agent):
        return lambda: deciding.apply_address(
            order_id=order.pk, address=NEW, by=agent, seen=seen, now=after(minutes=9)
        )

    outcomes = each_once(*map(applied, agents))

    assert sorted(type(one).__name__ for one in outcomes) == ["AddressChange", "Moved"]
    assert ShopCall.objects.filter(kind="update_address").count() == 1
    assert AddressChange.objects.get().state == "applying"
