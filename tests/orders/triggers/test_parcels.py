"""A parcel on its way: which news sets off which message, and which does not."""

from datetime import timedelta

import pytest

from audiences.models import ConsentState
from campaigns.models import FlowEntry, OutboundMessage
from orders.models import Order, Parcel
from orders.shops import current_shop
from orders.triggers import parcels
from orders.triggers.parcels import TRACKING_GRACE, parcel_changed, tell_untracked
from tests.conftest import NOW
from tests.orders.triggers.conftest import (
    entered,
    left,
    make_customer,
    make_parcel,
    make_shipped_order,
)

pytestmark = pytest.mark.django_db

SHIPPED = "parcel.shipped"
OUT = "parcel.out_for_delivery"
ATTEMPTED = "parcel.delivery_attempted"
DELIVERED = "parcel.delivered"
NEWS = {
    OUT: {"shipment": Parcel.Shipment.OUT_FOR_DELIVERY, "shipment_at": NOW},
    ATTEMPTED: {"shipment": Parcel.Shipment.ATTEMPTED, "shipment_at": NOW, "attempted_at": NOW},
    DELIVERED: {"shipment": Parcel.Shipment.DELIVERED, "shipment_at": NOW, "delivered_at": NOW},
}


def tell(parcel, *, now=NOW, changes=("shipment",)):
    parcel_changed(parcel, changes, now=now)


def after(**distance):
    return NOW + timedelta(**distance)


def test_a_parcel_that_left_with_a_number_is_written_about_once(enable):
    enable(SHIPPED)
    parcel = make_parcel()

    for _ in range(2):
        tell(parcel)

    assert entered(SHIPPED) == [f"parcel:{parcel.pk}"]
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "status", [Parcel.Status.OPEN, Parcel.Status.FAILED, Parcel.Status.CANCELLED]
)
def test_a_parcel_that_has_not_left_is_not_written_about(enable, status):
    enable(SHIPPED)

    tell(make_parcel(status=status))

    assert entered(SHIPPED) == []


def test_without_a_number_the_news_waits_for_it(enable):
    enable(SHIPPED)
    parcel = make_parcel(tracking_number="", tracking_url="")
    tell(parcel)
    assert entered(SHIPPED) == []

    parcel.tracking_number = "987"
    tell(parcel, now=after(hours=1), changes=("tracking_number",))

    assert entered(SHIPPED) == [f"parcel:{parcel.pk}"]


def test_a_number_that_never_comes_is_waited_for_two_hours(enable):
    enable(SHIPPED)
    parcel = make_parcel(tracking_number="", tracking_url="")
    assert timedelta(hours=2) == TRACKING_GRACE

    assert tell_untracked(now=after(minutes=119)) == 0
    assert tell_untracked(now=after(minutes=120)) == 1
    assert tell_untracked(now=after(minutes=125)) == 0

    assert entered(SHIPPED) == [f"parcel:{parcel.pk}"]


def test_without_a_flow_nobody_is_looked_for(django_assert_num_queries):
    make_parcel(tracking_number="", tracking_url="")

    with django_assert_num_queries(1):
        assert tell_untracked(now=after(hours=3)) == 0


@pytest.mark.parametrize("trigger", [OUT, ATTEMPTED, DELIVERED])
def test_the_couriers_news_is_written_about_when_it_happened(enable, trigger):
    enable(trigger)
    parcel = make_parcel(**NEWS[trigger])

    tell(parcel, now=after(minutes=1))

    entry = FlowEntry.objects.get()
    assert (entry.subject, entry.happened_at) == (f"parcel:{parcel.pk}", NOW)
    assert entry.status == FlowEntry.Status.QUEUED


@pytest.mark.parametrize(
    ("trigger", "hours"), [(SHIPPED, 24), (OUT, 3), (ATTEMPTED, 12), (DELIVERED, 72)]
)
def test_news_that_comes_too_late_is_no_news(enable, trigger, hours):
    enable(trigger)

    tell(make_parcel(**NEWS.get(trigger, {})), now=after(hours=hours, seconds=1))
    assert entered(trigger) == []

    tell(make_parcel(**NEWS.get(trigger, {})), now=after(hours=hours))
    assert len(entered(trigger)) == 1


def test_whoever_is_written_to_a_week_later_is_not_when_the_parcel_came_back(enable):
    enable(DELIVERED, delay_minutes=7 * 24 * 60)
    parcel = make_parcel(**NEWS[DELIVERED])
    tell(parcel)
    Order.objects.update(outcome=Order.Outcome.REFUSED)

    (subject,) = entered(DELIVERED)
    assert parcels.why_not(parcels.DELIVERED, [subject], after(days=7)) == {
        subject: "parcel_came_back"
    }


