"""An alarm while messages go out and nothing comes back, and no other alarm."""

from datetime import timedelta

import pytest

from campaigns.models import Alert
from conversations.models import SpokiDelivery
from conversations.silence import watch_silence
from tests.conftest import NOW
from tests.conversations.payloads import after, inbound, receive
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def left(count, *, minutes, status="accepted"):
    for _ in range(count):
        make_message(status=status, sending_at=NOW - timedelta(minutes=minutes))


def alarm(*, now=NOW):
    watch_silence(now=now)
    return Alert.objects.filter(code="spoki_silent", over_at=None).first()


@pytest.mark.parametrize(("count", "minutes"), [(3, 16), (1, 121), (40, 600)])
def test_several_of_a_quarter_of_an_hour_or_one_of_two_hours_are_a_silence(count, minutes):
    left(count, minutes=minutes)

    assert alarm().detail["count"] == count


@pytest.mark.parametrize(("count", "minutes"), [(3, 14), (2, 16), (1, 119), (9, 60 * 25)])
def test_fewer_later_or_of_yesterday_are_none(count, minutes):
    left(count, minutes=minutes)

    assert alarm() is None


def test_a_lost_answer_alone_is_no_silence():
    left(2, minutes=600, status="unknown")

    assert alarm() is None


def test_nobody_is_alarmed_while_nothing_is_sent():
    receive(inbound())
    SpokiDelivery.objects.update(received_at=NOW - timedelta(days=30))

    assert alarm() is None


@pytest.mark.parametrize("status", ["failed", "skipped", "queued"])
def test_what_did_not_leave_is_not_waited_for(status):
    left(5, minutes=60, status=status)

    assert alarm() is None


def test_a_delivery_since_then_is_a_sign_of_life():
    left(5, minutes=60)
    receive(inbound(), now=NOW - timedelta(minutes=59))

    assert alarm() is None


def test_what_left_before_the_last_delivery_does_not_count():
    left(5, minutes=60)
    left(2, minutes=20)
    receive(inbound(), now=NOW - timedelta(minutes=30))

    assert alarm() is None


def test_the_alarm_is_raised_once_and_ends_with_the_next_delivery():
    left(3, minutes=20)
    first = alarm()

    assert alarm(now=after(minutes=5)).pk == first.pk

    receive(inbound(), now=after(minutes=6))
    assert alarm(now=after(minutes=7)) is None
