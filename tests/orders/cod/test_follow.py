"""Flows on and off, the control group, consents that come late, steps that stay as they are."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from audiences.consent import record_consent
from campaigns.models import Flow, OutboundMessage
from orders.cod import silence
from orders.models import CodEvent, Order, Shop
from tests.factories.audiences import make_contact
from tests.orders.cod.world import (
    after,
    asked,
    calls,
    change,
    customer,
    open_shop,
    place,
    questions,
    state,
    steps,
    switch_both_on,
    switch_on,
    writes,
)
from tests.orders.taking.bodies import ORDER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    open_shop()


def test_without_a_flow_orders_wait_and_are_not_asked_about_once_there_is_one():
    customer()
    order = place()
    assert (state(order), order.asked_amount_cents) == ("to_ask", None)

    switch_on(enabled_at=after(minutes=30))
    change(minutes=40, total="71.40")
    silence.follow_up(now=after(hours=1))

    assert (state(order), questions()) == ("to_ask", [])


def test_a_flow_that_was_off_for_a_while_asks_about_what_is_placed_after_it_is_on_again():
    customer()
    flow = switch_on()
    Flow.objects.filter(pk=flow.pk).update(status="disabled")
    order = place()
    assert (state(order), questions()) == ("to_ask", [])

    Flow.objects.filter(pk=flow.pk).update(status="enabled", enabled_at=after(minutes=-1))
    later = place(id=ORDER + 1, created_at=after().isoformat(), processed_at=after().isoformat())

    assert len(questions(later)) == 1
    assert questions(order) == []


def test_the_delay_of_the_flow_is_waited_for_and_the_message_says_what_holds_then():
    from campaigns.flows import passing
    from campaigns.models import FlowEntry

    customer()
    switch_on(delay_minutes=30)
    order = place()
    change(minutes=10, total="71.40")
    assert (state(order), questions()) == ("to_ask", [])

    entries = FlowEntry.objects.select_related("version").filter(status="waiting")
    passing.pass_on(list(entries), now=after(minutes=30))

    (question,) = questions(order)
    assert question.params["AMOUNT"] == "71,40 €"


def test_a_consent_that_comes_after_the_order_is_asked_on():
    giulia = customer(orders_consent="unknown")
    switch_both_on()
    order = place()
    record_consent(
        contact=giulia, purpose="order_updates", state="given", source="checkout", evidence="casella",
        at=after(minutes=1), now=after(minutes=1),
    )  # fmt: skip

    silence.follow_up(now=after(minutes=10))

    assert (state(order), order.cod_reason) == ("to_ask", "")
    assert len(questions(order)) == 1


def test_the_control_group_is_drawn_once_kept_and_left_alone():
    Shop.objects.update(cod_holdout_share=Decimal("0.5"))
    switch_both_on()
    customer()
    for number in range(24):
        place(id=ORDER + number, name=f"#{number}")
    held = set(Order.objects.filter(is_cod_holdout=True).values_list("pk", flat=True))

    assert 0 < len(held) < 24
    assert set(Order.objects.values_list("cod_drawn_share", flat=True)) == {Decimal("0.500")}
    assert OutboundMessage.objects.count() == 24 - len(held)
    assert set(Order.objects.filter(pk__in=held).values_list("cod_status", "cod_reason")) == {
        ("not_eligible", "cod_holdout")
    }
    Shop.objects.update(cod_holdout_share=0)
    silence.follow_up(now=after(hours=12))
    assert OutboundMessage.objects.count() == 24 - len(held)
    assert set(Order.objects.filter(is_cod_holdout=True).values_list("pk", flat=True)) == held


def test_an_imported_order_is_never_asked_about():
    from orders.shopify.payloads.order import read_order
    from orders.taking.orders import take_order
    from tests.orders.taking import bodies

    customer()
    switch_both_on()
    with transaction.atomic():
        take_order(payload=read_order(bodies.order()), now=after(), is_import=True)

    order = change(minutes=5, total="71.40")
    silence.follow_up(now=after(hours=12))

    assert (state(order), order.cod_reason, questions(), calls(order)) == (
        "not_eligible",
        "imported",
        [],
        [],
    )


def test_nobody_rewrites_or_deletes_a_step():
    customer()
    switch_both_on()
    order, _question = asked()
    writes("Sono Giulia Rossi, quando arriva?", at=after(minutes=5))

    for change_it in (CodEvent.objects.all().delete, lambda: CodEvent.objects.update(verb="asked")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change_it()

    assert steps(order) == ["seen", "asked", "question"]


def test_whoever_has_no_order_is_not_answered_for():
    make_contact(phone="+393470009999")

    writes("ok", at=after(minutes=5), phone="+393470009999")

    assert CodEvent.objects.count() == 0
