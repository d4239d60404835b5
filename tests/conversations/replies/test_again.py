"""What did not arrive is sent again by hand: once, with a warning where it may have arrived."""

import pytest

from campaigns.models import OutboundMessage
from conversations.models import Reply
from conversations.replies import ReplyRefused, send_again
from tests.conftest import NOW
from tests.factories.conversations import make_reply, make_window
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def again(reply, **changes):
    return send_again(**{"reply": reply, "by": None, "now": NOW} | changes)


def refusal(reply, **changes):
    with pytest.raises(ReplyRefused) as caught:
        again(reply, **changes)
    assert Reply.objects.count() == 1
    return caught.value.code


@pytest.mark.parametrize("status", ["failed", "skipped", "expired"])
def test_what_did_not_arrive_is_a_new_message_of_whoever_sends_it_again(writing, sara, status):
    failed = make_reply(contact=writing, status=status, params={"buttons": ["Sì"]})

    second = again(failed, by=sara)

    assert second.pk != failed.message_id
    assert second.key != failed.message.key
    assert (second.text, second.params, second.status) == ("Parte oggi!", {"buttons": ["Sì"]}, "queued")  # fmt: skip
    assert second.reply.by == sara
    assert OutboundMessage.objects.get(pk=failed.message_id).status == status


def test_two_clicks_on_the_same_failed_message_are_one_message(writing):
    failed = make_reply(contact=writing, status="failed")

    assert again(failed) == again(failed)
    assert OutboundMessage.objects.count() == 2


def test_what_failed_twice_may_be_sent_a_third_time(writing):
    second = again(make_reply(contact=writing, status="failed"))
    OutboundMessage.objects.filter(pk=second.pk).update(status="skipped", reason="blocked")

    assert again(Reply.objects.get(message=second)) != second
    assert OutboundMessage.objects.count() == 3


def test_what_may_have_arrived_is_sent_again_only_by_whoever_was_warned(writing):
    unknown = make_reply(contact=writing, status="unknown")

    assert refusal(unknown) == "may_have_arrived"
    assert again(unknown, is_sure=True).status == "queued"


@pytest.mark.parametrize("status", ["queued", "sending", "accepted", "sent", "delivered", "read"])
def test_what_is_on_its_way_or_there_is_not_sent_again(writing, status):
    assert refusal(make_reply(contact=writing, status=status), is_sure=True) == "not_failed"


def test_a_text_is_sent_again_only_while_the_window_is_open(giulia):
    assert refusal(make_reply(contact=giulia, status="failed")) == "window_closed"


def test_a_template_is_sent_again_with_its_values_outside_of_the_window(giulia):
    version = make_version(category="utility")
    failed = make_reply(contact=giulia, status="failed", template_version=version, params={"FIRST_NAME": "Ada"})  # fmt: skip

    second = again(failed)

    assert (second.template_version, second.params) == (version, {"FIRST_NAME": "Ada"})


def test_a_template_that_was_withdrawn_since_is_not_sent_again(giulia):
    version = make_version(category="utility", status="paused")
    make_window(contact=giulia)
    failed = make_reply(contact=giulia, status="failed", template_version=version, params={"FIRST_NAME": "Ada"})  # fmt: skip

    assert refusal(failed) == "template"
