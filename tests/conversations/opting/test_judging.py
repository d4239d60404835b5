"""Words that perhaps unsubscribe: a person reads them, and says."""

import pytest
import time_machine
from django.urls import reverse

from campaigns.models import Lane, OutboundMessage
from config.roles import AGENT, APPROVER
from conversations import judging
from conversations.models import ConversationEvent, Message
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, after, inbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number, make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    make_number(phone=f"+{BUSINESS}")
    return make_contact(phone=PHONE)


@pytest.fixture
def message(contact):
    receive(inbound("Non mi interessa", at=after(minutes=1)), now=after(minutes=1))
    return Message.objects.get(opt_out="to_judge")


def judge(message, *, unsubscribes, by=None):
    return judging.judge(
        message_id=message.pk, unsubscribes=unsubscribes, by=by or make_user(), now=after(hours=1)
    )


def test_who_is_judged_to_unsubscribe_is_with_the_message_as_evidence(contact, message):
    sara = make_user(username="sara")

    judge(message, unsubscribes=True, by=sara)

    contact.refresh_from_db()
    message.refresh_from_db()
    record = contact.consents.filter(state="withdrawn").get()
    assert (contact.marketing_consent, message.opt_out) == ("withdrawn", "stop")
    assert (record.by, record.at) == (sara, message.at)
    assert record.evidence == f"{message.uuid}: Non mi interessa"
    assert OutboundMessage.objects.filter(lane=Lane.REPLY).count() == 1


def test_who_meant_something_else_stays_and_it_is_noted_who_said_so(contact, message):
    sara = make_user(username="sara")

    judge(message, unsubscribes=False, by=sara)

    contact.refresh_from_db()
    message.refresh_from_db()
    event = ConversationEvent.objects.get()
    assert (contact.marketing_consent, message.opt_out) == ("given", "")
    assert (event.verb, event.by, event.contact) == ("kept_in", sara, contact)
    assert not OutboundMessage.objects.exists()


def test_what_is_judged_once_is_not_judged_again(contact, message):
    judge(message, unsubscribes=False)

    with pytest.raises(judging.JudgeRefused):
        judge(message, unsubscribes=True)

    contact.refresh_from_db()
    assert (contact.marketing_consent, ConversationEvent.objects.count()) == ("given", 1)


def test_a_message_told_again_stays_as_it_was_judged(contact, message):
    judge(message, unsubscribes=False)

    receive(inbound("Non mi interessa", at=after(minutes=1), again=1), now=after(hours=2))

    message.refresh_from_db()
    assert (message.opt_out, message.details["judged"]["unsubscribes"]) == ("", False)


def test_what_waits_longest_comes_first(contact, message):
    receive(inbound("Cancellati", uuid="b" * 32, at=NOW), now=after(minutes=2))

    assert [one.text for one in judging.to_judge()] == ["Cancellati", "Non mi interessa"]


@pytest.fixture
def address():
    return reverse("admin:conversations_message_judge")


@pytest.fixture
def agent(client):
    with time_machine.travel(after(hours=1), tick=False):
        yield _logged_in(client)


def _logged_in(client):
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_shows_the_words_and_what_they_follow(agent, contact, message, address):
    make_message(contact=contact, status="delivered", lane=Lane.TRANSACTIONAL)

    page = agent.get(address).content.decode()

    assert "Non mi interessa" in page
    assert "Giulia Rossi" in page
    assert 'value="stop"' in page


def test_an_empty_page_says_that_there_is_nothing_to_do(agent, address):
    assert "Niente da leggere" in agent.get(address).content.decode()


def test_a_click_unsubscribes(agent, contact, message, address):
    agent.post(address, {"message": message.pk, "answer": "stop"})

    contact.refresh_from_db()
    assert contact.marketing_consent == "withdrawn"


def test_a_second_click_says_that_it_is_settled(agent, contact, message, address):
    agent.post(address, {"message": message.pk, "answer": "keep"})

    page = agent.post(address, {"message": message.pk, "answer": "stop"}, follow=True)

    contact.refresh_from_db()
    assert contact.marketing_consent == "given"
    assert "collega" in page.content.decode()


@pytest.mark.parametrize("data", [{"answer": "stop", "message": "x"}, {"message": "1"}, {}])
def test_nonsense_is_refused(agent, message, address, data):
    assert agent.post(address, data).status_code == 400
    assert Message.objects.get(pk=message.pk).opt_out == "to_judge"


def test_who_may_not_read_conversations_judges_none(client, message, address):
    client.force_login(make_member(APPROVER), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(address).status_code == 403
    assert client.post(address, {"message": message.pk, "answer": "stop"}).status_code == 403
    assert Message.objects.get(pk=message.pk).opt_out == "to_judge"


def test_the_first_page_tells_how_many_wait(agent, message, address):
    page = agent.get("/admin/").content.decode()

    assert address in page
    assert "1 messaggio forse disiscrive" in page
