"""What crosses a confirmation: another phone, a test of a colleague's, another order, a control group, the night."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.flows.due import carry_out_due
from campaigns.models import FlowEntry, FlowTest, Lane, SpokiAccount
from config.roles import AGENT
from orders.cod import deciding, silence
from orders.cod.deciding import seen_of
from orders.cod.lists import Why, to_call
from orders.models import Order, Shop
from tests.factories.campaigns import make_message, make_user
from tests.factories.people import make_member
from tests.orders.cod.world import (
    BUTTONS,
    CHANGE,
    CONFIRM,
    FIVE,
    after,
    asked,
    change,
    customer,
    leaves,
    open_shop,
    place,
    questions,
    state,
    steps,
    switch_both_on,
    switch_on,
    taps,
    writes,
)
from tests.orders.taking.bodies import ORDER, address, at
from tests.orders.taking.bodies import customer as account

pytestmark = pytest.mark.django_db
OTHER = "+393339876543"


@pytest.fixture(autouse=True)
def shop():
    open_shop()


@pytest.fixture
def asking():
    switch_both_on()


@pytest.fixture
def giulia(asking):
    return customer()


def moved(minutes, **changes):
    """The shop puts the phone of the order right: it is somebody else's."""
    return change(
        minutes=minutes,
        shipping_address=address(phone=OTHER),
        customer=account(id=42, phone=OTHER, default_address=None),
        **changes,
    )


def tried(contact, flow, *, at):
    """A colleague tries the flow out on her own phone, which is the customer's."""
    message = make_message(
        contact=contact,
        phone=contact.phone,
        lane=Lane.TRANSACTIONAL,
        template_version=flow.template_version,
        status="delivered",
        sending_at=at,
        provider_uuid=f"{99:032x}",
    )
    FlowTest.objects.create(flow=flow, message=message, by=make_user(), at=at)
    return message


def test_a_question_that_has_not_left_goes_to_whoever_the_order_is_about_by_then(giulia):
    marco = customer(phone=OTHER)
    order = place()

    moved(1)

    first, second = questions(order)
    assert (first.status, first.reason) == ("skipped", "order_changed")
    assert (second.status, second.contact, second.phone) == ("queued", marco, OTHER)


def test_a_question_that_waits_in_the_flow_goes_to_whoever_the_order_is_about_by_then():
    switch_on(delay_minutes=10)
    customer()
    marco = customer(phone=OTHER)
    order = place()

    moved(1)
    carry_out_due(now=after(minutes=30), seconds=5)

    assert [message.contact for message in questions(order)] == [marco]


def test_an_order_that_turns_out_to_be_somebody_elses_is_asked_again_there(giulia):
    marco = customer(phone=OTHER)
    order, question = asked()

    moved(1)

    assert [message.contact for message in questions(order)] == [giulia, marco]
    assert state(order) == "to_ask"
    taps(CONFIRM, question, at=FIVE)
    assert (state(order), steps(order)[-1]) == ("to_ask", "old")


@pytest.mark.parametrize("how", ["payload", "reply", "label"])
def test_an_answer_to_a_test_of_the_flow_is_about_no_order(how):
    giulia, flow = customer(), switch_on()
    order, _question = asked()
    test = tried(giulia, flow, at=after(minutes=2))

    if how == "payload":
        writes(BUTTONS[CONFIRM]["text"], at=FIVE, payload=f"{test.key.hex}:{CONFIRM}")
    elif how == "reply":
        writes("Conferma", at=FIVE, replyToMessageUid=test.provider_uuid)
    else:
        writes("Conferma", at=FIVE)

    assert (state(order), "confirmed" in steps(order)) == ("asked", False)


def test_after_a_test_the_named_order_is_still_meant():
    giulia, flow = customer(), switch_on()
    order, _question = asked()
    tried(giulia, flow, at=after(minutes=2))

    writes("confermo l'ordine #1001", at=FIVE)

    assert state(order) == "confirmed"


def test_a_tap_on_the_button_of_a_campaign_is_about_no_order(giulia):
    order, _question = asked()
    other = make_message(
        contact=giulia, status="delivered", sending_at=after(minutes=2), lane=Lane.MARKETING
    )

    writes("Conferma", at=FIVE, payload=f"{other.key.hex}:0")

    assert state(order) == "asked"


def test_a_yes_to_the_question_just_asked_is_not_the_address_of_another_order(giulia):
    first, question = asked()
    taps(CHANGE, question, at=after(minutes=1))
    second, _other = asked(id=ORDER + 1, name="#1002", now=after(minutes=3))

    writes("sì", at=FIVE)

    assert (state(first), state(second)) == ("change_requested", "confirmed")


def test_an_address_after_the_question_of_another_order_is_still_that_address(giulia):
    first, question = asked()
    taps(CHANGE, question, at=after(minutes=1))
    second, _other = asked(id=ORDER + 1, name="#1002", now=after(minutes=3))

    writes("Via Chiaia 8, 80121 Napoli", at=FIVE)

    assert (steps(first)[-1], state(second)) == ("typed", "asked")


def test_naming_an_order_does_not_agree_to_an_amount_that_was_not_asked_yet(giulia):
    first, _question = asked()
    change(minutes=1, total_outstanding="99.00", current_total_price="99.00", total_price="99.00")
    asked(id=ORDER + 1, name="#1002", now=after(minutes=3))

    writes("confermo ordine #1001", at=FIVE)

    assert (state(first), steps(first)[-1]) == ("to_ask", "old")


