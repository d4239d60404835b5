"""A hundred customer cards open at once, each asking for news as its page does, while customers write."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

import requests
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone

from audiences.models import Contact
from config.roles import AGENT
from conversations import deliveries, intake
from conversations.card.news import version_of
from conversations.recount import recount
from tests.bench.database import vacuum
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.bench.webhooks.servers import OURS, a_broker, environment, loaded
from tests.conversations.payloads import inbound
from tests.factories.audiences import make_contact
from tests.factories.conversations import make_inbound
from tests.factories.orders import make_order
from tests.factories.people import make_member

CARDS, SECONDS = 100, 60
HERS, ORDERS = 20, 3
# What the page does: it asks every four seconds, a little earlier or later.
PAUSE = 4.0
JITTER = (0.85, 1.15)
MESSAGES_PER_SECOND = 2
ANSWER_MS = 200
# The longest pause, and what an answer may take.
SHOWN_SECONDS = 5.0


@dataclass
class _Card:
    """One open card; `seen` is when each message was shown on it first."""

    contact: Contact
    version: str
    session: requests.Session
    times: list[float] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)

    def look(self, port: int, written: "Written") -> None:
        began = time.monotonic()
        answer = self.session.get(
            f"http://127.0.0.1:{port}/customers/{self.contact.pk}/news/",
            params={"v": self.version},
            timeout=30,
            allow_redirects=False,
        )
        ended = time.monotonic()
        self.times.append((ended - began) * 1000)
        self.answers[answer.status_code] += 1
        if answer.status_code == 200:
            self.version = answer.headers["X-Card-Version"]
            # What is in the answer was written down before it was let in.
            for text, (whose, _at) in list(written.items()):
                if whose is self and text in answer.text:
                    self.seen.setdefault(text, ended)


# The words of each message → on whose card they belong, and when they were let in.
Written = dict[str, tuple[_Card, float]]


def polling_cards(*, cards: int = CARDS, seconds: int = SECONDS) -> list[Figure]:
    """Keep so many cards open for so long; a minute and a half."""
    with a_broker() as broker, loaded(OURS, broker=broker) as server:
        key = environment(broker)["SECRET_KEY"]
        with override_settings(SECRET_KEY=key):
            cookie = _cookie()
        shown = [_open_card(cookie) for _ in range(cards)]
        vacuum()
        written: Written = {}
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(cards) as pool:
            asking = [pool.submit(_keep_open, one, server.port, written, until) for one in shown]
            _have_customers_write(shown, written, until=until - PAUSE * JITTER[1])
            for work in asking:
                work.result()
    return _figures(shown, written, seconds=seconds)


def _cookie() -> str:
    client = Client(SERVER_NAME="localhost")
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _open_card(cookie: str) -> _Card:
    contact, now = make_contact(), timezone.now()
    for hours in range(1, HERS + 1):
        make_inbound(contact=contact, at=now - timedelta(hours=hours))
    for days in range(ORDERS):
        make_order(contact=contact, placed_at=now - timedelta(days=days))
    recount(contact_ids=[contact.pk])
    version = version_of(contact.pk, now=timezone.now())
    assert version is not None
    session = requests.Session()
    session.cookies.set(settings.SESSION_COOKIE_NAME, cookie)
    return _Card(contact=contact, version=version.token, session=session)


def _keep_open(card: _Card, port: int, written: Written, until: float) -> None:
    rng, pause = random.Random(), threading.Event()
    # The first look of a thread of the server opens its connection: it is not counted.
    card.look(port, written)
    card.times.clear()
    pause.wait(rng.uniform(0, PAUSE))
    while time.monotonic() < until:
        card.look(port, written)
        pause.wait(PAUSE * rng.uniform(*JITTER))
    card.look(port, written)


def _have_customers_write(cards: list[_Card], written: Written, *, until: float) -> None:
    """So many messages a second, each of somebody whose card is open, taken in as a delivery."""
    pause, number = threading.Event(), 0
    while time.monotonic() < until:
        number += 1
        card, text = random.choice(cards), f"domanda numero {number}."
        body = inbound(
            text, uuid=f"d{number:031x}", from_phone=card.contact.phone, at=timezone.now()
        )
        written[text] = (card, time.monotonic())
        delivery_id = deliveries.store_delivery(body=body, now=timezone.now())
        if delivery_id is None:
            raise RuntimeError("the delivery was there already")
        intake.process_delivery(delivery_id=delivery_id, now=timezone.now())
        pause.wait(1 / MESSAGES_PER_SECOND)
    connections.close_all()


def _figures(cards: list[_Card], written: Written, *, seconds: int) -> list[Figure]:
    times = sorted(ms for card in cards for ms in card.times)
    answers = sum((card.answers for card in cards), Counter())
    if wrong := set(answers) - {200, 204}:
        raise RuntimeError(f"cards were answered with {sorted(wrong)}: {answers}")
    waits = sorted(
        card.seen[text] - at for text, (card, at) in written.items() if text in card.seen
    )
    missing = len(written) - len(waits)
    looks = (
        f"{len(times)} looks of {len(cards)} cards in {seconds} s, median {median(times):.0f} ms"
    )
    waited = f"{len(written)} messages, median {median(waits):.1f} s, most {waits[-1]:.1f} s"
    return [
        Figure("cards asking for news: p95 (ms)", p95(times), ANSWER_MS, "<=", looks),
        Figure("message → shown on an open card: p95 (s)", p95(waits), SHOWN_SECONDS, "<=", waited),
        Figure("cards asking for news: messages that were not shown", missing, 0, "=="),
    ]
