"""kill -9 of the sender: nothing twice, nothing lost, what is undecided is listed."""

import random

import pytest

from campaigns.models import Campaign
from spoki.simulator import SimulatorProcess
from tests.factories.crowds import make_running_campaign
from tests.faults.killing import kill_and_finish

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 200
KILLS = 3
THREADS = 8


def test_three_kills_send_nothing_twice_and_lose_nothing():
    limits = {"template": 100_000}
    campaign = make_running_campaign(PEOPLE)
    with SimulatorProcess(api_key="test-key", limits=limits, latency_seconds=0.05) as spoki:
        ending = kill_and_finish(
            spoki, campaign, kills=KILLS, threads=THREADS, rng=random.Random(20261122)
        )

    campaign.refresh_from_db()
    assert len(ending.everybody) == PEOPLE
    assert not ending.twice | ending.lost | ending.unlisted
    assert ending.undecided_per_kill <= THREADS * 1.2
    assert campaign.status == Campaign.Status.DONE
