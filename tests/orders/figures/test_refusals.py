"""How shipped COD parcels ended, by answer and by draw."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.figures.funnel import Period
from orders.figures.refusals import Said, refusals_of
from orders.models import Order, Shop
from tests.conftest import NOW
from tests.orders.figures.world import cod, make_flow, tell

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
PERIOD = Period(first=TODAY - timedelta(days=29), last=TODAY)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(domain="zampa.myshopify.com", refused_parcel_cents=1250)


def ended(outcome: str, status: str = "confirmed", **changes: Any) -> Order:
    return cod(status, shipped_at=NOW, outcome=outcome, **changes)


def test_parcels_are_counted_by_what_their_customer_said(shop: Shop) -> None:
    ended("delivered")
    ended("refused")
    ended("in_progress", "changed")
    ended("refused", "unanswered")
    ended("refused", "not_eligible")

    groups = refusals_of(PERIOD, shop).by_answer

    assert (groups[Said.CONFIRMED].refused, groups[Said.CONFIRMED].delivered) == (1, 1)
    assert (groups[Said.CHANGED].rate.of, groups[Said.CHANGED].open) == (0, 1)
    assert groups[Said.SILENT].refused == groups[Said.NOT_ASKED].refused == 1


def test_a_return_after_delivery_was_delivered(shop: Shop) -> None:
    ended("returned_after_delivery")

    assert refusals_of(PERIOD, shop).by_answer[Said.CONFIRMED].delivered == 1


def test_a_parcel_belongs_to_the_day_it_left_and_not_to_that_of_its_order(shop: Shop) -> None:
    before = NOW - timedelta(days=40)
    ended("delivered", at=before)
    cod("confirmed", at=before, shipped_at=before, outcome="delivered")

    assert refusals_of(PERIOD, shop).by_answer[Said.CONFIRMED].orders == 1


def test_only_orders_that_were_drawn_are_compared(shop: Shop) -> None:
    ended("refused")
    ended("delivered", cod_drawn_share="0.1")
    ended("refused", "to_ask", cod_drawn_share="0.1", is_cod_holdout=True)

    found = refusals_of(PERIOD, shop)

    assert (found.asked.orders, found.asked.delivered, found.asked.refused) == (1, 1, 0)
    assert (found.held_out.orders, found.held_out.refused) == (1, 1)
    assert found.parcel_cost == Decimal("12.50")


def test_the_delivered_questions_and_reminders_of_the_drawn_are_what_was_spent(shop: Shop) -> None:
    order = ended("delivered", cod_drawn_share="0.1")
    tell(make_flow(), order)
    tell(make_flow("order.cod_unanswered"), order)
    tell(make_flow(), ended("delivered", cod_drawn_share="0.1"), status="failed", delivered_at=None)
    tell(make_flow(), ended("delivered"))

    # Two utility messages to Italy.
    assert refusals_of(PERIOD, shop).asked.spent == Decimal("0.0496")
