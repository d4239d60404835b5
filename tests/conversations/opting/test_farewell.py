"""STOP, and START: one confirmation in the window that it opened, then silence."""

from datetime import timedelta

import pytest

from audiences.consent import record_consent, withdraw_consent
from audiences.models import Contact
from campaigns.models import ConversationWindow, Lane, OutboundMessage
from conversations.models import Message
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, after, delivery, inbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db

EARLIER = NOW - timedelta(days=30)


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


@pytest.fixture
def contact():
    return make_contact(phone=PHONE, marketing_consent_at=EARLIER)


def said():
    return OutboundMessage.objects.filter(lane=Lane.REPLY)


def stop(number=1, *, text="STOP", minutes=0, **data):
    at = after(minutes=minutes)
    receive(inbound(text, uuid=f"{number:032x}", at=at, **data), now=at)


def test_stop_is_confirmed_in_the_window_and_in_her_language(contact, number):
    stop()

    message = said().get()
    assert message.text.startswith("Fatto: non riceverai più")
    assert (message.kind, message.lane, message.campaign_id) == ("text", Lane.REPLY, None)
    assert (message.number, message.phone, message.due_at) == (number, PHONE, NOW)
    assert message.expires_at == ConversationWindow.objects.get().closes_at


def test_whoever_speaks_another_language_reads_english():
    make_contact(phone=PHONE, language="de", marketing_consent_at=EARLIER)

    stop()

    assert said().get().text.startswith("Done: you will get no more")


def test_however_many_stops_come_there_is_one_confirmation(contact):
    for number in range(5):
        stop(number, minutes=number, text=["STOP", "Basta!", "stop.", "Cancellami", "STOP"][number])

    assert said().count() == 1


def test_stops_that_come_in_the_wrong_order_are_confirmed_once(contact):
    receive(inbound("STOP", uuid="b" * 32, at=after(minutes=9)), now=after(minutes=9))
    receive(inbound("Basta", uuid="a" * 32, at=after(minutes=1)), now=after(minutes=10))

    assert said().count() == 1


def test_somebody_who_had_stopped_before_is_not_written_to():
    contact = make_contact(phone=PHONE, marketing_consent_at=EARLIER)
    withdraw_consent(contact=contact, source="telefonata", at=NOW - timedelta(days=2), now=NOW)

    stop()

    assert not said().exists()


def test_whoever_agreed_again_and_stops_again_is_told_again(contact):
    stop(1)
    stop(2, text="START", minutes=5)
    stop(3, minutes=10)

    assert [text[:22] for text in said().order_by("due_at").values_list("text", flat=True)] == [
        "Fatto: non riceverai p", "Fatto: da ora ricevera", "Fatto: non riceverai p",
    ]  # fmt: skip


def test_a_stop_that_spoki_told_of_first_is_confirmed_all_the_same(contact):
    withdraw_consent(contact=contact, source="spoki", at=after(seconds=3), now=after(seconds=3))

    receive(inbound("STOP"), now=after(seconds=4))

    assert said().count() == 1


def test_a_stop_that_comes_after_a_later_yes_is_not_confirmed(contact):
    record_consent(
        contact=contact, purpose="whatsapp_marketing", state="given", source="checkout",
        evidence="casella", at=after(minutes=5), now=after(minutes=5),
    )  # fmt: skip

    receive(inbound("STOP", at=after(minutes=1)), now=after(minutes=6))

    contact.refresh_from_db()
    assert (contact.marketing_consent, said().count()) == ("given", 0)


def test_a_stop_that_comes_a_day_late_finds_the_window_closed(contact):
    receive(inbound("STOP"), now=after(days=1))

    contact.refresh_from_db()
    assert (contact.marketing_consent, said().count()) == ("withdrawn", 0)


def test_somebody_we_never_met_is_told_too():
    stop()

    assert Contact.objects.get(phone=PHONE).marketing_consent == "withdrawn"
    assert said().count() == 1


