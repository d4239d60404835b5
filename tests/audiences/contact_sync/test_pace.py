"""Calls to Spoki leave at a pace that all processes share."""

from datetime import timedelta

import pytest

from audiences.contact_sync.pace import Call, freeze, seconds_until_free, take
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def taken(call, *, seconds=60, step=0.1):
    """How many calls leave in `seconds` when somebody always wants to."""
    return sum(take(call, now=at(number * step)) for number in range(int(seconds / step)))


@pytest.mark.parametrize(
    ("call", "most"),
    [(Call.SYNC_ALL, 1), (Call.SYNC, 48), (Call.READ, 96), (Call.FIELDS, 4)],
)
def test_the_most_that_leave_in_the_first_minute_is_four_fifths_of_the_limit(call, most):
    assert taken(call) in {most - 1, most}


def test_a_call_that_counts_for_two_takes_two_turns():
    singles = sum(take(Call.READ, now=NOW) for _ in range(50))
    freeze(Call.SYNC, seconds=0, now=NOW)

    assert singles == 24
    assert take(Call.READ, now=at(1), calls=2) is True
    assert take(Call.READ, now=at(2)) is False


def test_after_a_rest_a_burst_leaves_at_once_and_no_more():
    assert sum(take(Call.SYNC, now=NOW) for _ in range(50)) == 12
    assert sum(take(Call.SYNC, now=at(600)) for _ in range(50)) == 12


@pytest.mark.parametrize(("told", "pause"), [(None, 60), (5, 60), (300, 300)])
def test_after_a_429_nobody_calls_for_what_spoki_said_and_a_minute_at_least(told, pause):
    freeze(Call.SYNC, seconds=told, now=NOW)

    assert seconds_until_free(Call.SYNC, now=NOW) == pause
    assert take(Call.SYNC, now=at(pause - 1)) is False
    assert take(Call.SYNC, now=at(pause)) is True


def test_a_later_429_does_not_shorten_an_earlier_one():
    freeze(Call.READ, seconds=300, now=NOW)

    freeze(Call.READ, seconds=None, now=at(10))

    assert seconds_until_free(Call.READ, now=at(10)) == 290
