"""Spoki stands still, wholly or in part: what arrives at once afterwards still keeps the limit."""

import os
import signal
import threading

import pytest

from tests.faults.conftest import MINUTE_SECONDS, PER_MINUTE
from tests.faults.killing import ending_of
from tests.rolling import fullest
from tests.senders import sender_at

pytestmark = pytest.mark.django_db(transaction=True)

STALLS = 2
# Longer than the lease, so that what is on its way arrives after its grant was meant for.
STALL_SECONDS = 0.7


def test_requests_that_arrive_all_at_once_after_a_stall_keep_the_limit(full, spoki):
    """The simulator's process is stopped twice: its socket takes what it cannot read."""
    campaign = full(120)
    pause = threading.Event()
    with sender_at(spoki.url, "--until-idle", undecided_seconds=20) as sender:
        for stall in range(STALLS):
            assert spoki.control.wait(accepted=PER_MINUTE * stall + 10, timeout=30)
            os.kill(spoki.pid, signal.SIGSTOP)
            pause.wait(STALL_SECONDS)
            os.kill(spoki.pid, signal.SIGCONT)
        assert sender.wait(timeout=60) == 0

    times = [row["monotonic"] for row in spoki.control.sends()]
    ending = ending_of(campaign, spoki.control, kills=0)
    assert fullest(times, MINUTE_SECONDS) <= PER_MINUTE
    assert not ending.twice | ending.undecided
    assert len(ending.decided) == 120


def test_answers_slower_than_the_lease_keep_the_limit_and_lose_nothing(full, spoki):
    spoki.control.config(latency_seconds=0.5, latency_jitter_seconds=0.3)
    campaign = full(80)
    with sender_at(spoki.url, "--until-idle", undecided_seconds=20, threads=32) as sender:
        assert sender.wait(timeout=60) == 0

    times = [row["monotonic"] for row in spoki.control.sends()]
    ending = ending_of(campaign, spoki.control, kills=0)
    assert fullest(times, MINUTE_SECONDS) <= PER_MINUTE
    assert not ending.twice | ending.undecided
    assert len(ending.decided) == 80
