"""kill -9 of the sender: nothing twice, nothing lost, what is undecided is listed."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns.models import Campaign, OutboundMessage
from spoki.simulator import SimulatorProcess
from tests.addresses import database_url
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 200
KILLS = 3
THREADS = 8


def test_three_kills_send_nothing_twice_and_lose_nothing():
    limits = {"template": 100_000}
    with SimulatorProcess(api_key="test-key", limits=limits, latency_seconds=0.05) as spoki:
        campaign = _campaign_at_work()
        rng = random.Random(20261122)
        for kill in range(KILLS):
            sender = _start_sender(spoki.url)
            assert spoki.control.wait(accepted=(kill + 1) * 40, timeout=30)
            threading.Event().wait(rng.uniform(0, 0.05))
            os.kill(sender.pid, signal.SIGKILL)
            sender.wait()
        last = _start_sender(spoki.url, "--until-idle")
        assert last.wait(timeout=60) == 0

        arrived = {row["msg"] for row in spoki.control.sends()}
        twice = spoki.control.duplicates()["arrived_twice"]

    rows = OutboundMessage.objects.filter(campaign=campaign)
    unknown = {m.key.hex for m in rows.filter(status="unknown")}
    accepted = {m.key.hex for m in rows.filter(status="accepted")}
    campaign.refresh_from_db()
    assert twice == {}
    assert accepted | unknown == {m.key.hex for m in rows}
    assert accepted <= arrived <= accepted | unknown
    assert len(unknown) <= KILLS * THREADS * 1.2
    assert campaign.status == Campaign.Status.DONE


def _campaign_at_work() -> Campaign:
    now = timezone.now()
    account = make_account(template_sends_per_minute=60_000, refreshed_at=now)
    make_number(account=account)
    contacts = [make_contact() for _ in range(PEOPLE)]
    version = make_version(template=make_template(spoki_id=1008), last_seen_at=now)
    campaign = make_campaign(
        status=Campaign.Status.SENDING, template_version=version, contacts=contacts
    )
    for contact in contacts:
        make_message(contact=contact, campaign=campaign, created_at=now, due_at=now)
    return campaign


def _start_sender(spoki_url: str, *options: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "SPOKI_BASE_URL": spoki_url,
        "SPOKI_API_KEY": "test-key",
        "SENDER_THREADS": str(THREADS),
        "SENDER_UNDECIDED_SECONDS": "2",
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_sender", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
