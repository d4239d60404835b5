"""Our sender as a lane: a queue filled anew, drained by `run_sender`, and its speed."""

import subprocess
import sys
from pathlib import Path

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, OutboundMessage, SpokiAccount
from tests.bench.database import vacuum
from tests.bench.stubbed import StubProcess
from tests.factories.crowds import queue_for_everybody
from tests.senders import start_sender

ROOT = Path(__file__).resolve().parents[2]
# What the settings say by default.
THREADS = 64
LIMIT_SECONDS = 600.0


def refill(campaign: Campaign) -> None:
    """Forget what was sent and queue a message to everybody again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE campaigns_outboundmessage, campaigns_grant, campaigns_tierrecipient CASCADE"
        )
    restart(campaign)
    vacuum()


def restart(campaign: Campaign, *, most: int | None = None) -> None:
    """Put the campaign back to work with a message to everybody, or to the `most` oldest."""
    Campaign.objects.filter(pk=campaign.pk).update(
        status=Campaign.Status.SENDING, pace_at=None, ended_at=None
    )
    SpokiAccount.objects.update(pace_at=None)
    queue_for_everybody(campaign, now=timezone.now(), most=most)


def end_to_end(campaign: Campaign, stub: StubProcess) -> float:
    """Return messages a second by the messages route, from first to last arrival at the stub."""
    stub.reset()
    drain_to_the_end(stub.url)
    return stub.rate(campaign.total)


def database_only(campaign: Campaign) -> float:
    """Return messages a second where Spoki answers at once, from first start to last record."""
    drain_to_the_end("http://127.0.0.1:9", DJANGO_SETTINGS_MODULE="tests.bench.instant")
    return recorded_rate(campaign)


def recorded_rate(campaign: Campaign) -> float:
    """Return messages a second by the rows' own times, which the database wrote.

    :raises RuntimeError: unless every message of the campaign was accepted.
    """
    rows = OutboundMessage.objects.filter(campaign=campaign, status="accepted")
    if (accepted := rows.count()) != campaign.total:
        raise RuntimeError(f"{accepted} of {campaign.total} were accepted")
    first = rows.earliest("sending_at").sending_at
    last = rows.latest("accepted_at").accepted_at
    assert first is not None
    assert last is not None
    return accepted / (last - first).total_seconds()


def http_only(messages: int, stub: StubProcess) -> float:
    """Return messages a second of the same client and threads without a database."""
    stub.reset()
    arguments = ["tests.bench.http_only", stub.url, str(messages), str(THREADS)]
    subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=True)
    return stub.rate(messages)


def drain_to_the_end(url: str, **changes: str) -> None:
    """Run a sender until nothing is left.

    :raises RuntimeError: where it fails.
    """
    sender = start_sender(url, "--until-idle", threads=THREADS, undecided_seconds=60, **changes)
    try:
        if status := sender.wait(timeout=LIMIT_SECONDS):
            raise RuntimeError(f"the sender ended with status {status}")
    finally:
        sender.kill()
        sender.wait()
