"""An agent says that a parcel was refused, before Shopify shows any of it."""

import pytest
from django.urls import reverse

from config.roles import AGENT, MARKETER
from orders.cod import deciding
from orders.cod.coming_back import mark_refused, unmark_refused
from orders.cod.deciding import DecisionRefused, Moved, seen_of
from orders.models import Order, Shop, ShopCall
from tests.factories.people import make_member
from tests.orders.cod.world import (
    after,
    asked,
    change,
    customer,
    open_shop,
    steps,
    switch_both_on,
)
from tests.orders.taking.bodies import fulfillment, hear

pytestmark = pytest.mark.django_db
LATER = after(days=3)


@pytest.fixture
def agent():
    return make_member(AGENT, username="agnese", first_name="Agnese")


@pytest.fixture
def order():
    open_shop(refused_tags=["reso", "giacenza"])
    switch_both_on()
    customer()
    order, _question = asked()
    return order


@pytest.fixture
def shipped(order):
    hear("fulfillments/create", fulfillment(), now=after(days=1))
    order.refresh_from_db()
    return order


def tagged(order: Order, kind: str) -> list[list[str]]:
    calls = ShopCall.objects.filter(order=order, kind=kind, key__startswith="parcel:")
    return [call.payload["tags"] for call in calls.order_by("pk")]


def test_shopify_gets_the_first_of_the_shops_tags_and_the_story_says_who(shipped, agent):
    mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    assert tagged(shipped, "add_tags") == [["reso"]]
    assert shipped.cod_events.get(verb="came_back").by == agent


def test_the_page_of_the_order_offers_it_asks_and_comes_back(client, shipped, agent):
    client.force_login(agent)
    page = reverse("admin:orders_order_change", args=[shipped.pk])
    ask = reverse("admin:orders_cod_came-back", args=[shipped.pk]) + "?back=order"

    assert ask.encode() in client.get(page).content
    assert client.get(ask).status_code == 200
    answer = client.post(ask, {"seen": seen_of(shipped), "back": "order"}, follow=True)

    assert answer.redirect_chain == [(page, 302)]
    assert tagged(shipped, "add_tags") == [["reso"]]


def test_whoever_may_not_decide_is_not_offered_it(client, shipped):
    client.force_login(make_member(MARKETER, username="mara"))

    assert client.get(reverse("admin:orders_cod_came-back", args=[shipped.pk])).status_code == 403


def test_what_has_not_left_cannot_have_come_back(order, agent):
    with pytest.raises(DecisionRefused):
        mark_refused(order_id=order.pk, by=agent, seen=seen_of(order), now=LATER)

    assert tagged(order, "add_tags") == []


def test_a_shop_without_such_a_tag_is_told_to_name_one(shipped, agent):
    Shop.objects.update(refused_tags=[])

    with pytest.raises(DecisionRefused):
        mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    assert tagged(shipped, "add_tags") == []


def test_a_tag_that_is_there_is_not_put_on_again_but_taken_off(shipped, agent):
    Order.objects.filter(pk=shipped.pk).update(tags=["COD", "Reso"])

    with pytest.raises(DecisionRefused):
        mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)
    unmark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    assert tagged(shipped, "add_tags") == []
    assert tagged(shipped, "remove_tags") == [["Reso"]]
    assert steps(shipped)[-1] == "taken_after_all"


def test_whoever_looked_at_another_state_decides_nothing(shipped, agent):
    seen = seen_of(shipped)
    Order.objects.filter(pk=shipped.pk).update(cod_status="confirmed")

    with pytest.raises(Moved):
        mark_refused(order_id=shipped.pk, by=agent, seen=seen, now=LATER)

    assert tagged(shipped, "add_tags") == []


def test_a_second_click_before_shopify_answered_asks_nothing_again(shipped, agent):
    mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    with pytest.raises(DecisionRefused):
        mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    assert tagged(shipped, "add_tags") == [["reso"]]
    assert steps(shipped).count("came_back") == 1


def test_what_shopify_tells_of_the_tag_makes_the_order_a_refused_one(shipped, agent):
    mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    told = change(minutes=3 * 24 * 60, id=shipped.shopify_id, tags="COD, reso")

    assert (told.outcome, told.outcome_source) == (Order.Outcome.REFUSED, 1)


def test_no_answer_of_the_customer_takes_the_tag_off(shipped, agent):
    mark_refused(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    deciding.confirm_by_phone(order_id=shipped.pk, by=agent, seen=seen_of(shipped), now=LATER)

    removed = ShopCall.objects.filter(order=shipped, kind="remove_tags")
    assert [call.payload["tags"] for call in removed] == []
