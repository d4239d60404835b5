"""A cart that was left behind: when it counts as abandoned, and what ends that."""

from datetime import timedelta

import pytest

from audiences.models import ConsentState
from campaigns.flows import engine
from campaigns.models import FlowEntry, OutboundMessage
from orders.models import Checkout
from orders.triggers import checkouts
from orders.triggers.checkouts import KEY, checkout_changed, find_abandoned
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_checkout, make_order
from tests.orders.triggers.conftest import entered, left

pytestmark = pytest.mark.django_db

URL = "https://zampa.example.it/checkouts/cn/abc/recover"


def after(**distance):
    return NOW + timedelta(**distance)


def make_cart(**changes):
    contact = changes.pop("contact") if "contact" in changes else make_shopper()
    return make_checkout(contact=contact, recovery_url=URL, **changes)


def make_shopper(**changes):
    return make_contact(**{"marketing_consent": ConsentState.GIVEN} | changes)


def test_a_cart_is_abandoned_after_half_an_hour_of_quiet(enable_marketing):
    enable_marketing(KEY)
    cart = make_cart()

    assert find_abandoned(now=after(minutes=29)) == 0
    assert find_abandoned(now=after(minutes=30)) == 1

    assert entered(KEY) == [f"checkout:{cart.pk}"]
    assert OutboundMessage.objects.get().contact_id == cart.contact_id


def test_a_cart_is_told_of_once(enable_marketing):
    enable_marketing(KEY)
    make_cart()

    assert [find_abandoned(now=after(minutes=minutes)) for minutes in (30, 35, 600)] == [1, 0, 0]


def test_the_flows_own_wait_counts_from_the_last_touch(enable_marketing):
    enable_marketing(KEY, delay_minutes=60)
    make_cart()

    find_abandoned(now=after(minutes=31))

    entry = FlowEntry.objects.get()
    assert (entry.status, entry.due_at) == (FlowEntry.Status.WAITING, after(minutes=60))


def test_whoever_comes_back_to_the_cart_waits_anew(enable_marketing):
    enable_marketing(KEY, delay_minutes=60)
    cart = make_cart()
    find_abandoned(now=after(minutes=31))

    cart.abandoned_at = after(minutes=50)
    checkout_changed(cart, {"abandoned_at"}, now=after(minutes=50))

    entry = FlowEntry.objects.get()
    assert (entry.happened_at, entry.due_at) == (after(minutes=50), after(minutes=110))
    assert entry.expires_at == after(minutes=110) + timedelta(days=3)


def test_older_news_of_the_cart_moves_nothing_back(enable_marketing):
    enable_marketing(KEY, delay_minutes=60)
    cart = make_cart()
    find_abandoned(now=after(minutes=31))

    cart.abandoned_at = after(minutes=-5)
    checkout_changed(cart, {"abandoned_at"}, now=after(minutes=50))

    assert FlowEntry.objects.get().due_at == after(minutes=60)


@pytest.mark.parametrize(
    "changes",
    [
        {"recovered_at": NOW},
        {"contact": None},
        {"abandoned_at": NOW - timedelta(days=3)},
    ],
)
def test_what_is_bought_nobodys_or_old_is_not_abandoned(enable_marketing, changes):
    enable_marketing(KEY)
    make_cart(**changes)

    assert find_abandoned(now=after(minutes=40)) == 0


def test_without_a_flow_nobody_is_looked_for(django_assert_num_queries):
    make_cart()

    with django_assert_num_queries(1):
        assert find_abandoned(now=after(minutes=40)) == 0


def test_who_never_agreed_to_marketing_is_not_reminded(enable_marketing):
    enable_marketing(KEY)
    cart = make_cart(contact=make_shopper(marketing_consent=ConsentState.UNKNOWN))

    find_abandoned(now=after(minutes=40))

    assert left(KEY) == {f"checkout:{cart.pk}": "no_consent"}
    assert OutboundMessage.objects.count() == 0


