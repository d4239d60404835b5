"""`run_sender`: what it says, and that it ends when it is asked to."""

import io
import os
import signal
import threading

import pytest
from django.core.management import call_command
from django.utils import translation

from campaigns.management.commands import run_sender
from campaigns.models import SpokiAccount
from campaigns.sender import running as sender
from tests.campaigns.sender.gate import Gate, accepted
from tests.campaigns.sender.steps import aside, drainer

pytestmark = pytest.mark.django_db(transaction=True)

RUNS = "The sender runs. Ctrl-C ends it; nothing gets lost."
WAITS = "Another sender is at work: this one waits to take over."


@pytest.fixture(autouse=True)
def _signals():
    """Give the signals back to whoever had them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def gate(monkeypatch) -> Gate:
    gate = Gate()
    monkeypatch.setattr(sender, "import_string", lambda _path: lambda: gate)
    return gate


def run(*options: str, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    with translation.override("en"):
        call_command("run_sender", *options, stdout=out)
    return out.getvalue().splitlines()


def test_it_says_that_it_runs_and_ends_when_there_is_nothing_to_do(account, gate):
    assert run("--until-idle") == [RUNS]


def test_it_sends_what_is_due_before_it_ends(running, gate, statuses):
    campaign = running(2)

    run("--until-idle")

    assert statuses(campaign) == {"accepted": 2}


def test_a_house_that_never_met_spoki_gets_an_account_with_safe_limits(gate):
    assert run("--until-idle") == [RUNS]

    assert SpokiAccount.objects.get().people_per_day is None


def test_it_says_once_that_another_is_at_work_and_takes_over(account, gate, monkeypatch):
    monkeypatch.setattr(run_sender, "FAILOVER_SECONDS", 0.05)
    other = drainer(account, Gate())
    held, said = threading.Event(), threading.Event()

    class Screen(io.StringIO):
        def write(self, text: str) -> int:
            if WAITS in text:
                threading.Timer(0.2, said.set).start()
            return super().write(text)

    def hold() -> None:
        assert other._lock()
        held.set()
        assert said.wait(10)
        other._unlock()

    holder = aside(hold)
    assert held.wait(10)

    assert run("--until-idle", out=Screen()) == [RUNS, WAITS]
    holder.result(10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_flies_is_written_down(running, gate, statuses, number):
    campaign = running(1)

    def interrupt(send):
        os.kill(os.getpid(), number)
        return accepted(send)

    gate.answer = interrupt

    assert run() == [RUNS]

    assert statuses(campaign) == {"accepted": 1}
