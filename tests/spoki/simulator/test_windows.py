"""The counting of rolling windows, pure."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spoki.simulator.windows import RateLimiter, WorstWindows

times = st.lists(st.floats(0, 50, allow_nan=False), max_size=60).map(sorted)


@given(times)
def test_the_worst_window_is_the_fullest_of_all_that_end_at_an_event(moments):
    windows = WorstWindows({"short": 2.0, "long": 10.0})
    for at in moments:
        windows.add(at)

    def fullest(length):
        return max((sum(end - length < at <= end for at in moments) for end in moments), default=0)

    # At equal times the count grows while they come in, so the last one sees them all.
    assert windows.worst() == {"short": fullest(2.0), "long": fullest(10.0)}


@given(times, st.integers(1, 5))
def test_a_limiter_never_lets_more_than_its_limit_into_any_rolling_window(moments, limit):
    limiter = RateLimiter()
    taken = [at for at in moments if not limiter.wait_for(("key", "lane"), ((limit, 3.0),), at)]

    assert all(sum(end - 3.0 < at <= end for at in taken) <= limit for end in taken)


@given(times)
def test_a_refused_event_is_admitted_exactly_after_the_wait_it_was_told(moments):
    limiter = RateLimiter()
    for at in moments:
        wait = limiter.wait_for(("key", "lane"), ((2, 3.0),), at)
        if wait:
            assert limiter.wait_for(("key", "lane"), ((2, 3.0),), at + wait + 1e-9) == 0
            break


def test_two_events_exactly_one_window_apart_are_not_in_the_same_window():
    windows = WorstWindows({"minute": 60.0})
    for at in (0.0, 60.0, 120.0):
        windows.add(at)

    assert windows.worst() == {"minute": 1}


def test_several_rules_hold_at_once():
    limiter = RateLimiter()
    rules = ((2, 1.0), (3, 10.0))

    waits = [limiter.wait_for(("k", "l"), rules, at) for at in (0.0, 0.0, 0.5, 2.0, 3.0)]

    assert waits == [0, 0, 0.5, 0, 7.0]


def test_the_counter_forgets_old_events_and_stays_exact():
    windows = WorstWindows({"second": 1.0})
    for number in range(200_000):
        windows.add(number / 128)

    assert windows.worst() == {"second": 128}
    assert windows.total == 200_000


def test_recounting_with_other_lengths_keeps_the_total():
    windows = WorstWindows({"minute": 60.0})
    moments = [0.0, 1.0, 2.0]
    for at in moments:
        windows.add(at)

    recounted = windows.with_lengths({"minute": 1.5})

    assert recounted.worst() == {"minute": 2}
    assert recounted.total == 3
    assert all(b - a == 1.0 for a, b in pairwise(moments))
