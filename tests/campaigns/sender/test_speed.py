"""How the speed falls after a 429 and how it comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.speed import recovered, slower
from tests.conftest import NOW

ago = st.timedeltas(min_value=timedelta(hours=-1), max_value=timedelta(days=30))


def test_a_429_halves_the_speed():
    assert slower(1.0, policy=DEFAULT_POLICY) == 0.5


def test_the_cut_is_the_policys():
    assert slower(1.0, policy=replace(DEFAULT_POLICY, speed_cut=0.8)) == 0.8


def test_the_speed_never_falls_below_the_slowest():
    speed = 1.0
    for _ in range(20):
        speed = slower(speed, policy=DEFAULT_POLICY)

    assert speed == DEFAULT_POLICY.slowest_speed


@pytest.mark.parametrize(
    ("since", "speed"),
    [
        (timedelta(seconds=59), 0.5),
        (timedelta(seconds=60), 0.6),
        (timedelta(seconds=179), 0.7),
        (timedelta(minutes=5), 1.0),
        (timedelta(days=1), 1.0),
        (timedelta(seconds=-30), 0.5),
    ],
    ids=["too_early", "a_step", "whole_steps_only", "all_of_it", "never_above", "clock_went_back"],
)
def test_the_speed_comes_back_by_a_tenth_a_minute(since, speed):
    back = recovered(0.5, changed_at=NOW - since, now=NOW, policy=DEFAULT_POLICY)

    assert back == pytest.approx(speed)


def test_a_speed_that_was_never_cut_is_the_whole():
    assert recovered(1.0, changed_at=None, now=NOW, policy=DEFAULT_POLICY) == 1.0


@given(speed=st.floats(0.05, 1.0), since=ago, longer=ago)
def test_more_time_never_means_less_speed(speed, since, longer):
    first, second = sorted((since, longer))

    early = recovered(speed, changed_at=NOW - first, now=NOW, policy=DEFAULT_POLICY)
    late = recovered(speed, changed_at=NOW - second, now=NOW, policy=DEFAULT_POLICY)

    assert speed <= early <= late <= 1.0
