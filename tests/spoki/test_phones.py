"""Phone numbers as Spoki writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki.phones import is_e164, normalise, redact


@pytest.mark.parametrize(
    "raw",
    [
        "+393330000001",
        "393330000001",
        "00393330000001",
        393330000001,
        "393330000001@c.us",
        "393330000001@s.whatsapp.net",
        "393330000001:12@s.whatsapp.net",
        " +39 333 000-0001 ",
        "(+39) 333.0000001",
    ],
)
def test_every_form_of_a_number_is_the_same_number(raw):
    assert normalise(raw) == "+393330000001"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "+",
        "abc",
        True,
        12.5,
        "123456",
        "1" * 16,
        "0333000001",
        "12036302123456@g.us",
        "123456789012345@lid",
        "39333@broadcast",
        {"phone": "+393330000001"},
        "٣٩٣٣٣٠٠٠٠٠٠١",
    ],
)
def test_what_is_no_international_number_of_a_person_is_none(raw):
    assert normalise(raw) is None


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_a_number_with_and_without_plus_is_one_number_and_stays_so(digits):
    once = normalise(digits)

    assert once == f"+{digits}"
    assert normalise(once) == once


@given(st.one_of(st.text(), st.integers()))
def test_whatever_comes_out_is_e164(raw):
    phone = normalise(raw)

    assert phone is None or is_e164(phone)


@pytest.mark.parametrize(
    "phone", ["393330000001", "+0393330000", "+39333", "+39333000000a", "+39 333 0000001"]
)
def test_only_plus_and_digits_is_e164(phone):
    assert not is_e164(phone)


def test_a_long_number_is_blanked_in_any_writing():
    text = "no +393330000001, 39 333 000 0001 or %2B393330000001; code whatsapp::131049"

    assert redact(text) == "no …, … or …; code whatsapp::131049"
