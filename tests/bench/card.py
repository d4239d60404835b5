"""The customer card of a customer of years, as an agent opens it: server time and queries."""

import time
from collections.abc import Callable
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.memory import keep_loaded
from config.roles import AGENT
from tests.bench.database import vacuum
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.factories.big_inbox import LAST_WORDS, make_long_conversation
from tests.factories.people import make_member

CARD_MS = 150
QUERIES = 20
ROUNDS = 100


def card_page(*, messages: int = 1_000, orders: int = 50, rounds: int = ROUNDS) -> list[Figure]:
    """Open the card again and again; half a minute."""
    contact = make_long_conversation(messages=messages, orders=orders, now=timezone.now())
    client = agent_client()
    vacuum()

    def open_card() -> None:
        answer = client.get(f"/customers/{contact.pk}/")
        if answer.status_code != 200 or LAST_WORDS not in answer.content.decode():
            raise RuntimeError(f"the card answered {answer.status_code}, or without the last words")

    times = timed(open_card, rounds)
    with CaptureQueriesContext(connection) as captured:
        open_card()
    size = f"{messages:,} messages and {orders} orders"
    beside = f"{size}, median {median(times):.0f} ms of {rounds}"
    return [
        Figure("customer card: p95 in the server (ms)", p95(times), CARD_MS, "<=", beside),
        Figure("customer card: queries", len(captured), QUERIES, "<=", size),
    ]


def agent_client() -> Client:
    """A browser in which an agent has logged in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(make_member(AGENT))
    return client


def timed(work: Callable[[], None], rounds: int) -> list[float]:
    """Milliseconds of each round in order, after two that warm up and are not counted; in a process as it serves."""
    times = []
    for number in range(-2, rounds):
        if number == 0:
            keep_loaded()
        began = time.perf_counter()
        work()
        if number >= 0:
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)
