"""More senders than one: one works, the next takes over, and two at once harm nothing."""

import time
from concurrent.futures import wait
from functools import partial

import pytest

from campaigns.models import OutboundMessage, SpokiAccount
from campaigns.sender.drain import Drain
from tests.campaigns.sender.gate import Gate, accepted
from tests.campaigns.sender.steps import aside, drainer
from tests.factories.crowds import make_running_campaign
from tests.faults.conftest import MINUTE_SECONDS, PER_MINUTE
from tests.faults.killing import ending_of, workers
from tests.rolling import fullest
from tests.senders import kill, start_sender

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def test_whoever_waits_takes_over_from_a_sender_that_was_killed(spoki):
    campaign = make_running_campaign(120)
    spoki.control.config(latency_seconds=0.05)
    with workers(1, spoki.url, threads=THREADS) as first:
        assert spoki.control.wait(accepted=20, timeout=30)
        second = start_sender(spoki.url, "--until-idle", threads=THREADS)
        try:
            assert first.kill_the_one_at_work(replace=False)
            assert second.wait(timeout=60) == 0
        finally:
            kill(second)

    ending = ending_of(campaign, spoki.control, kills=1)
    assert not ending.twice | ending.lost | ending.unlisted
    assert len(ending.undecided) <= THREADS


def test_two_drainers_at_once_send_nothing_twice_and_share_the_limit(full, monkeypatch):
    """The advisory lock is lost on purpose: the rows and the ledger must do without it."""
    monkeypatch.setattr(Drain, "_lock", lambda _drain: True)
    monkeypatch.setattr(Drain, "_unlock", lambda _drain: None)
    campaign = full(100)
    times: list[float] = []

    def arrive(send):
        times.append(time.monotonic())
        return accepted(send)

    gates = [Gate(arrive), Gate(arrive)]
    account = SpokiAccount.objects.get()
    loops = [drainer(account, gate) for gate in gates]
    runs = [aside(partial(loop.run, seconds=20, until_idle=True)) for loop in loops]
    wait(runs, timeout=30)

    sent = [phone for gate in gates for phone in gate.phones]
    assert [run.result(0) for run in runs] == [True, True]
    assert all(gate.phones for gate in gates)
    assert len(sent) == len(set(sent)) == 100
    assert fullest(times, MINUTE_SECONDS) <= PER_MINUTE
    assert OutboundMessage.objects.filter(campaign=campaign, status="accepted").count() == 100