def test_a_flow_may_ask_for_an_amount(enable_marketing):
    rule = ["checkout.amount", "at_least", "40.00"]
    enable_marketing(KEY, conditions={"v": 1, "groups": [{"mode": "all", "rules": [rule]}]})
    small, enough = make_cart(amount_cents=3999), make_cart(amount_cents=4000)
    pounds = make_cart(amount_cents=9000, currency="GBP")

    find_abandoned(now=after(minutes=40))

    assert left(KEY) == {
        f"checkout:{small.pk}": "conditions_not_met",
        f"checkout:{enough.pk}": "",
        f"checkout:{pounds.pk}": "conditions_not_met",
    }


def why(cart, *, now=None):
    return checkouts.why_not([f"checkout:{cart.pk}"], now or after(hours=1)).get(
        f"checkout:{cart.pk}"
    )


def test_a_cart_that_was_only_left_is_written_about():
    assert why(make_cart()) is None


@pytest.mark.parametrize(
    "order",
    [
        {"checkout_token": "tok", "placed_at": NOW - timedelta(minutes=1)},
        {"cart_token": "cart", "placed_at": NOW - timedelta(minutes=1)},
        {"phone": "+393331112223", "placed_at": NOW + timedelta(minutes=5)},
        {"email": "ADA@example.it", "placed_at": NOW + timedelta(minutes=5)},
    ],
)
def test_an_order_ends_it_by_token_phone_or_mail(order):
    cart = make_cart(token="tok", cart_token="cart", phone="+393331112223", email="ada@example.it")
    make_order(contact=None, **order)

    assert why(cart) == "ordered"


def test_whoever_ordered_anything_since_is_not_reminded():
    cart = make_cart()
    make_order(contact=cart.contact, placed_at=after(minutes=5))

    assert why(cart) == "ordered"


def test_an_order_of_before_does_not_end_it():
    cart = make_cart()
    make_order(contact=cart.contact, placed_at=after(minutes=-5))

    assert why(cart) is None


def test_only_the_newest_cart_of_a_person_is_written_about():
    shopper = make_shopper()
    old, new = make_cart(contact=shopper), make_cart(contact=shopper, abandoned_at=after(minutes=9))

    assert (why(old), why(new)) == ("newer_cart", None)


@pytest.mark.parametrize("changes", [{"amount_cents": 0}, {"recovery_url": ""}])
def test_a_cart_with_nothing_in_it_or_no_way_back_is_not_written_about(changes):
    cart = make_cart()
    Checkout.objects.update(**changes)

    assert why(cart) == "empty_cart"


def test_whoever_is_just_back_at_the_cart_is_not_disturbed():
    assert why(make_cart(), now=after(minutes=10)) == "back_at_cart"


def test_a_cart_that_is_gone_is_not_written_about():
    assert checkouts.why_not(["checkout:999", "order:1"], NOW) == {
        "checkout:999": "checkout_gone",
        "order:1": "checkout_gone",
    }


def test_a_message_may_say_the_amount_what_is_in_it_and_the_way_back():
    lines = [{"title": "Crocchette", "quantity": 2, "price_cents": 2600}, {"quantity": 1}, "odd"]
    cart = make_cart(lines=lines)

    assert checkouts.values_of(f"checkout:{cart.pk}") == {
        "checkout.amount": "52,00 €",
        "checkout.summary": "2 × Crocchette",
        "checkout.recovery_url": URL,
    }


def test_one_cart_that_makes_trouble_does_not_hold_up_the_others(enable_marketing, monkeypatch):
    enable_marketing(KEY)
    bad, good = make_cart(), make_cart()
    happened = engine.happened

    def trouble(**told):
        if told["subject"] == f"checkout:{bad.pk}":
            raise RuntimeError("trouble")
        return happened(**told)

    monkeypatch.setattr(engine, "happened", trouble)
    find_abandoned(now=after(minutes=40))

    assert entered(KEY) == [f"checkout:{good.pk}"]
