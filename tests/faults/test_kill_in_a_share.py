"""kill -9 in the middle of a first share: never more than the share, and its count stays true."""

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, Rollout, SendingPolicy, SpokiAccount
from campaigns.sender.drain import LOCK_CLASS
from campaigns.sender.gates import started_of
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.policy_shape import figures_of
from campaigns.sender.rollout import open_rollout
from spoki.simulator import SimulatorProcess
from tests.factories.crowds import make_running_campaign
from tests.faults.killing import LIMIT_SECONDS
from tests.senders import kill, start_sender

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 200
SHARE = 60
KILLS = 2
STARTED = ("sending", "accepted", "unknown", "failed")
# Judged as soon as it is out: without receipts the campaign then waits for a person.
POLICY = replace(DEFAULT_POLICY, canary_hold=timedelta(0))


@pytest.fixture
def careful() -> Campaign:
    """A campaign of 200 people, of whom 60 may be written to before a person looks."""
    SendingPolicy.objects.create(
        number=SendingPolicy.objects.count() + 1,
        figures=figures_of(POLICY),
        made_at=timezone.now(),
        why="judged at once",
    )
    campaign = make_running_campaign(PEOPLE)
    Campaign.objects.update(canary_share="0.300")
    campaign.refresh_from_db()
    open_rollout(campaign=campaign, now=timezone.now(), policy=POLICY)
    return campaign


def test_whoever_is_killed_the_share_goes_out_in_full_and_nobody_beyond_it(careful):
    rng = random.Random(20261122)
    counts = []
    with SimulatorProcess(
        api_key="test-key", limits={"template": 100_000}, latency_seconds=0.1
    ) as spoki:
        for seen in range(10, 10 + 10 * KILLS, 10):
            sender = start_sender(spoki.url, threads=4)
            try:
                assert spoki.control.wait(accepted=seen, timeout=LIMIT_SECONDS)
                threading.Event().wait(rng.uniform(0, 0.05))
            finally:
                kill(sender)
            wait_for_its_last_statement()
            counts.append((counted(careful), really(careful)))
        last = start_sender(spoki.url, "--until-idle", threads=4)
        try:
            assert last.wait(timeout=LIMIT_SECONDS) == 0
        finally:
            kill(last)
        arrived = len(spoki.control.messages())

    assert [carried for carried, _ in counts] == [plain for _, plain in counts]
    assert Rollout.objects.get().phase == Rollout.Phase.HELD
    assert counted(careful) == really(careful) == SHARE
    assert arrived <= SHARE


def wait_for_its_last_statement() -> None:
    """The lock of a sender goes with its connection: what it had asked for is written by then."""
    lock = [LOCK_CLASS, SpokiAccount.objects.get().pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def counted(campaign: Campaign) -> int:
    return started_of([Rollout.objects.get(campaign=campaign)])[campaign.pk]


def really(campaign: Campaign) -> int:
    return campaign.messages.filter(status__in=STARTED).count()
