"""A yes to the question of a double opt-in, by reply or button; the same word elsewhere means something else."""

from datetime import timedelta
from typing import Any

import pytest

from audiences.double_opt_in import ask_consent, send_question
from audiences.models import ConsentRecord, ConsentRequest, Contact
from campaigns.consent_question import question_texts
from campaigns.models import Lane, OutboundMessage
from conversations.stop_words import agrees
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, after, inbound, outbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db

QUESTION = "aaaa0000bbbb1111cccc2222dddd3333"


@pytest.fixture
def contact() -> Contact:
    make_number(phone=f"+{BUSINESS}")
    return make_contact(phone=PHONE, marketing_consent="unknown")


@pytest.fixture
def asked(contact: Contact) -> ConsentRequest:
    """The question, sent a minute ago."""
    version = make_version(
        category="utility",
        body="Ciao %%FIRST_NAME%%, confermi?",
        buttons=[{"type": "quick_reply", "text": "Confermo", "order": 0}],
    )
    request = ask_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        source="popup",
        evidence="casella 3",
        by=None,
        now=NOW - timedelta(minutes=2),
    )
    assert send_question(
        request=request,
        choice=f"template:{version.pk}",
        link="https://negozio.example/consent/x/",
        now=NOW - timedelta(minutes=2),
    )
    OutboundMessage.objects.update(
        status="delivered", sending_at=NOW - timedelta(minutes=1), provider_uuid=QUESTION
    )
    return request


def answer(text: str, *, minutes: int = 1, **data: Any) -> str:
    receive(inbound(text, at=after(minutes=minutes), **data), now=after(minutes=minutes))
    return Contact.objects.get(phone=PHONE).marketing_consent


def test_the_question_is_an_order_message_with_the_persons_name(asked: ConsentRequest) -> None:
    asked.refresh_from_db()
    message = OutboundMessage.objects.get()
    assert (message.lane, message.phone, message.params) == (
        Lane.TRANSACTIONAL,
        PHONE,
        {"FIRST_NAME": "Giulia"},
    )
    assert message.key == asked.message_key


@pytest.mark.parametrize("text", ["Sì", "sì!", "OK", "Confermo", "START"])
def test_a_yes_right_after_the_question_confirms(asked: ConsentRequest, text: str) -> None:
    assert answer(text) == "given"

    given = ConsentRecord.objects.get(state="given", source__startswith="double")
    assert given.source == "double opt-in: reply"
    assert text in given.evidence


def test_a_button_confirms_and_is_told_as_one(asked: ConsentRequest) -> None:
    assert answer("Confermo", payload="yes") == "given"

    assert ConsentRecord.objects.get(state="given").source == "double opt-in: button"


def test_a_button_confirms_though_only_its_payload_is_told(asked: ConsentRequest) -> None:
    assert answer("", payload=f"{OutboundMessage.objects.get().key.hex}:0") == "given"


def test_a_yes_to_something_else_we_wrote_since_confirms_nothing(asked: ConsentRequest) -> None:
    make_message(contact=asked.contact, lane=Lane.TRANSACTIONAL, status="delivered")

    assert answer("Sì") == "unknown"


def test_a_yes_to_something_an_operator_wrote_since_confirms_nothing(
    asked: ConsentRequest,
) -> None:
    receive(outbound(uuid="f" * 32, at=after(seconds=20)), now=after(seconds=20))

    assert answer("Sì") == "unknown"


def test_a_yes_that_quotes_the_question_confirms_whatever_came_since(
    asked: ConsentRequest,
) -> None:
    make_message(contact=asked.contact, lane=Lane.TRANSACTIONAL, status="delivered")

    assert answer("Sì", replyToMessageUid=QUESTION) == "given"


def test_a_no_declines(asked: ConsentRequest) -> None:
    assert answer("No, grazie") == "unknown"

    asked.refresh_from_db()
    assert asked.state == "declined"


def test_a_no_after_a_yes_takes_the_consent_back(asked: ConsentRequest) -> None:
    assert answer("Sì") == "given"

    assert answer("No", minutes=2, uuid="b" * 32) == "withdrawn"

    said = ConsentRecord.objects.get(state="withdrawn")
    assert (said.source, said.evidence) == ("double opt-in: reply", f"{'b' * 32}: No")


def test_a_no_that_comes_later_but_was_written_before_the_yes_takes_nothing_back(
    asked: ConsentRequest,
) -> None:
    assert answer("Sì", minutes=2) == "given"

    assert answer("No", minutes=1, uuid="b" * 32) == "given"


def test_stop_to_the_question_withdraws(asked: ConsentRequest) -> None:
    assert answer("STOP") == "withdrawn"

    asked.refresh_from_db()
    assert asked.state == "cancelled"


def test_a_yes_without_any_question_gives_nothing(contact: Contact) -> None:
    assert answer("Sì") == "unknown"


@pytest.mark.parametrize("text", ["sì ma dopo natale", "quando arriva?", "", "👍"])
def test_only_a_whole_yes_or_no_is_an_answer(text: str) -> None:
    assert agrees(text) is None


def test_only_utility_templates_whose_values_are_known_are_offered(contact: Contact) -> None:
    fitting = make_version(category="utility", body="Confermi, %%FIRST_NAME%%?")
    make_version(category="utility", body="Ordine %%ORDER_NUMBER%%")
    make_version(category="marketing", body="Confermi?")
    make_version(category="utility", body="Confermi?", status="paused")

    assert [key for key, _name in question_texts(contact, NOW)] == [str(fitting.pk)]
