"""Pure: the sender's own rules on a virtual clock that moves by the minute.

Every minute asks `marketing_pace`, the hours and the tier exactly as a claim does, shares what may
leave among the campaigns at work, and counts people by time zone. Where nobody may be written to
the clock jumps to the next moment at which that can change. Work and memory grow with the minutes
of the plan, not with its people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from campaigns.outlook import Outlook, Rest
from campaigns.sender.allowance import (
    AccountState,
    People,
    marketing_pace,
)
from campaigns.sender.crowds import demand_of
from campaigns.sender.hours import zone_named
from campaigns.sender.lane import Lane
from campaigns.sender.present import Present
from campaigns.sender.sharing import deal
from campaigns.sender.speed import recovered
from campaigns.sender.virtual import NEVER, PeopleCounted, Wave, World, Zone

# Beyond this nobody plans: the answer is "not within a year".
HORIZON = timedelta(days=366)
# Steps begin at whole multiples of their length since then.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Order messages are written to where the shop sells.
ROME = "Europe/Rome"
# Quality at which no marketing leaves until a person or Meta has changed it.
STOPPED_BY = frozenset({"red", "unreadable"})


def foresee(
    world: World,
    waves: Sequence[Wave],
    *,
    until: datetime | None = None,
    step: timedelta = timedelta(minutes=1),
) -> dict[str, Outlook]:
    """Return the outlook of each wave by its key, all of them sharing the account.

    The clock runs from `world.now` until nobody waits, or to `until` (at most a year). `step` is
    its grain: the curve is as fine as that, the end is exact within it.
    """
    run = _Run(world, waves, step)
    run.to(until or world.now + HORIZON)
    return {lane.wave.key: lane.outlook(run.rests, run.why) for lane in run.lanes}


class _Run:
    """All waves on one clock."""

    def __init__(self, world: World, waves: Sequence[Wave], step: timedelta) -> None:
        self._world = world
        self._step = step
        self._zones = {
            name: Zone(name, world.hours) for wave in waves for name in sorted(wave.people)
        }
        self.lanes = [Lane(wave, self._zones) for wave in waves]
        self.rests: list[Rest] = []
        self._people = PeopleCounted(world)
        self._carried = {False: 0.0, True: 0.0}
        self._present = {by: Present(world.account, by_automation=by) for by in (False, True)}
        # The speed comes back from the end of a rest on.
        freezes = (world.account.frozen_until, world.account.templates_frozen_until)
        slowed = [moment for moment in (world.speed_changed_at, *freezes) if moment]
        self._slowed_at = max(slowed) if world.speed_changed_at else None
        self._orders = 0.0
        self._turn = 0

    def to(self, until: datetime) -> None:
        """Run until nobody waits, nothing can change any more, or `until`."""
        at = self._start(until)
        while at < until and self._expire(at):
            if sum(lane.look(at) for lane in self.lanes):
                end = min(self._end_of_step(at), until)
                stuck = self._send(at, end)
                at = self._rest(at, min(until, self._next_chance(at)), stuck) if stuck else end
            else:
                at = self._rest(at, min(until, self._next_change(at)), self._asleep(at))

    @property
    def why(self) -> str:
        """Return what keeps those who are left: the hours only where nothing else ever did."""
        codes = [rest.code for rest in self.rests]
        return next(
            (code for code in reversed(codes) if code != "quiet_hours"),
            (codes[-1:] and codes[-1]) or "",
        )

    def _start(self, until: datetime) -> datetime:
        """Return when the account may start anything; `until` where a person has to judge first."""
        account = self._world.account
        if account.pause_code:
            return self._rest(self._world.now, until, "account_paused")
        freezes = (account.frozen_until, account.templates_frozen_until)
        frozen = max((moment for moment in freezes if moment), default=self._world.now)
        if frozen > self._world.now:
            return self._rest(self._world.now, min(frozen, until), "frozen")
        return self._world.now

    def _rest(self, at: datetime, until: datetime, code: str) -> datetime:
        """Note that nothing leaves until then, and return that moment."""
        if self.rests and self.rests[-1].code == code and self.rests[-1].until == at:
            at = self.rests.pop().at
        self.rests.append(Rest(at, until, code))
        return until

    def _asleep(self, at: datetime) -> str:
        """Return why nobody may be written to at `at`, though some wait."""
        waiting = [lane for lane in self.lanes if lane.waiting]
        if any(lane.wakes_at(at) <= at for lane in waiting):
            return "quiet_hours"
        is_early = all(lane.wave.start_at > at for lane in waiting)
        return "send_after" if is_early else "canary_hold"

    def _expire(self, at: datetime) -> bool:
        for lane in self.lanes:
            lane.expire(at)
        return any(lane.waiting for lane in self.lanes)

    def _send(self, at: datetime, end: datetime) -> str:
        """Send what the step allows by both routes; return why nothing may leave at all, else ""."""
        open_lanes = [lane for lane in self.lanes if lane.open_people]
        stuck = []
        for by_automation in (False, True):
            lanes = [lane for lane in open_lanes if lane.wave.by_automation == by_automation]
            if lanes:
                stuck.append(self._send_by(at, end, lanes, by_automation=by_automation))
        self._expect_orders(at, end)
        return stuck[0] if all(stuck) else ""

    def _send_by(
        self, at: datetime, end: datetime, lanes: Sequence[Lane], *, by_automation: bool
    ) -> str:
        account = self._account(at, by_automation=by_automation)
        slots = account.people.left_for_marketing(account.marketing_share)
        pace = self._pace(at, end, account, lanes)
        if slots <= 0:
            return "daily_limit"
        if pace <= 0:
            return f"quality_{account.quality}" if account.quality in STOPPED_BY else "minute_limit"
        present = self._present[by_automation]
        begins = min(end, present.begins(at))
        seconds = (end - begins).total_seconds()
        due = present.most(begins, end, per_second=pace)
        may = min(self._carried[by_automation] + due, float(slots))
        shares = self._deal(lanes, seconds, int(may + 1e-9))
        sent = sum(shares.values())
        self._carried[by_automation] = min(1.0, may - sent)
        last = min(end, present.take(begins, sent, per_second=pace))
        for place, count in shares.items():
            lanes[place].take(at, count, last)
        self._people.add(end, sent)
        return ""

    def _deal(self, lanes: Sequence[Lane], seconds: float, due: int) -> dict[int, int]:
        """Share the starts as a claim does; who was first in this step is last in the next one."""
        places = range(len(lanes))
        self._turn += 1
        first = self._turn % len(lanes)
        order = [*places[first:], *places[:first]]
        return deal(order, {place: lanes[place].room(seconds) for place in places}, due)

    def _pace(
        self, at: datetime, end: datetime, account: AccountState, lanes: Iterable[Lane]
    ) -> float:
        """Return the pace of marketing in the middle of the step, less the orders expected."""
        middle = at + (end - at) / 2
        crowds = [crowd for lane in lanes for crowd in lane.crowds()]
        spread = self._world.policy.opening_spread
        demand = demand_of(crowds, now=middle, spread=spread)
        pace = marketing_pace(now=middle, account=account, demand=demand)
        room = account.even_pace(account.template_minute) - self._orders_per_second(at)
        return max(0.0, min(pace, room))

    def _account(self, at: datetime, *, by_automation: bool) -> AccountState:
        account = self._world.account
        people = People(account.people.limit, self._people.at(at))
        speed = recovered(
            account.speed, changed_at=self._slowed_at, now=at, policy=self._world.policy
        )
        minute = account.template_minute
        if by_automation:
            limit = self._world.automations_per_minute
            minute = replace(minute, limit=limit, has_orders=False)
        return replace(account, people=people, speed=speed, template_minute=minute)

    def _orders_per_second(self, at: datetime) -> float:
        if not self._world.orders_per_minute:
            return 0.0
        hours = self._world.order_hours
        is_open = hours is None or hours.is_open(at, zone_named(ROME))
        return self._world.orders_per_minute / 60 if is_open else 0.0

    def _expect_orders(self, at: datetime, end: datetime) -> None:
        self._orders += self._orders_per_second(at) * (end - at).total_seconds()
        self._people.add(end, int(self._orders))
        self._orders -= int(self._orders)

    def _end_of_step(self, at: datetime) -> datetime:
        # In whole microseconds: a remainder in floating point may leave a step without length.
        begun = (at - EPOCH) % self._step
        return min(at + self._step - begun, self._next_change(at))

    def _next_change(self, at: datetime) -> datetime:
        """Return when a zone opens or closes, a wave starts, goes on or ends."""
        changes = [NEVER]
        for lane in self.lanes:
            if lane.waiting:
                changes += [lane.wakes_at(at), lane.wave.ends_at or NEVER]
                changes += [zone.changes_at for zone in lane.zones if zone.changes_at > at]
        return min(change for change in changes if change > at)

    def _next_chance(self, at: datetime) -> datetime:
        """Return when something may leave after nothing could: people are free, or a change."""
        return min(max(self._people.frees_at(), at + self._step), self._next_change(at))