def test_start_is_a_new_consent_and_she_is_told_once_how_to_end_it(contact):
    stop(1)
    for number in range(2, 5):
        stop(number, text="Riattiva", minutes=number)

    contact.refresh_from_db()
    welcome = said().get(text__contains="scrivi STOP")
    assert (contact.marketing_consent, welcome.due_at, said().count()) == (
        "given",
        after(minutes=2),
        2,
    )


def test_start_of_whoever_had_agreed_already_is_not_answered(contact):
    record_consent(
        contact=contact, purpose="whatsapp_marketing", state="given", source="checkout",
        evidence="casella", at=EARLIER, now=NOW,
    )  # fmt: skip

    stop(text="START")

    assert not said().exists()


def test_start_that_comes_after_a_later_stop_is_not_answered(contact):
    stop(1, minutes=9)

    receive(inbound("START", uuid="b" * 32, at=after(minutes=1)), now=after(minutes=10))

    contact.refresh_from_db()
    assert (contact.marketing_consent, said().count()) == ("withdrawn", 1)


def test_a_reaction_is_no_word_and_opens_no_window(contact):
    make_message(contact=contact, status="delivered", sending_at=NOW - timedelta(hours=1))
    body = delivery(
        "message.inbound", content_type="Reaction", text="STOP", reaction={"emoji": "STOP"}
    )

    receive(body)

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"
    assert not ConversationWindow.objects.exists()
    assert not OutboundMessage.objects.filter(replied_at__isnull=False).exists()


BUTTONS = [
    {"type": "quick_reply", "text": "Scopri", "order": 0},
    {"type": "quick_reply", "text": "Non inviarmi più offerte", "order": 1},
]


def offer(contact, *, lane=Lane.MARKETING):
    return make_message(
        contact=contact, status="delivered", lane=lane, provider_uuid="a" * 32,
        sending_at=NOW - timedelta(hours=1), template_version=make_version(buttons=BUTTONS),
    )  # fmt: skip


@pytest.mark.parametrize("told", ["payload", "reply", "text"])
def test_the_button_that_ends_offers_ends_them_however_its_tap_is_told(contact, told):
    sent = offer(contact)
    data = {
        "payload": {"payload": f"{sent.key.hex}:1"},
        "reply": {"replyToMessageUid": "a" * 32},
        "text": {},
    }[told]

    stop(text="Non inviarmi più offerte", **data)

    contact.refresh_from_db()
    sent.refresh_from_db()
    assert contact.marketing_consent == "withdrawn"
    assert (sent.opted_out_at, said().count()) == (NOW, 1)


@pytest.mark.parametrize("text", ["Scopri", "Non inviarmi più offerte di gatti"])
def test_another_button_or_another_text_ends_nothing(contact, text):
    offer(contact)

    stop(text=text)

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"


def test_the_label_on_an_order_message_is_none_of_marketing(contact):
    offer(contact, lane=Lane.TRANSACTIONAL)

    stop(text="Non inviarmi più offerte")

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"


@pytest.mark.parametrize("label", ["Non inviarmi più offerte", "STOP"])
def test_a_tap_that_is_told_by_its_payload_alone_is_read_by_it(contact, label):
    offer(contact)

    stop(text=None, payload=label)

    contact.refresh_from_db()
    assert contact.marketing_consent == "withdrawn"
    assert Message.objects.get().text == label


def test_a_tap_that_is_told_by_our_payload_alone_says_what_stands_on_the_button(contact):
    order = offer(contact, lane=Lane.TRANSACTIONAL)

    stop(text=None, payload=f"{order.key.hex}:0")

    assert Message.objects.get().text == "Scopri"


@pytest.mark.parametrize("payload", [f"{'0' * 32}:0", "{key}:7"])
def test_a_tap_on_what_we_do_not_know_says_nothing(contact, payload):
    order = offer(contact)

    stop(text="", payload=payload.format(key=order.key.hex))

    contact.refresh_from_db()
    assert (Message.objects.get().text, contact.marketing_consent) == ("", "given")
