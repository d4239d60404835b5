"""Readers of other people's JSON."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki import SpokiProtocolError
from spoki.reading import (
    as_flag,
    as_int,
    as_moment,
    as_word,
    need_int,
    need_object,
    need_text,
    normalise_uuid,
)

NOON = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        ("7", 7),
        (" 7 ", 7),
        ("7.0", 7),
        (7.0, 7),
        (-1, -1),
        ("-1", -1),
        (7.5, None),
        ("7.5", None),
        (True, None),
        (float("inf"), None),
        (float("nan"), None),
        ("TIER_1K", None),
        ("9" * 40, None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_a_whole_number_is_read_also_from_text(value, number):
    assert as_int(value) == number


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        (False, False),
        (1, True),
        ("0", False),
        ("True", True),
        ("no", None),
        (None, None),
    ],
)
def test_a_flag_is_read_also_from_a_number_or_a_word(value, flag):
    assert as_flag(value) is flag


@pytest.mark.parametrize(
    ("value", "word"), [(" Approved ", "approved"), (2, "2"), (None, ""), (True, ""), ([], "")]
)
def test_a_word_is_trimmed_and_lower_case(value, word):
    assert as_word(value) == word


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-21T12:00:00Z",
        "2026-09-21T12:00:00.000000+00:00",
        "2026-09-21T14:00:00+02:00",
        "2026-09-21T12:00:00",
        1789992000,
        1789992000.0,
        1789992000000,
        "1789992000",
        "1789992000.0",
    ],
)
def test_a_moment_is_read_from_iso_text_seconds_and_milliseconds(value):
    assert as_moment(value) == NOON


@pytest.mark.parametrize("value", [None, "", "soon", True, 0, -5, 10**30, float("nan"), {}, "²"])
def test_what_is_no_moment_is_none(value):
    assert as_moment(value) is None


@given(st.one_of(st.text(), st.integers(), st.floats()))
def test_every_moment_is_aware(value):
    moment = as_moment(value)

    assert moment is None or moment.tzinfo is not None


@pytest.mark.parametrize(
    ("value", "uuid"),
    [
        ("0F0E0D0C-0b0a-0908-0706-050403020100", "0f0e0d0c0b0a09080706050403020100"),
        ("0f0e0d0c0b0a09080706050403020100", "0f0e0d0c0b0a09080706050403020100"),
        ("wamid.ABC-d", "wamid.ABC-d"),
        ("", None),
        ("  ", None),
        (7, None),
        (None, None),
    ],
)
def test_one_uuid_has_one_writing(value, uuid):
    assert normalise_uuid(value) == uuid


@pytest.mark.parametrize(
    "reader",
    [
        lambda: need_object([], "thing.part"),
        lambda: need_int({}, "part", "thing.part"),
        lambda: need_text({"part": 7}, "part", "thing.part"),
    ],
)
def test_what_is_needed_and_missing_is_named(reader):
    with pytest.raises(SpokiProtocolError) as refusal:
        reader()

    assert refusal.value.field == "thing.part"
