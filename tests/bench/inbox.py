"""The inbox of sixty thousand conversations: each of its sights, by the clock."""

from functools import partial
from statistics import median

from django.test import Client
from django.utils import timezone

from config.roles import AGENT
from tests.bench.card import timed
from tests.bench.database import vacuum
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.factories.big_inbox import make_inbox
from tests.factories.people import make_member

INBOX_MS = 200
ROUNDS = 40
# What an agent looks at, and looks for: one person, a common name, an order, words of a message and of an answer.
SIGHTS = {
    "to answer": "",
    "mine": "?tab=mine",
    "unassigned": "?tab=unassigned",
    "all": "?tab=all",
    "done": "?tab=done",
    "a phone": "?q=%2B393400001234",
    "a name": "?q=giulia+rossi",
    "an order": "?q=%23200123",
    "words": "?q=pacco+4711",
    "an answer": "?q=corriere+4711",
}


def inbox_page(*, conversations: int = 60_000, rounds: int = ROUNDS) -> list[Figure]:
    """Look at each of them in turns; about a minute."""
    agent = make_member(AGENT)
    make_inbox(conversations=conversations, agent=agent, now=timezone.now())
    client = Client(SERVER_NAME="localhost")
    client.force_login(agent)
    vacuum()
    return [_figure(name, client, query, conversations, rounds) for name, query in SIGHTS.items()]


def _figure(name: str, client: Client, query: str, size: int, rounds: int) -> Figure:
    times = timed(partial(_look, client, query), rounds)
    beside = f"{size:,} conversations, median {median(times):.0f} ms of {rounds}"
    return Figure(f"inbox, {name}: p95 in the server (ms)", p95(times), INBOX_MS, "<=", beside)


def _look(client: Client, query: str) -> None:
    status = client.get(f"/inbox/{query}").status_code
    if status != 200:
        raise RuntimeError(f"the inbox answered {status} to “{query}”")
