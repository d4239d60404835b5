"""Prices by market and category, and sums that hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.cost import FIRST_RATES, MARKETS, Rate, estimate_cost, market_of, rate_for, scaled

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
    estimate = estimate_cost(
        category="marketing", people={"IT": 30_000}, on=TODAY, rates=FIRST_RATES
    )

    assert estimate.total == Decimal("1716.00")
    assert estimate.is_estimate


def test_an_order_message_costs_less_than_marketing():
    assert estimate_cost(
        category="utility", people={"IT": 1000}, on=TODAY, rates=FIRST_RATES
    ).total == Decimal("24.80")


@pytest.mark.parametrize("category", ["unknown", "", "mixed"])
def test_a_mixed_or_unknown_category_costs_as_much_as_the_dearest(category):
    inverted = Rate("IT", TODAY, Decimal("0.0572"), Decimal("0.09"), Decimal("0.02"))

    assert rate_for("IT", on=TODAY, rates=FIRST_RATES).of(category) == Decimal("0.0572")
    assert inverted.of(category) == Decimal("0.09")


@pytest.mark.parametrize(
    ("on", "price"),
    [(date(2026, 9, 30), Decimal(0)), (date(2026, 10, 1), Decimal("0.0248"))],
)
def test_free_text_in_the_window_is_charged_like_utility_since_october_2026(on, price):
    assert rate_for("IT", on=on, rates=FIRST_RATES).of("service") == price


def test_the_card_of_the_day_counts_and_of_two_for_one_day_the_later():
    first = Rate("IT", date(2026, 1, 1), Decimal("0.05"), Decimal("0.02"), Decimal("0.02"))
    typo = replace(first, valid_from=date(2027, 1, 1), marketing=Decimal("0.50"))
    corrected = replace(typo, marketing=Decimal("0.06"))
    rates = (first, typo, corrected)

    assert rate_for("IT", on=date(2026, 12, 31), rates=rates) == first
    assert rate_for("IT", on=date(2027, 1, 1), rates=rates) == corrected


def test_a_market_without_a_rate_costs_as_much_as_the_dearest():
    rate = rate_for("atlantis", on=TODAY, rates=FIRST_RATES)

    assert (rate.market, rate.marketing) == ("atlantis", Decimal("0.1322"))


def test_a_cost_is_an_estimate_until_every_rate_in_it_was_read_from_the_own_card():
    own = Rate("IT", TODAY, Decimal("0.05"), Decimal("0.02"), Decimal("0.02"), is_estimate=False)
    foreign = replace(own, market="DE", is_estimate=True)

    def is_estimate(people):
        return estimate_cost(
            category="marketing", people=people, on=TODAY, rates=(own, foreign)
        ).is_estimate

    assert not is_estimate({"IT": 3})
    assert is_estimate({"IT": 3, "DE": 1})


def test_each_line_names_market_category_people_and_rate():
    (line,) = estimate_cost(
        category="utility", people={"IT": 1000}, on=TODAY, rates=FIRST_RATES
    ).lines

    assert (line.market, line.category, line.people) == ("IT", "utility", 1000)
    assert (line.rate, line.amount) == (Decimal("0.0248"), Decimal("24.80"))


def test_before_the_first_card_the_first_card_counts():
    assert rate_for("IT", on=date(2020, 1, 1), rates=FIRST_RATES).marketing == Decimal("0.0572")


def test_nobody_costs_nothing():
    assert estimate_cost(
        category="marketing", people={}, on=TODAY, rates=FIRST_RATES
    ).total == Decimal("0.00")


people = st.dictionaries(st.sampled_from(sorted(MARKETS)), st.integers(0, 10**6), max_size=5)


@given(people=people, total=st.integers(0, 10**6))
def test_scaled_counts_add_up_to_the_total(people, total):
    assert sum(scaled(people, total=total).values()) == total
