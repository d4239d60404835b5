"""Parcels, what couriers say of them, and news that comes before what it is about."""

from datetime import timedelta

import pytest

from orders import reactions
from orders.judging import judge_open_orders
from orders.models import (
    Order,
    OrderRefund,
    OrderReturn,
    OrderToRead,
    Parcel,
    ParcelEvent,
    ShopifyDelivery,
)
from orders.taking.parking import GIVE_UP_AFTER
from tests.conftest import NOW
from tests.orders.taking import bodies
from tests.orders.taking.bodies import at, hear

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What listeners were told of parcels: (is_new, changes), one after the other."""
    seen = []
    real = reactions.parcel_changed

    def listen(taken, *, now):
        seen.append((taken.is_new, taken.changes))
        real(taken, now=now)

    monkeypatch.setattr(reactions, "parcel_changed", listen)
    return seen


@pytest.fixture
def order():
    hear("orders/create", bodies.order())
    return Order.objects.get()


def parcel():
    return Parcel.objects.get(shopify_id=bodies.PARCEL)


def test_a_parcel_is_kept_with_its_tracking_and_ships_the_order(order, told):
    outcome = hear("fulfillments/create", bodies.fulfillment())

    found = parcel()
    assert outcome.word == "parcel"
    assert (found.status, found.courier, found.tracking_number) == ("success", "BRT", "1234567890")
    assert found.shipped_at == NOW + timedelta(hours=4)
    order.refresh_from_db()
    assert (order.delivery_state, order.outcome) == ("shipped", "in_progress")
    assert order.shipped_at == NOW + timedelta(hours=4)
    assert [is_new for is_new, _ in told] == [True]


def test_the_copy_of_a_parcel_inside_its_order_is_the_same_parcel(order, told):
    shipped = bodies.order(
        updated_at=at(hours=4), fulfillment_status="fulfilled", fulfillments=[bodies.fulfillment()]
    )

    hear("orders/fulfilled", shipped)
    outcome = hear("fulfillments/create", bodies.fulfillment())

    assert (outcome.word, Parcel.objects.count(), len(told)) == ("stale", 1, 1)


def test_tracking_that_comes_later_is_told_as_a_change(order, told):
    hear("fulfillments/create", bodies.fulfillment(tracking_number=None, tracking_numbers=[]))

    hear("fulfillments/update", bodies.fulfillment(updated_at=at(hours=5)))

    assert told[1:] == [(False, {"tracking_number"})]


def test_a_failed_request_to_ship_is_no_refused_parcel(order):
    hear("fulfillments/create", bodies.fulfillment(status="failure"))

    order.refresh_from_db()
    assert (parcel().status, order.outcome, order.delivery_state) == (
        "failed",
        "not_shipped",
        "pending",
    )


def test_a_voided_label_takes_the_shipping_back_and_a_new_parcel_ships_again(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillments/update", bodies.fulfillment(status="cancelled", updated_at=at(hours=5)))
    order.refresh_from_db()
    assert (order.delivery_state, order.shipped_at) == ("pending", None)

    hear(
        "fulfillments/create",
        bodies.fulfillment(id=77, created_at=at(hours=6), updated_at=at(hours=6)),
    )

    order.refresh_from_db()
    assert (order.delivery_state, order.shipped_at) == ("shipped", NOW + timedelta(hours=6))
    assert order.parcels.count() == 2


def test_an_order_of_several_parcels_is_delivered_when_all_are(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillments/create", bodies.fulfillment(id=77, name="#1001.2"))
    hear("fulfillment_events/create", bodies.courier_event("delivered"))
    order.refresh_from_db()
    assert order.outcome == "in_progress"

    hear("fulfillment_events/create", bodies.courier_event("delivered", id=2, fulfillment_id=77))

    order.refresh_from_db()
    assert (order.outcome, order.delivery_state) == ("delivered", "delivered")


def test_news_is_ordered_by_when_it_happened_not_by_when_it_came(order, told):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillment_events/create", bodies.courier_event("delivered", happened_at=at(hours=30)))

    late = bodies.courier_event("out_for_delivery", id=2, happened_at=at(hours=28))
    outcome = hear("fulfillment_events/create", late)

    assert outcome.word == "courier_news"
    assert (parcel().shipment, parcel().delivered_at) == ("delivered", NOW + timedelta(hours=30))
    assert told[-1] == (False, frozenset())


def test_the_same_news_again_changes_nothing(order, told):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillment_events/create", bodies.courier_event("in_transit"))

    outcome = hear("fulfillment_events/create", bodies.courier_event("in_transit"))

    assert (outcome.word, ParcelEvent.objects.count(), len(told)) == ("stale", 1, 2)


def test_a_word_we_do_not_know_is_kept_and_hides_nothing(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillment_events/create", bodies.courier_event("out_for_delivery"))

    odd = bodies.courier_event("buyer_action_required", id=2, happened_at=at(hours=40))
    hear("fulfillment_events/create", odd)

    assert parcel().shipment == "out_for_delivery"
    assert ParcelEvent.objects.filter(status="buyer_action_required").exists()


def test_a_parcel_on_its_way_back_is_refused(order):
    hear("fulfillments/create", bodies.fulfillment())

    hear("fulfillment_events/create", bodies.courier_event("returning_to_sender"))

    order.refresh_from_db()
    assert (order.outcome, order.outcome_source, order.delivery_state) == ("refused", 2, "refused")


def test_a_fulfilment_before_its_order_waits_and_is_woken_by_it():
    later = NOW + timedelta(seconds=30)
    outcome = hear("fulfillments/create", bodies.fulfillment(), now=later, received_at=NOW)
    assert outcome.wait_until is not None
    parked = ShopifyDelivery.objects.create(
        shop_domain="prova.myshopify.com",
        webhook_id="1",
        topic="fulfillments/create",
        object_id=bodies.ORDER,
        body=b"{}",
        received_at=NOW,
        outcome=outcome.word,
        due_at=outcome.wait_until,
    )

    hear("orders/create", bodies.order(), now=later)

    assert (outcome.word, outcome.wait_until) == ("no_order", later + timedelta(seconds=30))
    parked.refresh_from_db()
    assert parked.due_at == later


def test_an_order_that_is_missed_is_asked_of_shopify():
    hear("fulfillments/create", bodies.fulfillment(), now=NOW, received_at=NOW)
    assert OrderToRead.objects.count() == 0

    later = NOW + timedelta(minutes=2)
    hear("fulfillments/create", bodies.fulfillment(), now=later, received_at=NOW)

    wish = OrderToRead.objects.get()
    assert (wish.shopify_id, wish.why, wish.due_at) == (bodies.ORDER, "unknown", later)


@pytest.mark.parametrize(
    ("topic", "body", "word"),
    [
        ("fulfillments/update", bodies.fulfillment(), "no_order"),
        ("fulfillment_events/create", bodies.courier_event("delivered"), "no_parcel"),
        ("refunds/create", bodies.refund(), "no_order"),
        ("returns/close", bodies.returned(), "no_order"),
        ("orders/delete", {"id": bodies.ORDER}, "no_order"),
    ],
)
def test_what_never_gets_its_order_is_let_go_kindly(topic, body, word):
    later = NOW + GIVE_UP_AFTER

    outcome = hear(topic, body, now=later, received_at=NOW)

    assert (outcome.word, outcome.is_used, outcome.wait_until) == (word, False, None)
    assert Order.objects.count() == 0


def test_a_courier_s_news_before_its_parcel_waits(order):
    outcome = hear("fulfillment_events/create", bodies.courier_event("delivered"))

    assert (outcome.word, ParcelEvent.objects.count()) == ("no_parcel", 0)
    assert outcome.wait_until == NOW + timedelta(seconds=15)


def test_goods_put_back_of_an_unpaid_order_that_was_shipped_are_a_refusal(order):
    hear("fulfillments/create", bodies.fulfillment())

    outcome = hear("refunds/create", bodies.refund())

    order.refresh_from_db()
    assert outcome.word == "refund"
    assert (order.outcome, order.outcome_source) == ("refused", 5)
    assert OrderRefund.objects.get().restock_types == ["return"]


@pytest.mark.parametrize("restock", ["cancel", "no_restock", "legacy_restock", None])
def test_goods_that_did_not_come_back_are_no_refusal(order, restock):
    hear("fulfillments/create", bodies.fulfillment())

    lines = [{"line_item_id": 1, "quantity": 1, "restock_type": restock}]
    hear("refunds/create", bodies.refund(refund_line_items=lines))

    order.refresh_from_db()
    assert order.outcome == "in_progress"


def test_a_refund_of_money_alone_is_kept(order):
    transactions = [{"kind": "refund", "status": "success", "amount": "10.00"}]

    hear("refunds/create", bodies.refund(refund_line_items=[], transactions=transactions))

    assert (OrderRefund.objects.get().paid_back_cents, OrderRefund.objects.get().restock_types) == (
        1000,
        [],
    )


def test_a_return_that_is_only_requested_is_no_evidence_and_one_opened_is(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("returns/request", bodies.returned(status="requested"), triggered_at=NOW)
    order.refresh_from_db()
    assert order.outcome == "in_progress"

    opened = NOW + timedelta(days=8)
    hear("returns/approve", bodies.returned(status="open"), triggered_at=opened)

    order.refresh_from_db()
    assert (order.outcome, order.outcome_source, order.outcome_at) == ("refused", 6, opened)


def test_a_return_that_was_declined_is_no_evidence(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("returns/approve", bodies.returned(status="open"), triggered_at=NOW)

    hear("returns/decline", bodies.returned(status="declined"), triggered_at=NOW)

    order.refresh_from_db()
    assert (order.outcome, OrderReturn.objects.get().status) == ("in_progress", "declined")


def test_time_alone_says_how_an_order_ended(order):
    hear("fulfillments/create", bodies.fulfillment())
    hear("fulfillment_events/create", bodies.courier_event("attempted_delivery"))

    assert judge_open_orders(now=NOW + timedelta(days=15)) == 0
    assert judge_open_orders(now=NOW + timedelta(days=16)) == 1

    order.refresh_from_db()
    assert (order.outcome, order.outcome_source) == ("refused", 3)
    assert judge_open_orders(now=NOW + timedelta(days=17)) == 0


def test_a_parcel_nobody_spoke_of_again_ends_as_not_known(order):
    hear("fulfillments/create", bodies.fulfillment())

    judge_open_orders(now=NOW + timedelta(days=46))

    order.refresh_from_db()
    assert (order.outcome, order.outcome_source, order.delivery_state) == ("unknown", 7, "shipped")
