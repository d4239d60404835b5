"""Several campaigns on one even pace: equal turns, and each its own spread."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sender.allowance import next_start
from campaigns.sender.sharing import Sharer, deal, pace_waits, spread_rate

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_turns_are_equal_and_the_one_that_waited_longest_has_the_odd_one():
    assert deal([7, 8, 9], {7: 10, 8: 10, 9: 10}, 7) == {7: 3, 8: 2, 9: 2}


def test_what_one_campaign_is_not_owed_goes_to_the_others():
    assert deal([7, 8], {7: 1, 8: 10}, 6) == {7: 1, 8: 5}


@given(
    owed=st.dictionaries(st.integers(1, 9), st.integers(0, 30), max_size=6), due=st.integers(0, 60)
)
def test_turns_never_differ_by_more_than_one_among_those_who_still_want_some(owed, due):
    shares = deal(list(owed), owed, due)

    given_out = sum(shares.values())
    assert given_out == min(due, sum(owed.values()))
    hungry = [shares.get(pk, 0) for pk in owed if shares.get(pk, 0) < owed[pk]]
    assert not hungry or max(shares.values(), default=0) - min(hungry) <= 1


def test_a_campaign_without_spread_may_take_all_that_is_due():
    assert Sharer(1).owed(now=NOW, due=40) == 40


def test_a_campaign_with_spread_takes_what_its_spread_owes_and_not_more():
    rate = spread_rate(people=30_000, hours=6)
    assert rate == pytest.approx(30_000 / 21_600)

    late = Sharer(1, pace_at=NOW - timedelta(hours=1), per_second=rate)
    early = Sharer(1, pace_at=NOW + timedelta(seconds=1), per_second=rate)

    assert late.owed(now=NOW, due=40) == 1
    assert early.owed(now=NOW, due=40) == 0


def test_no_spread_hours_mean_no_spread():
    assert spread_rate(people=30_000, hours=0) is None


def test_a_spread_campaign_uses_exactly_its_hours():
    """Asked every quarter of a second, 3,600 people over an hour leave within it."""
    rate = spread_rate(people=3_600, hours=1)
    assert rate is not None
    moment, pace_at, sent = NOW, None, 0
    while sent < 3_600:
        due = Sharer(1, pace_at, rate).owed(now=moment, due=40)
        if due:
            pace_at = next_start(now=moment, pace_at=pace_at, per_second=rate, started=due)
            sent += due
        moment += timedelta(milliseconds=250)
    assert timedelta(minutes=59, seconds=50) < moment - NOW < timedelta(minutes=60, seconds=10)


def test_a_campaign_spread_over_its_hours_says_so_with_its_pace():
    (wait,) = pace_waits([Sharer(1, per_second=500 / 360)], per_second=1.9)

    assert wait.code == "campaign_spread"
    assert wait.figures == {"campaign": 1, "per_minute": 83.3}


def test_a_spread_faster_than_the_account_is_not_what_anybody_waits_for():
    assert pace_waits([Sharer(1, per_second=5.0)], per_second=0.95) == []


def test_campaigns_that_share_say_how_many_they_are_and_what_is_left_for_each():
    waits = pace_waits([Sharer(1), Sharer(2)], per_second=0.95)

    assert [wait.code for wait in waits] == ["shared_pace", "shared_pace"]
    assert waits[0].figures == {"campaign": 1, "count": 2, "per_minute": 28.5}


def test_nobody_shares_a_pace_that_stands_still():
    assert pace_waits([Sharer(1), Sharer(2)], per_second=0.0) == []
