"""kill -9 of senders at random points, and what must be true of their campaign afterwards.

The suite does it a few times, the bench often; both judge by the same account.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from campaigns.models import Campaign, OutboundMessage
from campaigns.sender.drain import LOCK_CLASS
from spoki.simulator import SimulatorProcess
from spoki.simulator.remote import Control
from tests.senders import Sender, kill, start_sender

LIMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What a campaign came to, by message key, after `kills` kills and one last drain.

    `arrived` is how often Spoki saw each; `undecided` are those a crash left for a webhook or a
    person, listed as unknown.
    """

    kills: int
    everybody: frozenset[str]
    decided: frozenset[str]
    undecided: frozenset[str]
    arrived: dict[str, int]

    @property
    def twice(self) -> frozenset[str]:
        return frozenset(key for key, times in self.arrived.items() if times > 1)

    @property
    def lost(self) -> frozenset[str]:
        """Return what is neither decided nor listed, and what is called sent and never arrived."""
        return (self.everybody - self.decided - self.undecided) | (self.decided - set(self.arrived))

    @property
    def unlisted(self) -> frozenset[str]:
        """Return what arrived and is neither called sent nor listed as unknown."""
        return frozenset(self.arrived) - self.decided - self.undecided

    @property
    def undecided_per_kill(self) -> float:
        return len(self.undecided) / self.kills


def kill_and_finish(
    spoki: SimulatorProcess,
    campaign: Campaign,
    *,
    kills: int,
    threads: int,
    rng: random.Random,
    step: int = 40,
) -> Ending:
    """Kill a sender `kills` times, each about `step` messages after the last, then drain the rest.

    :raises AssertionError: where messages stop coming, or the last sender does not come to an end.
    """
    seen = 0
    for _ in range(kills):
        sender = start_sender(spoki.url, threads=threads)
        try:
            seen += rng.randint(1, step)
            assert spoki.control.wait(accepted=seen, timeout=LIMIT_SECONDS)
            threading.Event().wait(rng.uniform(0, 0.05))
        finally:
            kill(sender)
        seen = _accepted(spoki.control)
    last = start_sender(spoki.url, "--until-idle", threads=threads)
    try:
        assert last.wait(timeout=LIMIT_SECONDS * 2) == 0
    finally:
        kill(last)
    return ending_of(campaign, spoki.control, kills=kills)


def ending_of(campaign: Campaign, control: Control, *, kills: int) -> Ending:
    """Read what became of the campaign's messages on both sides."""
    rows = OutboundMessage.objects.filter(campaign=campaign)
    states = {key.hex: status for key, status in rows.values_list("key", "status")}
    # By either route: a call of an automation brings many messages.
    arrived = {message["metadata"]["msg"]: 1 for message in control.messages()}
    arrived |= control.duplicates()["arrived_twice"]
    return Ending(
        kills=kills,
        everybody=frozenset(states),
        decided=frozenset(key for key, status in states.items() if status == "accepted"),
        undecided=frozenset(key for key, status in states.items() if status == "unknown"),
        arrived=arrived,
    )


@dataclass(slots=True)
class Workers:
    """Several senders at once, one of which is at work."""

    start: Callable[[str], Sender]
    senders: dict[str, Sender] = field(default_factory=dict)

    def kill_the_one_at_work(self, *, replace: bool = True) -> bool:
        """Kill whoever holds the lock of the account, and start another; False if nobody does."""
        name = _at_work()
        if name not in self.senders:
            return False
        kill(self.senders[name])
        if replace:
            self.senders[name] = self.start(name)
        return True


@contextmanager
def workers(count: int, spoki_url: str, *, threads: int) -> Iterator[Workers]:
    """Run `count` senders for the length of the block; none survives it."""

    def start(name: str) -> Sender:
        return start_sender(spoki_url, threads=threads, PGAPPNAME=name)

    names = [f"sender-{number}" for number in range(count)]
    at_work = Workers(start, {name: start(name) for name in names})
    try:
        yield at_work
    finally:
        for sender in at_work.senders.values():
            kill(sender)


def _at_work() -> str:
    """Return the name under which the holder of the advisory lock is connected."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity a JOIN pg_locks l USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.classid = %s AND l.granted "
            "AND a.datname = current_database()",
            [LOCK_CLASS],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _accepted(control: Control) -> int:
    return int(control.get("wait", accepted=0, timeout=0)["accepted"])
