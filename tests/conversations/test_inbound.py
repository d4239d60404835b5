"""What a customer writes: the message, the window, the consent."""

import pytest

from audiences.contacts import ContactData
from audiences.identity import normalise_phone
from audiences.merging import merge_contacts
from audiences.models import Contact
from audiences.new_owner import create_new_owner
from audiences.phone_change import change_phone
from campaigns.models import ConversationWindow, Lane
from conversations.models import Message
from tests.conversations.payloads import BUSINESS, PHONE, UUID, after, inbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number, make_user

pytestmark = pytest.mark.django_db
OTHER = normalise_phone("+393331234567")


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


def withdrawals(contact):
    return contact.consents.filter(state="withdrawn", purpose="whatsapp_marketing")


def test_a_message_is_kept_and_opens_the_window(number):
    contact = make_contact(phone=PHONE)

    row = receive(inbound("Quando arriva?", at=after(minutes=-1)), now=after(seconds=5))

    message = Message.objects.get()
    assert (row.state, row.outcome, row.event) == ("done", "inbound", "message.inbound")
    assert (message.uuid, message.direction, message.text) == (UUID, "inbound", "Quando arriva?")
    assert (message.contact, message.number) == (contact, number)
    assert message.at == after(minutes=-1)
    assert ConversationWindow.objects.get().last_inbound_at == after(minutes=-1)


def test_a_message_told_twice_is_one_message_with_the_latest_text():
    make_contact(phone=PHONE)
    receive(inbound("Foto", at=after(minutes=-1)))

    receive(inbound("Foto con didascalia", mediamessage_set=[{"media": "https://x.it/a.jpg"}]))

    message = Message.objects.get()
    assert message.text == "Foto con didascalia"
    assert message.media == [{"url": "https://x.it/a.jpg"}]
    assert message.at == after(minutes=-1)


def test_older_news_of_a_message_changes_nothing():
    make_contact(phone=PHONE)
    receive(inbound("Testo corretto"))

    receive(inbound("Testo di prima", at=after(minutes=-5)))

    assert Message.objects.get().text == "Testo corretto"


def test_what_a_message_answers_may_be_told_later():
    receive(inbound("Sì"))

    receive(inbound("Sì", replyToMessageUid="a" * 32))

    assert Message.objects.get().reply_to == "a" * 32


def test_somebody_we_never_met_becomes_a_contact_without_consent():
    receive(inbound())

    contact = Contact.objects.get(phone=PHONE)
    assert contact.marketing_consent == "unknown"
    assert Message.objects.get().contact == contact
    assert ConversationWindow.objects.get().contact == contact


def test_a_message_without_a_readable_phone_is_kept():
    row = receive(inbound(from_phone="", contact=None))

    assert (row.state, row.outcome) == ("done", "inbound_unknown")
    assert Message.objects.get().contact is None
    assert Contact.objects.count() == 0


USER = "IT.13491208655302741918"


def test_whoever_hides_the_phone_is_a_contact_by_whatsapps_id_and_opens_no_window():
    row = receive(inbound("Ciao", from_phone="", contact=None, from_user_id=USER))

    contact = Contact.objects.get()
    assert (row.outcome, contact.phone) == ("inbound", None)
    assert contact.aliases.get().value == USER
    assert Message.objects.get().contact == contact
    assert ConversationWindow.objects.count() == 0


def test_stop_without_a_phone_holds_once_a_later_message_shows_it():
    known = make_contact(phone=PHONE)
    receive(
        inbound("STOP", from_phone="", from_user_id=USER, at=after(minutes=1)),
        now=after(minutes=1),
    )
    later = {"uuid": "a" * 32, "contact": {"user_id": USER}, "at": after(minutes=5)}

    receive(inbound("Eccomi", **later), now=after(minutes=5))

    known.refresh_from_db()
    assert known.marketing_consent == "withdrawn"
    assert set(Message.objects.values_list("contact", flat=True)) == {known.pk}


@pytest.mark.parametrize("text", ["13491208655302741918", "", 7])
def test_what_is_no_user_id_is_passed_over(text):
    receive(inbound("Ciao", from_user_id=text))

    assert Contact.objects.get().phone == PHONE
    assert not Contact.objects.get().aliases.exists()


def test_a_message_dated_in_the_future_counts_from_its_arrival():
    make_contact(phone=PHONE)

    receive(inbound(at=after(days=3)))

    assert ConversationWindow.objects.get().last_inbound_at == after(minutes=0)


def test_the_window_opens_with_the_number_she_wrote_to_and_no_other(number):
    second = make_number(phone="+390200000002", is_default=False, account=number.account)

    receive(inbound(to_phone="390200000002"))

    assert ConversationWindow.objects.get().number == second


def test_the_message_that_is_answered_is_marked():
    contact = make_contact(phone=PHONE)
    sent = make_message(contact=contact, status="delivered")

    receive(inbound(at=after(minutes=5)), now=after(minutes=5))

    sent.refresh_from_db()
    assert sent.replied_at == after(minutes=5)


def test_stop_withdraws_the_consent_to_marketing_and_only_that():
    contact = make_contact(phone=PHONE, orders_consent="given")

    receive(inbound("STOP", at=after(minutes=5)), now=after(minutes=5))

    contact.refresh_from_db()
    record = withdrawals(contact).get()
    assert (contact.marketing_consent, contact.orders_consent) == ("withdrawn", "given")
    assert (record.source, record.at) == ("whatsapp", after(minutes=5))
    assert record.evidence == f"{UUID}: STOP"
    assert Message.objects.get().opt_out == "stop"


