"""The 24-hour window: whose it is, until when, and what the countdown shows."""

from datetime import timedelta

import pytest

from conversations.window import window_of
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, after, inbound, outbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number
from tests.factories.conversations import make_window

pytestmark = pytest.mark.django_db


def test_a_message_of_the_customer_opens_it_for_a_day_less_ten_minutes():
    number, contact = make_number(phone=f"+{BUSINESS}"), make_contact(phone=PHONE)
    receive(inbound(at=NOW))

    window = window_of(contact, now=after(hours=2))

    assert window.is_open
    assert window.number == number
    assert window.closes_at == NOW + timedelta(hours=23, minutes=50)
    assert window.hours_and_minutes == (21, 50)


def test_what_we_or_others_write_opens_nothing():
    make_number(phone=f"+{BUSINESS}")
    contact = make_contact(phone=PHONE)
    receive(outbound("Delivered"))

    window = window_of(contact, now=NOW)

    assert (window.is_open, window.closes_at, window.seconds_left) == (False, None, 0)


def test_it_is_closed_at_its_very_end():
    contact = make_contact()
    make_window(contact=contact, closes_at=NOW)

    assert not window_of(contact, now=NOW).is_open
    assert window_of(contact, now=NOW - timedelta(seconds=1)).seconds_left == 1


def test_a_closed_one_still_says_when_it_closed():
    contact = make_contact()
    make_window(contact=contact, closes_at=NOW - timedelta(hours=3))

    window = window_of(contact, now=NOW)

    assert (window.is_open, window.closes_at) == (False, NOW - timedelta(hours=3))
    assert window.hours_and_minutes == (0, 0)


def test_of_two_numbers_the_one_that_stays_open_longest_answers():
    contact = make_contact()
    make_window(contact=contact, closes_at=NOW + timedelta(hours=1))
    other = make_number()
    make_window(contact=contact, number=other, closes_at=NOW + timedelta(hours=5))

    assert window_of(contact, now=NOW).number == other


def test_a_window_with_another_number_does_not_count():
    contact, other = make_contact(), make_number(is_default=False)
    make_window(contact=contact)

    window = window_of(contact, number=other, now=NOW)

    assert (window.is_open, window.number) == (False, other)


def test_without_any_the_default_number_is_named():
    default = make_number()
    make_number()

    assert window_of(make_contact(), now=NOW).number == default


def test_whoever_has_no_number_cannot_be_written_to():
    contact = make_contact(phone=None)
    make_window(contact=contact)

    assert not window_of(contact, now=NOW).is_open


@pytest.mark.parametrize(("minutes", "is_closing"), [(121, False), (120, True), (1, True)])
def test_the_last_two_hours_are_said(minutes, is_closing):
    contact = make_contact()
    make_window(contact=contact, closes_at=NOW + timedelta(minutes=minutes))

    assert window_of(contact, now=NOW).is_closing is is_closing
