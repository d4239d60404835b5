"""The catalogue, the orders and the carts."""

from collections import Counter
from datetime import timedelta

from django.db.models import F, Sum

from config.demo.catalogue import catalogue
from orders.models import Checkout, Order, Product

CodStatus = Order.CodStatus


def test_catalogue_has_twelve_hundred_products_of_different_names():
    titles = [product["title"] for product in catalogue()]

    assert len(titles) == len(set(titles)) == 1_200


def test_catalogue_sells_everything_a_pet_needs():
    types = {product["product_type"] for product in catalogue()}

    assert types == {
        "umido",
        "crocchette",
        "snack",
        "antiparassitari",
        "lettiere",
        "giochi",
        "integratori",
        "accessori",
    }


def test_some_products_are_sold_out_and_some_no_longer_sold(demo):
    assert Product.objects.filter(stock=0).count() > 10
    assert Product.objects.filter(is_active=False).count() > 10


def test_every_order_costs_its_lines_with_shipping_and_the_fee_for_paying_at_the_door(demo):
    invented = Order.objects.exclude(contact__tags=["prova"])
    costs = invented.annotate(goods=Sum(F("lines__quantity") * F("lines__price_cents")))

    wrong = [
        name
        for name, total, is_cod, goods in costs.values_list(
            "name", "total_cents", "is_cod", "goods"
        )
        if total != goods + (490 if goods < 4_900 else 0) + (290 if is_cod else 0)
    ]

    assert wrong == []


def test_orders_fall_in_two_years_and_after_their_customer_came(demo, now):
    orders = Order.objects.exclude(contact__tags=["prova"])

    assert not orders.filter(placed_at__gt=now).exists()
    assert not orders.filter(placed_at__lt=now - timedelta(days=731)).exists()
    assert not orders.filter(placed_at__lt=F("contact__created_at")).exists()


def test_about_a_quarter_is_paid_at_the_door_and_in_every_state(demo):
    states = Counter(Order.objects.filter(is_cod=True).values_list("cod_status", flat=True))

    assert 0.2 < states.total() / Order.objects.count() < 0.3
    assert {CodStatus.CONFIRMED, CodStatus.UNANSWERED, CodStatus.CANCELLED} <= set(states)
    assert Order.objects.cod_pending().count() > 5
    assert Order.objects.cod_refused().count() > 5


def test_what_is_still_to_pay_is_the_total_of_parcels_under_way(demo):
    moving = ["pending", "shipped", "out_for_delivery"]
    under_way = Order.objects.filter(is_cod=True, cancelled_at=None, delivery_state__in=moving)

    assert not under_way.exclude(amount_due_cents=F("total_cents")).exists()
    assert not Order.objects.exclude(pk__in=under_way).exclude(amount_due_cents=0).exists()


def test_some_carts_are_abandoned_and_some_recovered_before_now(demo, now):
    assert Checkout.objects.filter(recovered_at=None).count() > 100
    assert 20 < Checkout.objects.filter(recovered_at__gt=F("abandoned_at")).count() < 100
    assert not Checkout.objects.filter(recovered_at__gt=now).exists()


def test_what_left_has_a_day_and_an_end_that_agree_with_its_delivery(demo):
    left = Order.objects.exclude(contact__tags=["prova"]).exclude(delivery_state="pending")
    ends = {"shipped": "in_progress", "out_for_delivery": "in_progress"}

    assert not left.filter(shipped_at=None).exists()
    assert all(
        outcome == ends.get(delivery, delivery)
        for delivery, outcome in left.values_list("delivery_state", "outcome")
    )


def test_a_control_group_of_a_tenth_shows_what_asking_saves(demo):
    drawn = Order.objects.filter(cod_drawn_share__gt=0)
    held_out = drawn.filter(is_cod_holdout=True)

    assert 0.04 < held_out.count() / drawn.count() < 0.2
    assert set(held_out.values_list("cod_status", flat=True)) == {CodStatus.NOT_ELIGIBLE}
    assert not held_out.exclude(asked_at=None).exists()


def test_recent_parcels_have_a_courier(demo, now):
    recent = Order.objects.exclude(contact__tags=["prova"]).filter(
        placed_at__gt=now - timedelta(days=100), shipped_at__isnull=False
    )

    assert recent.filter(parcels=None).count() == 0
    assert len(set(recent.values_list("parcels__courier", flat=True))) == 3
