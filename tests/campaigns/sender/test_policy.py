from datetime import timedelta

import pytest

from campaigns.sender.policy import DEFAULT_POLICY, Cap


def test_marketing_reaches_a_person_once_a_day_twice_a_week_five_times_a_month() -> None:
    assert DEFAULT_POLICY.caps == (
        Cap(1, timedelta(hours=24)),
        Cap(2, timedelta(days=7)),
        Cap(5, timedelta(days=30)),
    )


@pytest.mark.parametrize(
    ("people", "name"),
    [
        (250, "TIER_250"),
        (2_000, "TIER_2K"),
        (100_000, "TIER_100K"),
        (99_999, "TIER_10K"),
        (5_000_000, "TIER_100K"),
        (10, "TIER_50"),
    ],
)
def test_a_figure_between_two_tiers_counts_as_the_lower_one(people: int, name: str) -> None:
    assert DEFAULT_POLICY.tier_of(people).name == name


def test_a_tier_never_read_counts_as_the_lowest_and_never_as_unlimited() -> None:
    assert DEFAULT_POLICY.tier_of(None).people == 250


def test_only_an_account_known_to_be_unlimited_gets_the_unlimited_row() -> None:
    assert DEFAULT_POLICY.tier_of(None, is_unlimited=True).people is None


def test_every_stop_figure_is_worse_than_the_one_that_only_warns() -> None:
    stop = DEFAULT_POLICY.stop
    worse = [
        stop.opt_outs > stop.watch_opt_outs,
        stop.failures > stop.watch_failures,
        stop.undeliverable > stop.watch_undeliverable,
        stop.delivered_least < stop.watch_delivered,
        stop.read_least < stop.watch_read,
    ]

    assert worse == [True] * 5
