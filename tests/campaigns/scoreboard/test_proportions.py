"""How far a share can be trusted. Pure; the bounds are those of the published examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.scoreboard.proportions import FEWEST, Share, Verdict, difference, verdict, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(count, of, low, high):
    assert wilson(count, of) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe, "Interval estimation for the difference" (1998), table II, method 10.
        ((56, 70), (48, 80), -0.3339, -0.0524),
        ((9, 10), (3, 10), -0.8090, -0.1705),
        ((10, 10), (0, 10), -1.0, -0.6075),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(first, second, low, high):
    assert difference(Share(*first), Share(*second)) == pytest.approx((low, high), abs=0.00006)


def test_twelve_messages_are_compared_with_nothing():
    assert verdict(Share(1, 12), Share(11, 12)) is Verdict.FEW
    assert Share(11, 12).is_small


def test_one_side_that_is_small_is_enough_not_to_compare():
    many = Share(50_000, 100_000)

    assert verdict(many, Share(FEWEST - 1, FEWEST - 1)) is Verdict.FEW
    assert verdict(many, Share(FEWEST, FEWEST)) is Verdict.HIGHER


def test_a_difference_that_chance_would_bring_about_is_none():
    assert verdict(Share(500, 1_000), Share(520, 1_000)) is Verdict.UNCLEAR


def test_a_difference_beyond_chance_has_a_direction():
    assert verdict(Share(500, 1_000), Share(600, 1_000)) is Verdict.HIGHER
    assert verdict(Share(600, 1_000), Share(500, 1_000)) is Verdict.LOWER


def test_nothing_is_said_while_figures_still_come_in():
    assert verdict(Share(500, 1_000), Share(10, 1_000), is_early=True) is Verdict.EARLY


def test_nobody_is_compared_with_nobody():
    assert verdict(Share(0, 0), Share(5, 10)) is Verdict.NONE
    assert (Share(0, 0).value, Share(0, 0).interval, Share(0, 0).is_small) == (None, None, False)


def test_more_than_all_are_all():
    share = Share(12, 10)

    assert (share.value, share.interval) == (1.0, wilson(10, 10))


shares = st.integers(1, 10**6).flatmap(
    lambda of: st.integers(0, of).map(lambda count: Share(count, of))
)


@given(shares)
def test_the_interval_holds_the_share_and_stays_between_none_and_all(share):
    low, high = share.interval

    assert 0 <= low <= share.value <= high <= 1


@given(shares, shares)
def test_what_is_higher_seen_from_one_side_is_lower_seen_from_the_other(first, second):
    turned = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER}
    found = verdict(first, second)

    assert verdict(second, first) is turned.get(found, found)
