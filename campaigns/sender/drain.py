"""The drain loop: one per Spoki account, whoever runs it; all state is in the database.

    record what was answered → keep house → claim what may start → start it → POST

The main thread owns the only database connection; the hands only speak HTTP. An advisory lock keeps
a second drainer waiting as failover. It is not what makes the limits exact (the account's row lock
and the ledger are), nor what prevents doubles (each answer names the start that it answers):
whoever loses it stops, and harms nothing until then.
"""

import logging
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from operator import attrgetter
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError, connection

from campaigns.models import Campaign
from campaigns.policies import policy_in_force
from campaigns.routes import mark_broken
from campaigns.sender import housekeeping, ledger
from campaigns.sender.bulk import MOST_PER_CALL, Call, Called
from campaigns.sender.claim import Claim, Claimant, claim
from campaigns.sender.clock import CarriedClock
from campaigns.sender.clock_steps import StepWatch
from campaigns.sender.hands import Hands
from campaigns.sender.holds import Holds
from campaigns.sender.pausing import pause_campaigns_of_template
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.post import Packer, Parcel, Posted
from campaigns.sender.queue import QueueCounts
from campaigns.sender.record import record
from campaigns.sender.reserve import Reserved, release
from campaigns.sender.start import Starter, start
from campaigns.sender.ways import Ways, ways_now
from spoki import SpokiGateway

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x5E4D
# A new order message or reply is seen at the latest after this long.
POLL_SECONDS = 0.25
# Outcomes and starts are grouped: the first answer waits this long for company, unless nobody flies
# any more before.
TURN_SECONDS = 0.025
# What a person changed (a template, a campaign's version) is looked at this often.
JUDGE_SECONDS = 1.0
HOUSE_SECONDS = 1.0
GRANTS_SECONDS = 600.0
# Reserving ahead is safe (a lease), starting ahead is not. As much is reserved as was answered in
# the last third of a second, so that the lease never runs out where Spoki is slow.
RESERVE_SECONDS = 0.3
RECONNECT_SECONDS = 1.0
# The connection to the database broke; everything else is a bug and is not hidden.
_LOST = (OperationalError, InterfaceError)


