"""The sender's steps, one at a time, and rows for them to work on."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from campaigns.models import ConversationWindow, Grant, Lane, OutboundMessage, SpokiAccount
from campaigns.sender.claim import Claim, Claimant, claim
from campaigns.sender.drain import Drain
from campaigns.sender.holds import Holds
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from campaigns.sender.queue import QueueCounts
from campaigns.sender.record import record
from campaigns.sender.reserve import Reserved
from campaigns.sender.start import Starter, start
from tests.campaigns.sender.gate import Gate
from tests.factories.campaigns import make_message

WORKER = UUID(int=1)
ACCEPTED = Outcome("accepted")


class Even(random.Random):
    """Dice that always fall in the middle, so that the pace is exact."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def drainer(account: SpokiAccount, gate: Gate, **changes: Any) -> Drain:
    settings: dict[str, Any] = {
        "account_id": account.pk,
        "gateway": lambda: gate,
        "stop": threading.Event(),
        "threads": 8,
        "rng": random.Random(1),
    }
    return Drain(**settings | changes)


def claim_now(account: SpokiAccount, *, capacity: int = 32, **changes: Any) -> Claim:
    known: dict[str, Any] = {"worker": WORKER, "counts": QueueCounts(), "rng": Even()}
    return claim(Claimant(account_id=account.pk, **known | changes), capacity=capacity)


def start_now(
    rows: Sequence[Reserved],
    account: SpokiAccount,
    *,
    worker: UUID = WORKER,
    allowlist: Sequence[str | None] = (),
) -> list[Reserved]:
    starter = Starter(account.pk, worker, frozenset(filter(None, allowlist)), Holds())
    return start(rows, starter).rows


def claim_and_start(account: SpokiAccount, **changes: Any) -> list[Reserved]:
    worker = changes.get("worker", WORKER)
    return start_now(claim_now(account, **changes).rows, account, worker=worker)


def answer(account: SpokiAccount, *posted: Posted) -> None:
    record(posted, account_id=account.pk)


def starts_granted() -> int:
    return Grant.objects.aggregate(total=Sum("count"))["total"] or 0


def order_message(**changes: Any) -> OutboundMessage:
    now = timezone.now()
    return make_message(**{"lane": Lane.TRANSACTIONAL, "created_at": now, "due_at": now} | changes)


def reply(**changes: Any) -> OutboundMessage:
    fields = {"lane": Lane.REPLY, "kind": "text", "text": "Ciao!", "template_version": None}
    return order_message(**fields | changes)


def open_window(message: OutboundMessage) -> None:
    now = timezone.now()
    ConversationWindow.objects.create(
        number_id=message.number_id or 0,
        contact=message.contact,
        last_inbound_at=now,
        closes_at=now + timedelta(hours=23),
    )


def make_reserved(**changes: Any) -> Reserved:
    """A started row for tests without a database."""
    fields: dict[str, Any] = {
        "id": 1,
        "key": uuid4(),
        "lane": Lane.MARKETING,
        "kind": "template",
        "phone": "+393470000001",
        "language": "it",
        "params": {},
        "text": "",
        "contact_id": 1,
        "campaign_id": 7,
        "template_version_id": 1,
        "number_id": 1,
        "attempts": 0,
        "start_by": time.monotonic() + 60,
    }
    return Reserved(**fields | changes)


def aside(work: Callable[[], Any]) -> "Future[Any]":
    """Run `work` in a thread with a database connection of its own, closed when it is done."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result meets it
            connection.close()
            future.set_exception(error)
        else:
            connection.close()
            future.set_result(result)

    threading.Thread(target=run, daemon=True).start()
    return future
