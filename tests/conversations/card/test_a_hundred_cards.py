"""A hundred cards open at the same time, asking all the while customers write."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.roles import AGENT
from conversations import deliveries
from conversations.card.news import version_of
from conversations.intake import process_delivery
from conversations.models import CardOpening, Message
from tests.conftest import NOW
from tests.conversations.card.steps import card_of, client_of
from tests.conversations.payloads import inbound
from tests.factories.audiences import make_contact
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db(transaction=True)

CARDS, CUSTOMERS, WHO_WRITE, EACH = 100, 20, 2, 3
# As many as the pages serve at once: two processes of eight threads.
AT_ONCE = 16
# The session, the user, her rights, those of her groups, and one statement; or all that a card shows.
NOTHING_NEW, DRAWN = 5, 25
_SAID = re.compile(r'<div class="cc-text">.*?(riga \d+,)', re.DOTALL)
_number = count(1)


@dataclass
class Card:
    """An open card: it asks with the version that it was told last, and keeps what it was shown by its key."""

    address: str
    session: str
    version: str
    shown: set[str] = field(default_factory=set)
    answers: list[tuple[int, int]] = field(default_factory=list)

    def look(self) -> None:
        client, asked = Client(), CaptureQueriesContext(connection)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        try:
            with asked:
                answer = client.get(f"{self.address}?v={self.version}")
        finally:
            connections.close_all()
        self.answers.append((answer.status_code, len(asked)))
        if answer.status_code == 200:
            self.version = answer["X-Card-Version"]
            self._keep(answer.content.decode())

    def _keep(self, page: str) -> None:
        texts = _SAID.findall(page)
        assert len(texts) == len(set(texts))
        self.shown |= set(texts)


def write(contact) -> str:
    """Let what she wrote in as Spoki delivers it; return its words."""
    number = next(_number)
    text = f"riga {number},"
    body = inbound(text, uuid=f"{number:032x}", from_phone=contact.phone)
    delivery_id = deliveries.store_delivery(body=body, now=NOW)
    assert delivery_id is not None
    process_delivery(delivery_id=delivery_id, now=NOW)
    return text


def version_now(customer) -> str:
    version = version_of(customer.pk, now=NOW)
    assert version is not None
    return version.token


def test_each_of_a_hundred_cards_gets_each_message_once_and_asks_little(frozen, sara):
    customers = [make_contact() for _ in range(CUSTOMERS)]
    agents = [client_of(make_member(AGENT)) for _ in range(CARDS // CUSTOMERS)]
    cards = [
        Card(
            address=card_of(customer, "customer-news"),
            session=agent.cookies[settings.SESSION_COOKIE_NAME].value,
            version=version_now(customer),
        )
        for customer in customers
        for agent in agents
    ]
    written: dict[str, set[str]] = {}

    def chat() -> None:
        for customer in customers[:WHO_WRITE] * EACH:
            written.setdefault(card_of(customer, "customer-news"), set()).add(write(customer))
        connections.close_all()

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        writer = pool.submit(chat)
        list(pool.map(Card.look, cards))
        writer.result()
        list(pool.map(Card.look, cards))

    assert Message.objects.count() == WHO_WRITE * EACH
    assert [card.shown for card in cards] == [written.get(card.address, set()) for card in cards]
    answers = [answer for card in cards for answer in card.answers]
    assert {status for status, _queries in answers} == {200, 204}
    assert max(queries for status, queries in answers if status == 204) <= NOTHING_NEW
    assert max(queries for status, queries in answers if status == 200) <= DRAWN
    assert {card.answers[-1][0] for card in cards[WHO_WRITE * len(agents) :]} == {204}
    assert not CardOpening.objects.exists()
