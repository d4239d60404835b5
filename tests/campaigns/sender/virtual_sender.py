"""A sender on a virtual clock, message by message, that claims as the real one does.

Every decision is the sender's own: `allowance`, `demand_of`, `Sharer.owed`, `deal`, `next_start`,
`slower` and `recovered`, asked with the state of a ledger kept in memory. What is virtual is the
rest: the clock, the ledger, the queue, and Spoki, which answers as the scenario says. So a day
passes in seconds, and what reached Spoki can be judged start by start.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.sender.allowance import (
    AccountState,
    People,
    Rolling,
    allowance,
    next_start,
    put_off,
)
from campaigns.sender.crowds import demand_of
from campaigns.sender.drain import POLL_SECONDS
from campaigns.sender.hours import WritingHours
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.rhythm import JITTER
from campaigns.sender.sharing import Sharer, deal
from campaigns.sender.speed import recovered, slower
from campaigns.sender.virtual import NEVER, Wave, World, Zone

POLL = timedelta(seconds=POLL_SECONDS)
TURN = timedelta(milliseconds=10)


@dataclass(frozen=True)
class Storm:
    """From `at` to `until` Spoki answers 429; `rest` is its Retry-After."""

    at: datetime
    until: datetime
    rest: timedelta | None = None


@dataclass(frozen=True)
class Stop:
    """The first start after `at` meets a paused template; a person resumes at `until`."""

    at: datetime
    until: datetime


@dataclass(frozen=True)
class Broadcast:
    people: dict
    start_at: datetime
    per_second: float | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Scenario:
    now: datetime
    hours: WritingHours
    order_hours: WritingHours
    broadcasts: tuple
    orders: tuple = ()
    storms: tuple = ()
    stops: tuple = ()
    per_minute: int = 100
    per_hour: int | None = None
    tier: int = 100_000
    margin: float = 0.05
    marketing_share: float = 0.8
    lease: float = 1.0
    policy: Policy = DEFAULT_POLICY
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Start:
    """One request that reached Spoki; `campaign` None = an order message, due at `due_at`."""

    at: datetime
    person: tuple
    campaign: int | None
    is_taken: bool
    due_at: datetime


class Window:
    """What was granted in the last `seconds` and the lease."""

    def __init__(self, code, limit, seconds, lease):
        self.code, self.limit, self.seconds = code, limit, seconds
        self.length = timedelta(seconds=seconds + lease)
        self.grants: deque[Any] = deque()
        self.used = 0

    def at(self, now):
        while self.grants and self.grants[0][0] <= now - self.length:
            self.used -= self.grants.popleft()[1]
        frees = self.grants[0][0] + self.length if self.grants else None
        return Rolling(self.code, self.limit, self.seconds, self.used, frees)

    def add(self, at, count):
        if count:
            self.grants.append((at, count))
            self.used += count


@dataclass
class Queue:
    """One campaign: who waits by time zone, in the order of the queue."""

    id: int
    broadcast: Broadcast
    zones: dict
    waiting: dict
    pace_at: datetime | None = None
    paused_until: datetime | None = None
    expired: int = 0

    @property
    def left(self):
        return sum(map(len, self.waiting.values()))

    def awake(self, now):
        if now < self.broadcast.start_at or (self.paused_until and now < self.paused_until):
            return []
        return [name for name, left in self.waiting.items() if left and self.zones[name].look(now)]

    def take(self, now, count):
        """Yield the next people, mixed as they wait."""
        for _ in range(count):
            names = [name for name in self.awake(now) if self.waiting[name]]
            if not names:
                return
            name = max(names, key=lambda zone: len(self.waiting[zone]))
            yield name, self.waiting[name].popleft()

    def expire(self, now):
        if self.broadcast.ends_at is not None and now >= self.broadcast.ends_at:
            self.expired += self.left
            for people in self.waiting.values():
                people.clear()


@dataclass
class VirtualSender:
    """Runs a scenario; `starts` is everything that reached Spoki, in the order of time."""

    plan: Scenario
    starts: list = field(default_factory=list)
    speed: float = 1.0
    changed_at: datetime | None = None
    frozen_until: datetime | None = None
    pace_at: datetime | None = None

    def __post_init__(self):
        plan = self.plan
        self.now = plan.now
        self.zones = {
            name: Zone(name, plan.hours) for one in plan.broadcasts for name in one.people
        }
        self.queues = [
            Queue(place, one, self.zones, {name: deque(range(n)) for name, n in one.people.items()})
            for place, one in enumerate(plan.broadcasts)
        ]
        self.orders = deque((due, number) for number, due in enumerate(sorted(plan.orders)))
        self.order_zone = Zone("Europe/Rome", plan.order_hours)
        self.minute = Window("minute_limit", plan.per_minute, 60.0, plan.lease)
        self.hour = Window("hour_limit", plan.per_hour, 3600.0, plan.lease)
        self.people = Window("people", plan.tier, 86_400.0, plan.lease)
        self.stops = deque(plan.stops)
        self.rng = random.Random(plan.seed)

    @property
    def left(self):
        return sum(queue.left for queue in self.queues)

    def run(self, *, until=NEVER):
        """Go on until nobody waits for anything, or to `until`."""
        while self.now < until and (self.orders or self.left):
            for queue in self.queues:
                queue.expire(self.now)
            again = self._claim()
            self.now = min(until, max(again, self.now + TURN))
        return self

    def state(self):
        """Return what a claim reads now."""
        plan, people = self.plan, self.people.at(self.now)
        return AccountState(
            template_minute=self.minute.at(self.now),
            text_minute=Rolling("text_minute_limit", 10**6, 60.0),
            hour=self.hour.at(self.now) if plan.per_hour else None,
            people=People(plan.tier, people.used, people.frees_at),
            margin=plan.margin,
            marketing_share=plan.marketing_share,
            lease_seconds=plan.lease,
            speed=recovered(
                self.speed, changed_at=self.changed_at, now=self.now, policy=plan.policy
            ),
            quality="green",
            templates_frozen_until=self.frozen_until,
            pace_at=self.pace_at,
        )

    def world(self):
        """Return the account as a forecast made now sees it."""
        return World(
            account=self.state(),
            hours=self.plan.hours,
            now=self.now,
            counted=tuple(self.people.grants),
            speed_changed_at=self.changed_at,
            order_hours=self.plan.order_hours,
            policy=self.plan.policy,
        )

    def waves(self):
        """Return the campaigns as a forecast made now sees them."""
        return [
            Wave(
                key=str(queue.id),
                people={name: len(left) for name, left in queue.waiting.items()},
                start_at=max(self.now, queue.broadcast.start_at),
                ends_at=queue.broadcast.ends_at,
                per_second=queue.broadcast.per_second,
            )
            for queue in self.queues
        ]

    def _claim(self):
        awake = {queue.id: queue.awake(self.now) for queue in self.queues}
        turns = [queue for queue in self.queues if awake[queue.id]]
        crowds = [q.zones[n].crowd(len(q.waiting[n])) for q in turns for n in awake[q.id]]
        demand = demand_of(crowds, now=self.now, spread=self.plan.policy.opening_spread)
        allowed = allowance(now=self.now, account=self.state(), demand=demand)
        urgent = self._start_orders(allowed)
        room = allowed.marketing_beside(templates=urgent, texts=0)
        started = self._start_marketing(turns, room, allowed)
        if turns and urgent and allowed.pace_per_second > 0:
            seconds = allowed.puts_off_by(templates=urgent, texts=0)
            self.pace_at = put_off(now=self.now, pace_at=self.pace_at, seconds=seconds)
        # Who started late may owe the next one at once.
        is_late = started > 0 and self.pace_at is not None and self.pace_at <= self.now
        is_hungry = bool(turns) and (started < allowed.marketing or is_late)
        return self._look_again(allowed, is_hungry=is_hungry)

    def _start_orders(self, allowed):
        most = min(allowed.orders, allowed.total, allowed.new_people)
        started = 0
        while self.orders and self.orders[0][0] <= self.now and started < most:
            if not self.order_zone.look(self.now):
                break
            due, number = self.orders.popleft()
            started += 1
            if not self._send(("order", number), None, due):
                self.orders.appendleft((due, number))
                break
        return started

    def _start_marketing(self, turns, room, allowed):
        turns = sorted(turns, key=lambda q: (q.pace_at is not None, q.pace_at or self.now))
        owed = {q.id: min(q.left, self._sharer(q).owed(now=self.now, due=room)) for q in turns}
        started = 0
        for place, count in deal(list(owed), owed, room).items():
            queue = self.queues[place]
            for zone, number in queue.take(self.now, count):
                started += 1
                if not self._send((queue.id, zone, number), queue, self.now):
                    queue.waiting[zone].appendleft(number)
            rate = queue.broadcast.per_second or allowed.pace_per_second
            queue.pace_at = self._next(queue.pace_at, rate, count)
        if started:
            self.pace_at = self._next(self.pace_at, allowed.pace_per_second, started)
        return started

    def _sharer(self, queue):
        return Sharer(queue.id, queue.pace_at, queue.broadcast.per_second)

    def _next(self, pace_at, rate, started):
        jitter = 1 + self.rng.uniform(-JITTER, JITTER)
        return next_start(
            now=self.now, pace_at=pace_at, per_second=rate, started=started, jitter=jitter
        )

    def _send(self, person, queue, due_at):
        """Grant, start within the lease, and take in Spoki's answer; return whether it took it."""
        self.minute.add(self.now, 1)
        self.hour.add(self.now, 1)
        at = self.now + timedelta(seconds=self.rng.uniform(0.0, min(0.2, self.plan.lease)))
        storm = next((s for s in self.plan.storms if s.at <= at < s.until), None)
        stop = self.stops[0] if queue and self.stops and self.stops[0].at <= at else None
        is_taken = storm is None and stop is None
        place = queue.id if queue else None
        self.starts.append(Start(at, person, place, is_taken, due_at))
        if is_taken:
            self.people.add(self.now, 1)
        elif storm is not None:
            self._slow_down(storm)
        else:
            queue.paused_until = self.stops.popleft().until
        return is_taken

    def _slow_down(self, storm):
        """As `pausing.slow_down` does: once per second, however many answers come."""
        policy = self.plan.policy
        rest = min(storm.rest or policy.default_rest, policy.longest_rest)
        self.frozen_until = max(self.frozen_until or self.now, self.now + rest)
        if self.changed_at is None or self.now - self.changed_at >= timedelta(seconds=1):
            now_at = recovered(self.speed, changed_at=self.changed_at, now=self.now, policy=policy)
            self.speed = slower(now_at, policy=policy)
        # Recovery begins when the rest is over.
        self.changed_at = self.frozen_until

    def _look_again(self, allowed, *, is_hungry):
        """Return when something can have changed: never later than the sender would look."""
        moments = [allowed.look_again_at, self.pace_at, self.frozen_until]
        moments += [order[0] + POLL for order in list(self.orders)[:1]]
        for queue in self.queues:
            if queue.left:
                moments += [queue.paused_until, queue.broadcast.start_at, queue.broadcast.ends_at]
                moments += [queue.zones[name].changes_at for name in queue.waiting]
        if self.orders:
            moments.append(self.order_zone.changes_at)
        if is_hungry:  # the orders took its turn, or a spread did not owe it yet
            moments.append(self.now + POLL)
        later = [moment for moment in moments if moment is not None and moment > self.now]
        return min(later, default=self.now + POLL)