@dataclass(slots=True)
class Drain:
    """One run of the loop. `stop` ends it gracefully: what flies is awaited and recorded."""

    account_id: int
    gateway: Callable[[], SpokiGateway]
    stop: threading.Event
    threads: int = 64
    allowlist: frozenset[str] = frozenset()
    undecided_after: timedelta = timedelta(seconds=60)
    rng: random.Random = field(default_factory=random.Random)
    worker: UUID = field(default_factory=uuid4)
    _hands: Hands = field(init=False)
    _answers: deque[Posted] = field(default_factory=deque)
    _called: deque[Called] = field(default_factory=deque)
    # An answer came; so many came that a turn is worth it.
    _answered: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _reserved: deque[Reserved] = field(default_factory=deque)
    _flying: dict[int, float] = field(default_factory=dict)
    _counts: QueueCounts = field(default_factory=QueueCounts)
    _holds: Holds = field(default_factory=Holds)
    _packer: Packer = field(default_factory=Packer)
    _claim_after: float = 0.0
    _house_after: float = 0.0
    _judge_after: float = 0.0
    _grants_after: float = 0.0
    _speed: float = 0.0
    _measured_at: float = field(default_factory=time.monotonic)
    _last_claim: Claim | None = None
    _policy: Policy = DEFAULT_POLICY
    _clock: CarriedClock = field(default_factory=CarriedClock)
    # Calls of automations in flight, by route; each keeps one hand busy.
    _calls: dict[int, Call] = field(default_factory=dict)
    _ways: Ways = field(default_factory=Ways)
    _steps: StepWatch = field(default_factory=StepWatch)
    # Somebody else has the lock: another drainer, or the session that we lost and that lives on.
    _is_ousted: bool = False

    def run(self, *, seconds: float | None = None, until_idle: bool = False) -> bool:
        """Drain until `stop`, for `seconds`, or until no campaign is at work and nothing is due.

        Returns False at once if another drainer is at work, and as soon as it finds that one has
        taken over while the database was away.

        :raises Exception: whatever building a client raises, before anything was reserved.
        """
        if not self._lock():
            return False
        try:
            self._hands = Hands(self.gateway, self, most=self.threads)
        except BaseException:
            self._unlock()
            raise
        try:
            self._loop(None if seconds is None else time.monotonic() + seconds, until_idle)
        finally:
            self._finish()
        return not self._is_ousted

    def _loop(self, until: float | None, until_idle: bool) -> None:
        while not self.stop.is_set() and (until is None or time.monotonic() < until):
            if until_idle and self._is_idle():
                return
            try:
                self._turn()
            except _LOST:
                logger.exception("the database is away, waiting for it")
                if not self._reconnect():
                    return
            else:
                self._rest()

    def _is_idle(self) -> bool:
        busy = self._flying or self._reserved or self._calls
        return not busy and self._last_claim is not None and self._last_claim.is_idle

    def _turn(self) -> None:
        self._record()
        now = time.monotonic()
        if now >= self._house_after:
            self._keep_house()
        if self._wants_rows() and now >= self._claim_after:
            self._claim()
        if self._free > 0 and self._reserved:
            self._start(min(self._free, self._batch))

    @property
    def _free(self) -> int:
        """How many hands have nothing to post."""
        return self.threads - len(self._flying) - len(self._calls)

    @property
    def _batch(self) -> int:
        """Return how many a turn starts: half of them fly while the other half is written down."""
        return max(1, self.threads // 2)

    def _wants_rows(self) -> bool:
        return len(self._reserved) < max(self._free, 1)

    def _rest(self) -> None:
        """Sleep until enough answers came, a claim or the house is due, or somebody stops us.

        A turn costs the same statements for one answer as for thirty, so the first answer waits a
        little for others: for a batch, until everybody is back, or for `TURN_SECONDS`.
        """
        if self._reserved and self._free > 0:
            return
        claim_after = self._claim_after if self._wants_rows() else math.inf
        due = min(claim_after, self._house_after) - time.monotonic()
        if self._answered.wait(max(0.0, min(due, POLL_SECONDS))):
            self._wake.wait(TURN_SECONDS)
        self._answered.clear()
        self._wake.clear()

    def _claim(self) -> None:
        began = time.monotonic()
        capacity = self._capacity(began)
        if capacity <= 0:
            self._claim_after = began + POLL_SECONDS
            return
        if began >= self._judge_after:
            self._judge_templates()
            self._ways = ways_now(self.account_id)
            self._judge_after = began + JUDGE_SECONDS
        found = claim(self._claimant(began), capacity=capacity)
        # An order message passes the marketing that is reserved already.
        singles = [row for row in found.rows if not row.route_id]
        self._reserved = deque(sorted((*self._reserved, *singles), key=attrgetter("lane")))
        self._last_claim = found
        self._start_calls([row for row in found.rows if row.route_id])
        wait = POLL_SECONDS
        if found.look_again_at is not None:
            wait = min(wait, (found.look_again_at - found.now).total_seconds())
        self._claim_after = began + max(0.0, wait) if len(found.rows) < capacity else 0.0

    def _capacity(self, now: float) -> int:
        """Return how many more rows to reserve: free hands, and a little ahead at full speed."""
        is_slow = now - self._measured_at > 1.0
        ahead = 0 if is_slow else int(self._speed * RESERVE_SECONDS)
        return self._free + ahead - len(self._reserved)

    def _claimant(self, now: float) -> Claimant:
        late = sum(start_by < now for start_by in self._flying.values())
        called = [row for call in self._calls.values() for row in call.rows]
        late_automations = sum(row.start_by < now for row in called)
        held = self._holds.known(now=self._clock())
        return Claimant(
            self.account_id,
            self.worker,
            self._counts,
            self.rng,
            held,
            late,
            self._policy,
            self._steps,
            late_automations,
            replace(self._ways, busy=self._busy_routes()),
        )

    def _busy_routes(self) -> frozenset[int]:
        """Return the routes that may not begin a call: one in flight each, and a hand for each."""
        ids = {route.id for route in self._ways.routes.values()}
        resting = sorted(ids - self._calls.keys())
        return frozenset(ids - set(resting[: max(0, self._free)]))

    def _judge_templates(self) -> None:
        """Pause the campaigns whose template a person must look at; a stale one only waits."""
        sending = Campaign.objects.filter(status=Campaign.Status.SENDING)
        versions = sending.exclude(template_version=None).values_list(
            "template_version_id", flat=True
        )
        for version_id, hold in self._holds.of(versions, now=self._clock()).items():
            if not hold.is_stale:
                pause_campaigns_of_template(
                    version_id=version_id, code=hold.pause_code, detail=hold.code
                )

    def _start_calls(self, rows: Sequence[Reserved]) -> None:
        """Start a call per route for what was just reserved: never more than one in flight."""
        by_id = {route.id: route for route in self._ways.routes.values()}
        for route_id in sorted({row.route_id for row in rows}):
            batch = [row for row in rows if row.route_id == route_id]
            started = start(batch, self._starter())
            if started.rows:
                call = Call(by_id[route_id], tuple(started.rows), self._policy)
                self._calls[route_id] = call
                self._hands.call(call)

    def _starter(self) -> Starter:
        return Starter(
            self.account_id, self.worker, self.allowlist, self._holds, self._policy, self._clock
        )

    def _start(self, free: int) -> None:
        batch = [self._reserved.popleft() for _ in range(min(free, len(self._reserved)))]
        bodies = self._packer.pack(batch)
        started = start(batch, self._starter())
        for row in started.rows:
            self._flying[row.id] = row.start_by
            self._hands.post(Parcel(row, bodies[row.id], self._policy))
        if started.skipped:
            self._claim_after = 0.0

    def _record(self) -> None:
        # Looked at first: the rows of these calls are among the answers, or recorded already.
        ended = list(self._called)
        batch = [self._answers.popleft() for _ in range(len(self._answers))]
        if batch:
            try:
                record(batch, account_id=self.account_id, policy=self._policy)
            except _LOST:
                # It may have been written or not: writing it again is harmless.
                self._answers.extendleft(reversed(batch))
                raise
            for posted in batch:
                self._flying.pop(posted.row.id, None)
            self._measure(len(batch))
        for called in ended:
            self._end_call(called)
            self._called.popleft()

    def _end_call(self, called: Called) -> None:
        """Let the next call of the route go, or take a route that was refused out of service."""
        route_id = called.call.route.id
        self._calls.pop(route_id, None)
        if called.broken:
            mark_broken(route_id=route_id, code=called.broken, now=self._clock())
            self._ways = ways_now(self.account_id)
        if called.broken or len(called.call.rows) >= MOST_PER_CALL:
            self._claim_after = 0.0

    def _measure(self, answered: int) -> None:
        """Keep the recent speed in answers per second, smoothed over about a second."""
        now = time.monotonic()
        elapsed = max(0.001, now - self._measured_at)
        weight = min(1.0, elapsed)
        self._speed += (answered / elapsed - self._speed) * weight
        self._measured_at = now

    def _keep_house(self) -> None:
        self._policy = policy_in_force()
        self._holds.fresh = self._policy.template_fresh
        now = ledger.database_now()
        housekeeping.keep_house(
            account_id=self.account_id,
            undecided_after=self.undecided_after,
            now=now,
            policy=self._policy,
        )
        if self._last_claim is not None:
            housekeeping.write_report(
                account_id=self.account_id,
                waits=self._last_claim.waits,
                look_again_at=self._last_claim.look_again_at,
                now=now,
            )
        self._house_after = time.monotonic() + HOUSE_SECONDS
        if time.monotonic() >= self._grants_after:
            housekeeping.forget_old_grants(account_id=self.account_id, now=now)
            self._grants_after = time.monotonic() + GRANTS_SECONDS

    def answered(self, posted: Posted) -> None:
        """Take what came of a message, in whichever thread that was found out."""
        self._answers.append(posted)
        self._tell()

    def called(self, called: Called) -> None:
        """Take what came of a call: its rows first, so that whoever sees it finds them all."""
        self._answers.extend(called.posted)
        self._called.append(called)
        self._tell()

    def _tell(self) -> None:
        self._answered.set()
        if len(self._answers) >= min(self._batch, len(self._flying)):
            self._wake.set()

    def _finish(self) -> None:
        """Give back what was only reserved, let the next drainer in, and write what still lands."""
        try:
            self._insist(self._let_go)
        finally:
            self._hands.close()
            self._insist(self._record)

    def _let_go(self) -> None:
        release([row.id for row in self._reserved], worker=self.worker)
        self._unlock()

    def _insist(self, step: Callable[[], None]) -> None:
        """Do one last step, waiting for the database as long as an answer could still matter."""
        until = time.monotonic() + self.undecided_after.total_seconds()
        pause = threading.Event()
        while True:
            try:
                step()
            except _LOST:
                if time.monotonic() > until:
                    raise
                logger.exception("the database is away at the end of a turn")
                connection.close()
                pause.wait(RECONNECT_SECONDS)
            else:
                return

    def _reconnect(self) -> bool:
        """Wait for the database; False if stopped, or if another drainer has taken over."""
        while not self.stop.wait(RECONNECT_SECONDS):
            connection.close()
            try:
                self._is_ousted = not self._lock()
            except _LOST:
                continue
            return not self._is_ousted
        return False

    def _lock(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.account_id])
            return bool(cursor.fetchone()[0])

    def _unlock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, self.account_id])