def test_whoever_was_asked_before_there_was_a_control_group_is_never_drawn(giulia):
    order, _question = asked()
    Shop.objects.update(cod_holdout_share=Decimal("0.5"))

    for amount in range(70, 78):
        change(minutes=amount, total_outstanding=f"{amount}.00", current_total_price=f"{amount}.00")
        waiting = questions(order)[-1]
        leaves(waiting, at=after(minutes=amount))

    order.refresh_from_db()
    assert (order.cod_drawn_share, order.is_cod_holdout, order.cod_round) == (
        Decimal(0),
        False,
        9,
    )


@pytest.mark.parametrize("delay", [0, 10])
def test_the_control_group_of_a_flow_is_kept_with_its_orders(delay):
    switch_on(delay_minutes=delay, holdout_share=Decimal("0.999"))
    customer()
    order = place()

    carry_out_due(now=after(minutes=30), seconds=5)
    silence.follow_up(now=after(minutes=30))

    assert (state(order), FlowEntry.objects.get().status) == ("not_eligible", "held_out")
    assert (order.is_cod_holdout, order.cod_drawn_share) == (True, Decimal("0.999"))
    assert steps(order)[-1] == "held_out"


def test_whom_the_flow_holds_out_is_not_counted_as_asked_by_the_draw_of_the_shop():
    Shop.objects.update(cod_holdout_share=Decimal("0.001"))
    switch_on(holdout_share=Decimal("0.999"))
    customer()

    order = place()

    assert (order.is_cod_holdout, order.cod_drawn_share) == (True, Decimal("0.001"))
    assert (order.asked_at, order.cod_reason) == (None, "cod_holdout")


def test_an_amount_agreed_on_the_phone_is_asked_about_only_once_it_changes_again(giulia):
    order, question = asked()
    taps(CHANGE, question, at=after(minutes=1))
    change(minutes=2, total_outstanding="99.00", current_total_price="99.00")
    order.refresh_from_db()
    agent = make_member(AGENT)

    deciding.confirm_by_phone(
        order_id=order.pk, by=agent, seen=seen_of(order), now=after(minutes=3)
    )
    change(minutes=4, total_outstanding="99.00", current_total_price="99.00",
           shipping_address=address(address1="Via Toledo 13"))  # fmt: skip
    assert (state(order), len(questions(order))) == ("confirmed", 1)

    change(minutes=5, total_outstanding="120.00", current_total_price="120.00")
    assert (state(order), len(questions(order))) == ("to_ask", 2)


NIGHT = datetime(2026, 11, 24, 20, 55, tzinfo=UTC)  # 21:55 in Rome


def late(**passed):
    return NIGHT + (after(**passed) - after())


def write_at(hours):
    """When order messages may arrive, on every day."""
    for account_of in SpokiAccount.objects.all():
        account_of.transactional_hours = dict.fromkeys(account_of.transactional_hours, hours)
        account_of.save()


DAY = ["08:00", "22:00"]


def asked_late():
    order = place(now=NIGHT, created_at=at(hours=35.4), updated_at=at(hours=35.4))
    leaves(questions(order)[-1], at=NIGHT)
    order.refresh_from_db()
    return order


def test_nobody_is_silent_by_night():
    switch_on()
    customer()
    order = asked_late()
    write_at(DAY)

    assert silence.follow_up(now=late(hours=8, minutes=1))["listed"] == 0  # 5:56
    assert silence.follow_up(now=late(hours=17, minutes=54))["listed"] == 0  # 15:49
    assert silence.follow_up(now=late(hours=18, minutes=1))["listed"] == 1  # 15:56
    assert state(order) == "unanswered"


def test_a_reminder_of_the_evening_is_not_unanswered_before_the_day(giulia):
    order = asked_late()
    write_at(DAY)
    silence.follow_up(now=late(hours=4))
    (reminder,) = questions(order, "order.cod_unanswered")
    leaves(reminder, at=late(hours=10, minutes=5))  # 8:00

    assert silence.follow_up(now=late(hours=14))["listed"] == 0
    assert silence.follow_up(now=late(hours=14, minutes=10))["listed"] == 1


def test_a_reminder_that_left_in_the_evening_waits_for_the_next_morning(giulia):
    order, _question = asked(now=after(hours=7))  # 17:30 in Rome
    write_at(DAY)
    silence.follow_up(now=after(hours=11))
    (reminder,) = questions(order, "order.cod_unanswered")
    leaves(reminder, at=after(hours=11))  # 21:30

    assert silence.follow_up(now=after(hours=24, minutes=55))["listed"] == 0  # 11:25
    assert silence.follow_up(now=after(hours=25, minutes=1))["listed"] == 1  # 11:31


def test_where_messages_may_go_at_any_hour_the_clock_runs_all_night():
    switch_on()
    customer()
    asked_late()
    write_at(["00:00", "24:00"])

    assert silence.follow_up(now=late(hours=8, minutes=1))["listed"] == 1


@pytest.mark.parametrize("is_asked", [True, False])
def test_nobody_is_called_about_an_order_whose_person_was_forgotten(is_asked):
    customer(orders_consent="unknown")
    order = place()
    why, status = (Why.SILENT, "unanswered") if is_asked else (Why.UNASKED, "not_eligible")
    Order.objects.filter(pk=order.pk).update(cod_status=status)
    assert list(to_call(why, now=FIVE)) == [order]

    Order.objects.filter(pk=order.pk).update(erased_at=FIVE)

    assert list(to_call(why, now=FIVE)) == []
