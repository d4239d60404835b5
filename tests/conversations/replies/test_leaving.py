"""An answer on its way through the sender: at any hour, inside the window, with its buttons, before everything else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audiences.models import ConsentState, Contact
from campaigns.models import ConversationWindow, OutboundMessage, SpokiAccount
from campaigns.sender import housekeeping
from campaigns.sender.post import Packer, Parcel, post
from conversations.replies import send_template, send_text
from spoki import InteractiveSend, ReplyButton, TextSend
from tests.campaigns.sender.conftest import account, calm, greeting, running  # noqa: F401 - fixtures
from tests.campaigns.sender.gate import Gate
from tests.campaigns.sender.steps import claim_and_start, claim_now, start_now
from tests.factories.audiences import make_contact
from tests.factories.conversations import make_window
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
NEVER = dict.fromkeys(("weekday", "saturday", "holiday_eve", "sunday", "holiday"))


@pytest.fixture
def giulia(calm):  # noqa: F811 - a fixture
    contact = make_contact()
    make_window(contact=contact, closes_at=timezone.now() + timedelta(hours=1))
    return contact


def say(contact, **changes):
    known = {"contact": contact, "text": "Parte oggi!", "key": uuid4(), "by": None}
    return send_text(**known | {"now": timezone.now()} | changes)


def offer(contact, **changes):
    version = make_version(last_seen_at=timezone.now(), **changes)
    return send_template(
        contact=contact, version=version, variables={"FIRST_NAME": "Ada"}, key=uuid4(), by=None, now=timezone.now(),
    )  # fmt: skip


def fate(message):
    message.refresh_from_db()
    return message.status, message.reason


def test_answers_leave_at_any_hour(calm, giulia):  # noqa: F811
    SpokiAccount.objects.update(transactional_hours=NEVER, marketing_hours=NEVER)
    text = say(giulia)
    template = offer(make_contact(), category="utility")

    assert {row.id for row in claim_and_start(calm)} == {text.pk, template.pk}


def test_answers_leave_before_a_campaign(calm, running, giulia):  # noqa: F811
    running(3)
    text = say(giulia)

    assert [row.id for row in claim_now(calm, capacity=1).rows] == [text.pk]


def test_a_window_that_closes_between_click_and_departure_lets_no_text_through(calm, giulia):  # noqa: F811
    text = say(giulia)
    reserved = claim_now(calm).rows
    assert [row.id for row in reserved] == [text.pk]

    ConversationWindow.objects.update(closes_at=timezone.now() - timedelta(seconds=1))

    assert start_now(reserved, calm) == []
    assert fate(text) == ("skipped", "window_closed")


def test_a_text_whose_window_has_passed_in_the_queue_is_told_so_and_never_sent(calm, giulia):  # noqa: F811
    text = say(giulia)
    later = timezone.now() + timedelta(hours=2)

    housekeeping.expire_late(now=later)

    assert fate(text) == ("expired", "window_closed")


def test_a_template_that_could_not_leave_for_a_day_is_let_go(calm):  # noqa: F811
    template = offer(make_contact(), category="utility")

    housekeeping.expire_late(now=timezone.now() + timedelta(hours=25))

    assert fate(template) == ("expired", "too_late")


def test_an_offer_to_whoever_has_unsubscribed_since_does_not_leave(calm):  # noqa: F811
    contact = make_contact()
    template = offer(contact)
    useful = offer(make_contact(), category="utility")
    Contact.objects.filter(pk=contact.pk).update(marketing_consent=ConsentState.WITHDRAWN)

    assert [row.id for row in claim_and_start(calm)] == [useful.pk]
    assert fate(template) == ("skipped", "consent_withdrawn")


def test_a_text_leaves_with_its_buttons_each_named_after_the_message(calm, giulia):  # noqa: F811
    message = say(giulia, buttons=["Sì", "No"])
    (row,) = claim_now(calm).rows

    body = Packer().pack([row])[row.id]

    assert body == InteractiveSend(
        phone=giulia.phone,
        text="Parte oggi!",
        buttons=[
            ReplyButton("Sì", f"{message.key.hex}:0"),
            ReplyButton("No", f"{message.key.hex}:1"),
        ],
        metadata={"msg": message.key.hex},
    )


def test_a_text_without_buttons_is_a_plain_text(calm, giulia):  # noqa: F811
    say(giulia)
    (row,) = claim_now(calm).rows

    assert isinstance(Packer().pack([row])[row.id], TextSend)


def test_a_text_with_buttons_is_posted_where_such_texts_go(calm, giulia):  # noqa: F811
    say(giulia, buttons=["Sì"])
    (row,) = claim_now(calm).rows
    seen = []

    class Watching(Gate):
        def send_interactive(self, send):
            seen.append(send.text)
            return super().send_interactive(send)

    gate: Any = Watching()
    posted = post(Parcel(row, Packer().pack([row])[row.id]), gate)

    assert seen == ["Parte oggi!"]
    assert posted.outcome is not None
    assert posted.outcome.status == OutboundMessage.Status.ACCEPTED
