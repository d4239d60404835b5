"""The judge of the limits is judged by counting the slow way."""

from hypothesis import given
from hypothesis import strategies as st

from tests.rolling import fullest, fullest_of_people

# Quarters of a second: floats that add up exactly, and many moments that coincide.
MOMENTS = st.integers(0, 80).map(lambda quarter: quarter / 4)
LENGTHS = st.integers(1, 40).map(lambda quarter: quarter / 4)


@given(st.lists(MOMENTS), LENGTHS)
def test_the_fullest_window_is_the_fullest_of_all_that_end_at_any_moment(times, length):
    ends = [quarter / 4 for quarter in range(121)]
    slowly = max(sum(end - length < at <= end for at in times) for end in ends)

    assert fullest(times, length) == slowly


@given(st.lists(st.tuples(MOMENTS, st.sampled_from("abcd"))), LENGTHS)
def test_a_person_counts_once_in_a_window(arrivals, length):
    ends = [quarter / 4 for quarter in range(121)]
    slowly = max(len({who for at, who in arrivals if end - length < at <= end}) for end in ends)

    assert fullest_of_people(arrivals, length) == slowly


def test_what_lies_exactly_a_window_apart_is_not_in_one_window():
    assert fullest([0.0, 60.0, 120.0], 60.0) == 1


def test_what_lies_a_little_less_than_a_window_apart_is():
    assert fullest([0.0, 59.999], 60.0) == 2


def test_no_arrivals_fill_no_window():
    assert (fullest([], 60.0), fullest_of_people([], 60.0)) == (0, 0)
