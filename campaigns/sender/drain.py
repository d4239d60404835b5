"""The drain loop: one per Spoki account, whoever runs it; all state is in the database.

    record what was answered → keep house → claim what may start → start it → POST in threads

The main thread owns the only database connection; the posting threads only speak HTTP, each with
its own client. An advisory lock keeps a second drainer waiting as failover; it is not what makes
the limits exact (the account's row lock and the ledger are), so losing it harms nothing.
"""

import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import OperationalError, connection

from campaigns.sender import housekeeping, ledger
from campaigns.sender.allowance import Wait
from campaigns.sender.claim import Claim, Reserved, claim, release
from campaigns.sender.post import Packer, Parcel, Posted, post
from campaigns.sender.queue import QueueCounts
from campaigns.sender.record import record
from campaigns.sender.start import start
from spoki import SpokiGateway

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x5E4D
# A new order message or reply is seen at the latest after this long.
POLL_SECONDS = 0.25
# Outcomes and starts are grouped: at most a hundred turns a second.
TURN_SECONDS = 0.01
HOUSE_SECONDS = 1.0
GRANTS_SECONDS = 600.0
# Reserving ahead is safe (a lease), starting ahead is not. As much is reserved as was answered in
# the last third of a second, so that the lease never runs out where Spoki is slow.
RESERVE_SECONDS = 0.3


@dataclass(slots=True)
class Drain:
    """One run of the loop. `stop` ends it gracefully: what flies is awaited and recorded."""

    account_id: int
    gateway: Callable[[], SpokiGateway]
    stop: threading.Event
    threads: int = 32
    allowlist: frozenset[str] = frozenset()
    undecided_after: timedelta = timedelta(seconds=60)
    rng: random.Random = field(default_factory=random.Random)
    worker: UUID = field(default_factory=uuid4)
    _ready: "queue.SimpleQueue[Parcel | None]" = field(default_factory=queue.SimpleQueue)
    _answers: deque[Posted] = field(default_factory=deque)
    _wake: threading.Event = field(default_factory=threading.Event)
    _reserved: deque[Reserved] = field(default_factory=deque)
    _counts: QueueCounts = field(default_factory=QueueCounts)
    _packer: Packer = field(default_factory=Packer)
    _in_flight: int = 0
    _claim_after: float = 0.0
    _house_after: float = 0.0
    _grants_after: float = 0.0
    _held: int = 0
    _speed: float = 0.0
    _measured_at: float = field(default_factory=time.monotonic)
    _last_claim: Claim | None = None

    def run(self, *, seconds: float | None = None, until_idle: bool = False) -> bool:
        """Drain until `stop`, for `seconds`, or until no campaign is at work and nothing is due.

        Returns False at once if another drainer is at work.
        """
        if not self._lock():
            return False
        posters = [
            threading.Thread(target=self._post_all, daemon=True) for _ in range(self.threads)
        ]
        for thread in posters:
            thread.start()
        try:
            self._loop(None if seconds is None else time.monotonic() + seconds, until_idle)
        finally:
            self._finish(posters)
        return True

    def _loop(self, until: float | None, until_idle: bool) -> None:
        while not self.stop.is_set() and (until is None or time.monotonic() < until):
            if until_idle and self._is_idle():
                return
            began = time.monotonic()
            try:
                self._turn()
            except OperationalError:
                # The database went away: what was answered is kept here and written later.
                logger.exception("the database is away, waiting for it")
                connection.close()
                self.stop.wait(1.0)
                self._lock()
                continue
            self._rest(began)

    def _is_idle(self) -> bool:
        busy = self._in_flight or self._reserved
        return not busy and self._last_claim is not None and self._last_claim.is_idle

    def _turn(self) -> None:
        self._record()
        now = time.monotonic()
        if now >= self._house_after:
            self._keep_house()
        free = self.threads - self._in_flight
        if len(self._reserved) < max(free, 1) and now >= self._claim_after:
            self._claim()
        if free > 0 and self._reserved:
            self._start(free)

    def _rest(self, began: float) -> None:
        """Sleep until an answer comes, a turn is due, or somebody stops us."""
        elapsed = time.monotonic() - began
        if elapsed < TURN_SECONDS:
            self.stop.wait(TURN_SECONDS - elapsed)
        if self._reserved and self._in_flight < self.threads:
            return
        due = min(self._claim_after, self._house_after) - time.monotonic()
        self._wake.wait(max(0.0, min(due, POLL_SECONDS)))
        self._wake.clear()

    def _claim(self) -> None:
        began = time.monotonic()
        ahead = int(self._speed * RESERVE_SECONDS)
        capacity = self.threads - self._in_flight + ahead - len(self._reserved)
        found = claim(
            account_id=self.account_id,
            worker=self.worker,
            capacity=capacity,
            counts=self._counts,
            rng=self.rng,
        )
        self._reserved.extend(found.rows)
        self._last_claim = found
        wait = POLL_SECONDS
        if found.look_again_at is not None:
            wait = min(wait, (found.look_again_at - found.now).total_seconds())
        self._claim_after = began + max(0.0, wait) if len(found.rows) < capacity else 0.0

    def _start(self, free: int) -> None:
        batch = [self._reserved.popleft() for _ in range(min(free, len(self._reserved)))]
        started = start(batch, worker=self.worker, allowlist=self.allowlist)
        self._held += started.held
        for parcel in self._packer.pack(started.rows):
            self._in_flight += 1
            self._ready.put(parcel)

    def _record(self) -> None:
        batch = [self._answers.popleft() for _ in range(len(self._answers))]
        if not batch:
            return
        try:
            record(batch, account_id=self.account_id)
        except OperationalError:
            self._answers.extendleft(reversed(batch))
            raise
        self._in_flight -= len(batch)
        self._measure(len(batch))

    def _measure(self, answered: int) -> None:
        """Keep the recent speed in answers per second, smoothed over about a second."""
        now = time.monotonic()
        elapsed = max(0.001, now - self._measured_at)
        weight = min(1.0, elapsed)
        self._speed += (answered / elapsed - self._speed) * weight
        self._measured_at = now

    def _keep_house(self) -> None:
        now = ledger.database_now()
        housekeeping.keep_house(
            account_id=self.account_id, undecided_after=self.undecided_after, now=now
        )
        if self._last_claim is not None:
            waits = self._last_claim.waits
            if self._held:
                waits = (*waits, Wait("template_stale"))
            housekeeping.write_report(
                account_id=self.account_id,
                waits=waits,
                look_again_at=self._last_claim.look_again_at,
                now=now,
            )
        self._held = 0
        self._house_after = time.monotonic() + HOUSE_SECONDS
        if time.monotonic() >= self._grants_after:
            housekeeping.forget_old_grants(account_id=self.account_id, now=now)
            self._grants_after = time.monotonic() + GRANTS_SECONDS

    def _post_all(self) -> None:
        """What each posting thread does: one client, one request after the other."""
        gateway = self.gateway()
        try:
            while (parcel := self._ready.get()) is not None:
                self._answers.append(post(parcel, gateway))
                self._wake.set()
        finally:
            gateway.close()

    def _finish(self, posters: list[threading.Thread]) -> None:
        """Let what flies land, write it down, give back what was only reserved."""
        for _ in posters:
            self._ready.put(None)
        for thread in posters:
            thread.join()
        try:
            self._record()
            if self._reserved:
                release([row.id for row in self._reserved], worker=self.worker)
        finally:
            self._unlock()

    def _lock(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.account_id])
            return bool(cursor.fetchone()[0])

    def _unlock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, self.account_id])
