"""Cursors of a timeline: exact, and nothing else is taken for one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.timeline.places import END, OTHERS, OURS, START, BadCursor, Place, place_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "cursor", ["", "x", "12", "m1", "1x2", "1m", "-1m2", "9" * 18 + "m1", "1m2\n", "1m\u0661"]
)
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(BadCursor):
        place_of(cursor)


@given(
    micros=st.integers(0, 10**17 - 1),
    source=st.sampled_from([OTHERS, OURS]),
    pk=st.integers(0, 10**18 - 1),
)
def test_a_cursor_says_its_place_to_the_microsecond(micros, source, pk):
    place = Place(EPOCH + timedelta(microseconds=micros), source, pk)

    assert place_of(str(place)) == place
    assert START <= place < END


def test_of_equal_moments_others_come_before_ours():
    assert Place(EPOCH, OTHERS, 9) < Place(EPOCH, OURS, 1) < Place(EPOCH, OURS, 2)