def test_stop_told_twice_is_recorded_once():
    contact = make_contact(phone=PHONE)

    receive(inbound("STOP"))
    receive(inbound("STOP", is_updated=True))

    assert withdrawals(contact).count() == 1


def test_stop_from_somebody_we_never_met_is_recorded():
    receive(inbound("STOP"))

    assert Contact.objects.get(phone=PHONE).marketing_consent == "withdrawn"


@pytest.mark.parametrize(
    ("lane", "consent", "opt_out"),
    [(Lane.MARKETING, "withdrawn", "stop"), (Lane.TRANSACTIONAL, "given", "to_judge")],
)
def test_an_ambiguous_word_counts_in_answer_to_marketing(lane, consent, opt_out):
    contact = make_contact(phone=PHONE)
    make_message(contact=contact, status="delivered", lane=lane)

    receive(inbound("Non mi interessa", at=after(hours=1)), now=after(hours=1))

    contact.refresh_from_db()
    assert contact.marketing_consent == consent
    assert Message.objects.get().opt_out == opt_out


def test_the_quoted_message_decides_what_an_ambiguous_word_answers():
    contact = make_contact(phone=PHONE)
    make_message(contact=contact, status="delivered", provider_uuid="a" * 32)
    make_message(
        contact=contact, status="delivered", lane=Lane.TRANSACTIONAL, sending_at=after(minutes=1)
    )

    body = inbound("Non mi interessa", at=after(hours=1), replyToMessageUid="a" * 32)
    receive(body, now=after(hours=1))

    contact.refresh_from_db()
    assert contact.marketing_consent == "withdrawn"


@pytest.mark.parametrize("text", ["NO", "ANNULLA", "CANCELLA"])
def test_the_answer_to_a_cash_on_delivery_question_is_no_withdrawal(text):
    contact = make_contact(phone=PHONE)
    make_message(contact=contact, status="delivered", lane=Lane.TRANSACTIONAL)

    receive(inbound(text, at=after(hours=1)), now=after(hours=1))

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"


def test_start_gives_back_a_consent_that_was_withdrawn():
    contact = make_contact(phone=PHONE)
    receive(inbound("STOP", at=after(minutes=1)), now=after(minutes=1))

    body = inbound("START", at=after(minutes=2), uuid="b" * 32)
    receive(body, now=after(minutes=2))

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"
    assert contact.consents.filter(state="given", source="whatsapp").get().evidence == (
        f"{'b' * 32}: START"
    )


def test_stop_and_start_that_arrive_in_the_wrong_order_end_the_same():
    contact = make_contact(phone=PHONE)

    receive(inbound("START", at=after(minutes=2), uuid="b" * 32), now=after(minutes=3))
    receive(inbound("STOP", at=after(minutes=1)), now=after(minutes=3))

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"


@pytest.mark.parametrize("text", ["START", "iscrivimi!", "Riattiva"])
def test_a_start_word_is_a_consent_also_of_somebody_we_never_wrote_to(text):
    receive(inbound(text, uuid="b" * 32))

    contact = Contact.objects.get(phone=PHONE)
    given = contact.consents.get()
    assert (contact.marketing_consent, given.state, given.source) == ("given", "given", "whatsapp")
    assert given.evidence == f"{'b' * 32}: {text}"


def test_a_start_word_inside_a_longer_text_is_no_consent():
    receive(inbound("Iscrivimi al corso, quando parte?"))

    assert Contact.objects.get(phone=PHONE).marketing_consent == "unknown"


def test_stop_with_a_sign_that_no_database_takes_is_obeyed():
    contact = make_contact(phone=PHONE, marketing_consent="given")

    row = receive(inbound("STOP\x00"))

    assert (row.state, Message.objects.get().text) == ("done", "STOP")
    assert withdrawals(contact).count() == 1


def test_half_a_character_loses_no_message():
    row = receive(inbound("Ciao \ud83d"))

    assert (row.state, Message.objects.get().text) == ("done", "Ciao \ufffd")


def test_what_comes_from_a_number_given_up_is_the_new_owners():
    giulia = make_contact(phone=PHONE)
    change_phone(contact=giulia, phone=OTHER, why="ha chiamato", by=None, now=after(hours=-1))

    receive(inbound("Chi siete?"), now=after(seconds=5))

    heir = Contact.objects.get(phone=PHONE)
    assert Message.objects.get().contact == heir
    assert heir != giulia
    assert ConversationWindow.objects.get().contact == heir


def test_what_comes_from_a_number_of_a_merge_is_hers_until_it_has_a_new_owner():
    giulia, double = make_contact(phone=OTHER.e164), make_contact(phone=PHONE)
    merge_contacts(survivor=giulia, merged=double, by=None, now=after(hours=-1))
    receive(inbound("Sono io", at=after(minutes=-9)))
    data = ContactData(phone=normalise_phone(PHONE))

    create_new_owner(data=data, by=make_user(), now=after(minutes=-5))
    receive(inbound("STOP", uuid="ab" * 16), now=after(seconds=5))

    heir = Contact.objects.get(phone=PHONE)
    assert [m.contact for m in Message.objects.order_by("at")] == [giulia, heir]
    assert (withdrawals(giulia).count(), withdrawals(heir).count()) == (0, 1)
    assert ConversationWindow.objects.get().contact == heir
