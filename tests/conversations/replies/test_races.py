"""Clicks at the same moment, on PostgreSQL."""

import pytest

from campaigns.models import OutboundMessage
from conversations.models import Reply
from conversations.replies import send_again, send_text
from tests.conftest import NOW
from tests.conversations.replies.conftest import KEY
from tests.conversations.test_standing_races import at_once
from tests.factories.conversations import make_reply, make_window

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_click_told_many_times_at_once_is_one_message():
    contact = make_window().contact
    sent = []

    def click():
        sent.append(send_text(contact=contact, text="Ecco", key=KEY, by=None, now=NOW).pk)

    at_once(*[click] * 6)

    assert OutboundMessage.objects.count() == Reply.objects.count() == 1
    assert set(sent) == {OutboundMessage.objects.get().pk}
    assert len(sent) == 6


def test_two_colleagues_who_send_the_same_failed_message_again_send_one():
    failed = make_reply(status="failed")
    make_window(contact=failed.contact)

    at_once(*[lambda: send_again(reply=failed, by=None, now=NOW)] * 4)

    assert OutboundMessage.objects.filter(status="queued").count() == 1