def test_an_order_in_two_parcels_has_arrived_with_the_second(enable):
    enable(DELIVERED)
    order = make_shipped_order()
    first = make_parcel(order=order, **NEWS[DELIVERED])
    second = make_parcel(order=order)
    tell(first)
    assert entered(DELIVERED) == []

    Parcel.objects.filter(pk=second.pk).update(
        shipment="delivered", delivered_at=after(hours=2), shipment_at=after(hours=2)
    )
    for parcel in Parcel.objects.all():
        tell(parcel, now=after(hours=2))

    assert entered(DELIVERED) == [f"parcel:{second.pk}"]


def test_a_voided_label_holds_up_nothing(enable):
    enable(DELIVERED)
    order = make_shipped_order()
    make_parcel(order=order, status=Parcel.Status.CANCELLED)

    tell(make_parcel(order=order, **NEWS[DELIVERED]))

    assert len(entered(DELIVERED)) == 1


def test_an_order_that_is_shipped_in_part_has_not_arrived(enable):
    enable(DELIVERED)
    order = make_shipped_order(fulfillment_status="partial")

    tell(make_parcel(order=order, **NEWS[DELIVERED]))

    assert entered(DELIVERED) == []


@pytest.mark.parametrize("changes", [{"is_imported": True}, {"is_test": True}, {"contact": None}])
def test_nobody_is_written_to_about_the_past_a_test_or_nobodys_order(enable, changes):
    enable(SHIPPED)

    tell(make_parcel(order=make_shipped_order(**changes)))

    assert entered(SHIPPED) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": Parcel.Status.CANCELLED}, "parcel_cancelled"),
        ({"shipment": Parcel.Shipment.OUT_FOR_DELIVERY}, "parcel_moved_on"),
        ({"shipment": Parcel.Shipment.DELIVERED}, "parcel_moved_on"),
    ],
)
def test_what_happened_since_keeps_the_message_back(changes, reason):
    parcel = make_parcel(**changes)
    subject = f"parcel:{parcel.pk}"

    assert parcels.why_not(parcels.SHIPPED, [subject], NOW) == {subject: reason}


def test_news_that_is_overtaken_keeps_the_message_back():
    parcel = make_parcel(**NEWS[DELIVERED])
    subject = f"parcel:{parcel.pk}"

    for step in (parcels.OUT_FOR_DELIVERY, parcels.ATTEMPTED):
        assert parcels.why_not(step, [subject], NOW) == {subject: "parcel_moved_on"}


def test_a_cancelled_order_keeps_the_message_back():
    parcel = make_parcel(order=make_shipped_order(cancelled_at=NOW))
    subject = f"parcel:{parcel.pk}"

    assert parcels.why_not(parcels.SHIPPED, [subject], NOW) == {subject: "order_cancelled"}


def test_a_parcel_that_is_gone_and_a_subject_of_others_are_not_written_about():
    found = parcels.why_not(parcels.SHIPPED, ["parcel:999", "order:1", "parcel:x"], NOW)

    assert found == dict.fromkeys(["parcel:999", "order:1", "parcel:x"], "parcel_gone")


def test_a_customer_who_did_not_agree_is_not_written_to(enable):
    enable(SHIPPED)
    silent = make_customer(orders_consent=ConsentState.UNKNOWN)
    parcel = make_parcel(order=make_shipped_order(contact=silent))

    tell(parcel)

    assert left(SHIPPED) == {f"parcel:{parcel.pk}": "no_orders_consent"}
    assert OutboundMessage.objects.count() == 0


def test_on_the_basis_of_the_contract_silence_is_enough(enable):
    enable(SHIPPED)
    shop = current_shop()
    shop.is_contract_basis = True
    shop.save()
    silent = make_customer(orders_consent=ConsentState.UNKNOWN)

    tell(make_parcel(order=make_shipped_order(contact=silent)))

    assert OutboundMessage.objects.count() == 1


def test_a_message_may_say_the_courier_the_link_and_the_order():
    order = make_shipped_order(name="#1042", total_cents=6490)
    parcel = make_parcel(order=order)

    values = parcels.values_of(f"parcel:{parcel.pk}")

    assert values["order.name"] == "#1042"
    assert values["order.amount_due"] == "64,90 €"
    assert values["parcel.courier"] == "BRT"
    assert values["parcel.tracking_url"] == "https://vas.brt.it/vas/123456"


def test_a_courier_nobody_chose_is_no_name():
    parcel = make_parcel(courier="Other")

    assert parcels.values_of(f"parcel:{parcel.pk}")["parcel.courier"] == ""


def test_a_flow_may_ask_for_an_amount_to_pay_at_the_door(enable):
    rule = ["order.amount_due", "at_least", "0.01"]
    enable(OUT, conditions={"v": 1, "groups": [{"mode": "all", "rules": [rule]}]})
    paid = make_parcel(order=make_shipped_order(amount_due_cents=0), **NEWS[OUT])
    to_pay = make_parcel(**NEWS[OUT])

    for parcel in (paid, to_pay):
        tell(parcel)

    assert left(OUT) == {f"parcel:{paid.pk}": "conditions_not_met", f"parcel:{to_pay.pk}": ""}
