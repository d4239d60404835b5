"""What webhooks tell about a message whose fate is unknown, and whose door a STOP is laid at."""

from datetime import timedelta

import pytest

from campaigns.evidence import facts_about
from campaigns.models import OutboundMessage
from conversations.models import SpokiDelivery
from tests.conftest import NOW
from tests.conversations.payloads import PHONE, inbound, outbound, process, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=3)


@pytest.fixture
def unknown() -> OutboundMessage:
    make_number(phone="+390200000001")
    contact = make_contact(phone=PHONE)
    return make_message(contact=contact, status="unknown", reason="no_answer")


def codes(message: OutboundMessage) -> list[str]:
    message.refresh_from_db()
    return [fact.code for fact in facts_about([message])[message.pk]]


def settle_as_of_others(row: SpokiDelivery) -> None:
    """Look again once nobody waits any more for an identifier that would match."""
    process(row, now=SOON + timedelta(minutes=11))


def test_that_the_person_wrote_afterwards_is_shown(unknown):
    receive(inbound("Grazie!", at=SOON), now=SOON)

    assert codes(unknown) == ["inbound", "answered"] or codes(unknown) == ["answered", "inbound"]


def test_a_message_of_others_with_the_same_template_is_probably_ours(unknown):
    template = unknown.template_version.template.spoki_id

    settle_as_of_others(receive(outbound("Delivered", at=SOON, template=template), now=SOON))

    (fact,) = facts_about([unknown])[unknown.pk]
    assert (fact.code, fact.at, fact.says_it_left) == ("by_others_same", SOON, True)
    assert fact.figures == {"state": "delivered"}


def test_another_message_of_others_is_shown_without_a_conclusion(unknown):
    settle_as_of_others(receive(outbound("Sent", at=SOON), now=SOON))

    (fact,) = facts_about([unknown])[unknown.pk]
    assert (fact.code, fact.says_it_left) == ("by_others", False)


def test_what_is_a_day_away_has_nothing_to_do_with_it(unknown):
    much_later = NOW + timedelta(hours=25)
    receive(inbound("Buongiorno", at=much_later), now=much_later)

    assert "inbound" not in codes(unknown)


def test_a_stop_is_laid_at_the_door_of_the_campaign_the_person_got_last():
    make_number(phone="+390200000001")
    contact = make_contact(phone=PHONE)
    got = make_message(contact=contact, status="delivered", sending_at=NOW)

    for _ in range(2):
        receive(inbound("STOP", at=SOON), now=SOON)

    got.refresh_from_db()
    assert got.opted_out_at == SOON


def test_a_friendly_answer_is_no_opt_out():
    make_number(phone="+390200000001")
    contact = make_contact(phone=PHONE)
    got = make_message(contact=contact, status="delivered", sending_at=NOW)

    receive(inbound("Grazie mille", at=SOON), now=SOON)

    got.refresh_from_db()
    assert got.opted_out_at is None
