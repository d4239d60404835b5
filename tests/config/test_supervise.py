"""The supervisor with real children; none may be left, however it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.running import background
from tests.config.processes import alive, eventually

ROOT = Path(__file__).resolve().parent.parent.parent
# A child that starts a grandchild, tells both numbers and waits.
STAYS = (
    "import os, subprocess, sys, threading;"
    "grandchild = subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait()']);"
    "print('pids', os.getpid(), grandchild.pid, flush=True); threading.Event().wait()"
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STAYS
SUPERVISOR = (
    "import json, sys; from config import supervise;"
    "supervise.GRACE_SECONDS = 1.0;"
    "import signal; number = signal.Signals(int(sys.argv[2]));"
    "children = [supervise.Child(n, [sys.executable, '-c', c], number) for n, c in json.loads(sys.argv[1])];"
    "sys.exit(supervise.Supervisor(children=children).run())"
)


class Running:
    """A supervisor in a process of its own, with what it has printed so far."""

    def __init__(self, children, orphan_signal=signal.SIGTERM):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, json.dumps(children), str(int(orphan_signal))],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines = []

    def read_until(self, text):
        for line in self.process.stdout or ():
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"{text!r} was not printed: {self.lines}")

    def pids(self):
        return [int(number) for number in self.read_until("pids").split("pids")[1].split()]

    def end(self):
        """Return the exit status after the end, and everything printed."""
        rest, _ = self.process.communicate(timeout=30)
        return self.process.returncode, "".join(self.lines) + rest


@pytest.fixture
def supervised():
    started = []

    def start(*, orphan_signal=signal.SIGTERM, **children):
        started.append(Running(list(children.items()), orphan_signal))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.communicate()


def test_a_child_that_dies_stops_all_and_is_named(supervised):
    running = supervised(web=STAYS, worker="import sys; sys.exit(7)")
    pids = running.pids()

    status, printed = running.end()

    assert status == 7
    assert "“worker” ended (exit status 7): stopping the others." in printed
    assert not any(alive(pid) for pid in pids[:1])


def test_a_child_that_is_killed_stops_all_and_the_signal_is_named(supervised):
    running = supervised(web=STAYS)
    pids = running.pids()

    os.kill(pids[0], signal.SIGKILL)
    status, printed = running.end()

    assert status == 1
    assert "“web” ended (killed by SIGKILL)" in printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_process(supervised, number):
    running = supervised(web=STAYS)
    pids = running.pids()

    running.process.send_signal(number)
    status, printed = running.end()

    assert status == 0
    assert "Stopping…" in printed
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_child_that_ignores_the_signal_is_killed_with_its_own_children(supervised):
    running = supervised(web=STUBBORN)
    pids = running.pids()

    running.process.terminate()
    running.end()

    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_children_end_when_the_supervisor_is_killed(supervised):
    running = supervised(web=STAYS)
    child = running.pids()[0]

    running.process.kill()

    assert eventually(lambda: not alive(child))


def test_a_stubborn_child_ends_too_where_its_orphan_signal_cannot_be_ignored(supervised):
    running = supervised(beat=STUBBORN, orphan_signal=signal.SIGKILL)
    child = running.pids()[0]

    running.process.kill()

    assert eventually(lambda: not alive(child))


def test_beat_cannot_outlive_the_supervisor():
    signals = {child.name: child.orphan_signal for child in background()}

    assert signals["beat"] == signal.SIGKILL


def test_lines_carry_the_name_of_their_child(supervised):
    running = supervised(web="print('hello')", beat=STAYS)

    assert running.read_until("hello") == "web  | hello\n"
