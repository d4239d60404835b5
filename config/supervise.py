"""Runs several commands as one: whichever ends stops the others, and none outlives the supervisor."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from config import gate
from config.parentage import tied

ROOT = str(Path(__file__).resolve().parent.parent)
# Seconds the children have to finish what they hold before they are killed.
GRACE_SECONDS = 30.0
LOOK_SECONDS = 0.2
COLOURS = ("36", "33", "35", "32", "34")
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """A command to run, and what its lines are marked with.

    `orphan_signal` ends it when the supervisor itself is killed.
    """

    name: str
    command: Sequence[str]
    orphan_signal: signal.Signals = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text to print once, when the page `path` at `address` answers."""

    address: tuple[str, int]
    path: str
    text: str


@dataclass(slots=True)
class Supervisor:
    """`watches` names things that must stay true besides the children; `environment` is theirs.

    `later` start once the announcement is made: the page a person waits for comes first.
    `descriptors` are inherited by the children: what the locks behind them hold stays up until the
    last child has ended.
    """

    children: Sequence[Child]
    later: Sequence[Child] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: Sequence[int] = ()
    watches: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    announcement: Announcement | None = None
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _signals: int = field(default=0, init=False)
    _is_preparing: bool = field(default=False, init=False)
    _running: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict, init=False)

    def run(self, prepare: Callable[[], None] | None = None) -> int:
        """Run the children until one ends or a signal asks for the end.

        `prepare` runs while the children load; those that wait at the gate go on when it is done. A signal before that
        breaks it off with KeyboardInterrupt.
        Returns 0 after a signal, otherwise the exit status of the child that ended (1 where that
        was 0: none of them is meant to end). Afterwards no process of the children is left.
        """
        self._is_preparing = prepare is not None
        before = {number: signal.signal(number, self._asked) for number in STOPPING}
        try:
            with gate.Gate() as closed:
                self._start(self.children, closed)
                if prepare is not None:
                    prepare()
            self._is_preparing = False
            return self._look_until_the_end()
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, *_: object) -> None:
        """Stop; asked a second time, do not wait for anybody."""
        if self._is_preparing:
            raise KeyboardInterrupt
        self._signals += 1
        self._stop.set()
        if self._signals > 1:
            self._kill_groups()

    def _start(self, children: Sequence[Child], closed: gate.Gate | None = None) -> None:
        waits_at = closed.environment() if closed else {}
        width = max(len(child.name) for child in (*self.children, *self.later))
        for child in children:
            process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                tied(child.command, child.orphan_signal),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                env={
                    **os.environ,
                    "PYTHONUNBUFFERED": "1",
                    "PYTHONPATH": ROOT,
                    **self.environment,
                    **waits_at,
                },
                pass_fds=[*self.descriptors, *(closed.descriptors() if closed else ())],
            )
            mark = _mark(child.name, width, COLOURS[len(self._running) % len(COLOURS)])
            self._running[child.name] = process
            threading.Thread(target=_pump, args=(mark, process.stdout), daemon=True).start()

    def _look_until_the_end(self) -> int:
        while not self._stop.wait(LOOK_SECONDS):
            for name, process in self._running.items():
                if (status := process.poll()) is not None:
                    say(f"“{name}” ended ({_reason(status)}): stopping the others.")
                    return status if status > 0 else 1
            for name, is_well in self.watches.items():
                if not is_well():
                    say(f"“{name}” is gone: stopping everything.")
                    return 1
            if self._is_up():
                self._start(self.later)
                self.later = ()
        say("Stopping…")
        return 0

    def _is_up(self) -> bool:
        """Make the announcement when its page answers; return whether nothing is waited for."""
        if self.announcement and _answers(self.announcement):
            say(self.announcement.text)
            self.announcement = None
        return self.announcement is None

    def _end_all(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()  # warm shutdown of Celery, graceful stop of Gunicorn
        patience = threading.Event()
        for _ in range(int(GRACE_SECONDS / LOOK_SECONDS)):
            if all(process.poll() is not None for process in self._running.values()):
                break
            patience.wait(LOOK_SECONDS)
        self._kill_groups()
        for process in self._running.values():
            process.wait()

    def _kill_groups(self) -> None:
        """Kill whatever is left of the sessions the children began."""
        for process in self._running.values():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _answers(announcement: Announcement) -> bool:
    connection = HTTPConnection(*announcement.address, timeout=1)
    try:
        connection.request("GET", announcement.path)
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def say(text: str) -> None:
    """Print for the person at the keyboard; nobody may be reading any more."""
    with suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _pump(mark: str, stream: IO[str]) -> None:
    for line in stream:
        say(f"{mark} {line.rstrip()}")


def _mark(name: str, width: int, colour: str) -> str:
    mark = f"{name:<{width}} |"
    return f"\033[{colour}m{mark}\033[0m" if sys.stdout.isatty() else mark


def _reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"killed by {signal.Signals(-status).name}"
