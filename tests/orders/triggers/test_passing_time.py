"""What runs out, and who has not ordered for long."""

from datetime import timedelta

import pytest

from audiences.models import ConsentState
from campaigns.models import FlowEntry, OutboundMessage
from orders.triggers import refill, win_back
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_line, make_order, make_product
from tests.orders.triggers.conftest import entered

pytestmark = pytest.mark.django_db


def after(**distance):
    return NOW + timedelta(**distance)


def make_regular(*, bought=(60, 30), product="Crocchette agnello 3 kg", **changes):
    """Somebody who bought the same pack so many days ago: the next one is due by that pace."""
    contact = make_contact(**{"marketing_consent": ConsentState.GIVEN} | changes)
    food = make_product(title=product, product_type="Secco")
    for days in bought:
        order = make_order(contact=contact, product=None, placed_at=after(days=-days))
        make_line(order=order, product=food)
    return contact


def test_a_supply_that_ends_within_three_days_is_told_of(enable_marketing):
    enable_marketing(refill.KEY)
    ends_today = make_regular(bought=(60, 30))
    ends_in_three_days = make_regular(bought=(57, 27))
    make_regular(bought=(56, 26))
    make_regular(bought=(62, 32))

    refill.find_due(now=NOW)

    assert set(entered(refill.KEY)) == {
        f"refill:{ends_today.pk}:2026-11-23",
        f"refill:{ends_in_three_days.pk}:2026-11-26",
    }


def test_a_supply_is_told_of_once(enable_marketing):
    enable_marketing(refill.KEY)
    make_regular()

    assert [refill.find_due(now=after(hours=hours)) for hours in (0, 6, 12)] == [1, 0, 0]
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"marketing_consent": ConsentState.UNKNOWN}, {"can_receive_whatsapp": False}]
)
def test_who_may_not_be_written_to_is_not_looked_at(enable_marketing, changes):
    enable_marketing(refill.KEY)
    make_regular(**changes)

    assert refill.find_due(now=NOW) == 0
    assert FlowEntry.objects.count() == 0


def test_whoever_bought_it_meanwhile_is_not_reminded():
    contact = make_regular()
    subject = f"refill:{contact.pk}:2026-11-23"
    assert refill.why_not([subject], NOW) == {}

    food = make_product(title="Crocchette agnello 3 kg", product_type="Secco")
    make_line(order=make_order(contact=contact, product=None, placed_at=NOW), product=food)

    assert refill.why_not([subject], NOW) == {subject: "refill_changed"}


def test_a_message_may_say_what_runs_out_and_when():
    contact = make_regular()

    assert refill.values_of(f"refill:{contact.pk}:2026-11-23") == {
        "refill.date": "23/11/2026",
        "refill.product": "Crocchette agnello 3 kg",
    }


@pytest.mark.parametrize(
    "subject", ["refill:999:2026-11-23", "refill:x", "refill:1:soon", "order:1"]
)
def test_a_supply_of_nobody_is_not_written_about(subject):
    assert refill.why_not([subject], NOW) == {subject: "contact_gone"}
    assert refill.values_of(subject) == {}


def make_shopper(*, days, **changes):
    contact = make_contact(**{"marketing_consent": ConsentState.GIVEN} | changes)
    make_order(contact=contact, placed_at=after(days=-days))
    return contact


def test_somebody_has_lapsed_ninety_days_after_the_last_order(enable_marketing):
    enable_marketing(win_back.KEY)
    lapsed = make_shopper(days=90)
    make_shopper(days=89)
    make_shopper(days=94)

    assert win_back.find_lapsed(now=NOW) == 1

    day = after(days=-90).date().isoformat()
    assert entered(win_back.KEY) == [f"lapsed:{lapsed.pk}:{day}"]


def test_a_lapse_is_told_of_once_and_when_it_happened(enable_marketing):
    enable_marketing(win_back.KEY)
    make_shopper(days=90)

    assert [win_back.find_lapsed(now=after(hours=hours)) for hours in (0, 1, 30)] == [1, 0, 0]
    assert FlowEntry.objects.get().happened_at == NOW


def test_a_newer_order_is_no_lapse_but_a_cancelled_one_does_not_count(enable_marketing):
    enable_marketing(win_back.KEY)
    make_order(contact=make_shopper(days=90), placed_at=after(days=-10))
    cancelled = make_shopper(days=90)
    make_order(contact=cancelled, placed_at=after(days=-10), cancelled_at=after(days=-9))

    assert win_back.find_lapsed(now=NOW) == 1
    assert entered(win_back.KEY)[0].startswith(f"lapsed:{cancelled.pk}:")


def test_a_lapse_of_before_the_flow_was_enabled_is_none_of_its_business(enable_marketing):
    flow = enable_marketing(win_back.KEY)
    flow.enabled_at = NOW
    flow.save(update_fields=["enabled_at"])
    make_shopper(days=91)

    assert win_back.find_lapsed(now=NOW) == 0


def test_whoever_orders_meanwhile_is_not_won_back():
    contact = make_shopper(days=90)
    subject = f"lapsed:{contact.pk}:{after(days=-90).date().isoformat()}"
    assert win_back.why_not([subject], NOW) == {}

    make_order(contact=contact, placed_at=NOW)

    assert win_back.why_not([subject], NOW) == {subject: "ordered"}


@pytest.mark.parametrize("find", [refill.find_due, win_back.find_lapsed])
def test_without_a_flow_nobody_is_looked_for(find, django_assert_num_queries):
    make_regular()

    with django_assert_num_queries(1):
        assert find(now=NOW) == 0
