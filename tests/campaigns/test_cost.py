"""Prices by market and category, and sums that hold."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cost import MARKETS, estimate_cost, market_of, rate_for, scaled

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("phone", "market"),
    [
        ("+393471234567", "IT"),
        ("+4915112345678", "DE"),
        ("+447911123456", "GB"),
        ("+358401234567", "western"),
        ("+35569", "eastern"),
        ("+12025550123", "america"),
        ("+971501234567", "other"),
    ],
)
def test_the_calling_code_decides_the_market(phone, market):
    assert market_of(phone) == market


def test_thirty_thousand_italians_cost_what_meta_charges():
    estimate = estimate_cost(category="marketing", people={"IT": 30_000}, on=TODAY)

    assert estimate.total == Decimal("1716.00")
    assert estimate.is_estimate


def test_an_order_message_costs_less_than_marketing():
    assert estimate_cost(category="utility", people={"IT": 1000}, on=TODAY).total == Decimal(
        "24.80"
    )


def test_an_unknown_category_is_never_taken_as_cheap():
    assert rate_for("IT", on=TODAY).of("unknown") == Decimal("0.0572")


def test_before_the_first_card_the_first_card_counts():
    assert rate_for("IT", on=date(2020, 1, 1)).marketing == Decimal("0.0572")


def test_nobody_costs_nothing():
    assert estimate_cost(category="marketing", people={}, on=TODAY).total == Decimal("0.00")


people = st.dictionaries(st.sampled_from(sorted(MARKETS)), st.integers(0, 10**6), max_size=5)


@given(people=people, total=st.integers(0, 10**6))
def test_scaled_counts_add_up_to_the_total(people, total):
    assert sum(scaled(people, total=total).values()) == total
