"""The claim: one short transaction that asks the allowance, and reserves and grants as many rows.

Replies and order messages are taken first, always; marketing takes what its even pace owes, shared
among the campaigns that wait longest.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Grant, Lane, OutboundMessage, SpokiAccount
from campaigns.sender import ledger, people
from campaigns.sender.allowance import (
    CALL_CATCH_UP_SECONDS,
    CATCH_UP_SECONDS,
    Allowance,
    Wait,
    allowance,
)
from campaigns.sender.bulk import MOST_PER_CALL
from campaigns.sender.clock_steps import StepWatch
from campaigns.sender.crowds import demand_of, is_opening
from campaigns.sender.holds import Hold
from campaigns.sender.hours import WritingHours, zone_named
from campaigns.sender.limits import marketing_hours
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.queue import (
    Backlog,
    QueueCounts,
    Source,
    marketing_backlog,
    urgent_zones,
)
from campaigns.sender.reserve import ALL_URGENT, ORDERS, REPLIES, Reservations, Reserved
from campaigns.sender.rhythm import Rhythm
from campaigns.sender.sharing import Sharer, deal, pace_waits, spread_rate
from campaigns.sender.streams import Stream
from campaigns.sender.ways import Ways


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: rows to start, and what the sender waits for."""

    rows: tuple[Reserved, ...]
    waits: tuple[Wait, ...]
    look_again_at: datetime | None
    now: datetime
    # Nothing is due and no campaign is at work, awake or asleep.
    is_idle: bool = False
    pace_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: its name on the leases, what it knows of the queue, and its dice.

    `late` are its requests without an answer whose lease is over (see `ledger.read_state`).
    """

    account_id: int
    worker: UUID
    counts: QueueCounts
    rng: random.Random
    held: Mapping[int, Hold] = field(default_factory=dict)
    late: int = 0
    policy: Policy = DEFAULT_POLICY
    steps: StepWatch = field(default_factory=StepWatch)
    late_automations: int = 0
    ways: Ways = field(default_factory=Ways)


def claim(claimant: Claimant, *, capacity: int) -> Claim:
    """Reserve up to `capacity` rows that may start now, the most urgent first."""
    claimant.counts.refresh()
    began = time.monotonic()
    with transaction.atomic():
        account = ledger.lock_account(claimant.account_id)
        now = claimant.steps.now(account)
        hours = marketing_hours(account, claimant.policy)
        backlog = marketing_backlog(
            now=now, hours=hours, counts=claimant.counts, held=claimant.held
        )
        state = ledger.read_state(
            account,
            now=now,
            late=claimant.late,
            late_automations=claimant.late_automations,
            policy=claimant.policy,
        )
        if backlog.is_yellow and state.quality in {"green", "unknown"}:
            state = replace(state, quality="yellow")
        zones = urgent_zones(account, now=now)
        awake, is_opening = _awake(zones, account, claimant.policy, now=now)
        demand = demand_of(backlog.crowds, now=now, spread=claimant.policy.opening_spread)
        demand = replace(demand, orders_opening=is_opening)
        allowed = allowance(now=now, account=state, demand=demand)
        rhythm = Rhythm(account, now, claimant.rng)
        turn = _Turn(account, claimant, now, began + account.lease_seconds, rhythm)
        rows = turn.take_urgent(awake, allowed, capacity) if zones else []
        rows += turn.take_marketing(backlog, allowed, rows, capacity)
        rows = turn.grant(rows)
    is_idle = not rows and not zones and not backlog.is_at_work
    paces = _pace_and_limits(allowed, backlog, claimant.ways)
    waits = (*paces, *backlog.waits, *turn.waits)
    again_at = _earliest(allowed, backlog, account, rows)
    return Claim(tuple(rows), waits, again_at, now, is_idle, allowed.pace_per_second)


def _pace_and_limits(allowed: Allowance, backlog: Backlog, ways: Ways) -> list[Wait]:
    """Return what holds everybody; a campaign that has its own pace is not told the account's."""
    plain = [
        _sharer(c, ways)
        for c in backlog.campaigns
        if ways.of(c) is None and not _is_brief(c, allowed.pace_per_second)
    ]
    called = [_sharer(c, ways) for c in backlog.campaigns if ways.of(c) is not None]
    rate = allowed.automation_pace_per_second
    paces = pace_waits(plain, allowed.pace_per_second) + pace_waits(called, rate)
    is_told = bool(paces or called)
    limits = [wait for wait in allowed.waits if not (is_told and wait.code == "even_pace")]
    if called and rate:
        limits.append(Wait("automation_pace", {"per_minute": round(rate * 60, 1)}))
    return limits + paces


def _awake(
    zones: list[str], account: SpokiAccount, policy: Policy, *, now: datetime
) -> tuple[list[str], bool]:
    """Return which of `zones` may get order messages now, and whether one has just opened."""
    hours = WritingHours.parse(account.transactional_hours)
    awake = [zone for zone in zones if hours.is_open(now, zone_named(zone))]
    return awake, is_opening(awake, now=now, hours=hours, spread=policy.opening_spread)


def _marketing_room(allowed: Allowance, urgent: Sequence[Reserved], capacity: int) -> int:
    """Return how many marketing messages may still start beside the urgent ones just taken."""
    texts = sum(row.kind == Grant.Kind.TEXT for row in urgent)
    free = allowed.marketing_beside(templates=len(urgent) - texts, texts=texts)
    return max(0, min(free, capacity - len(urgent)))


def _puts_off_by(allowed: Allowance, urgent: Sequence[Reserved]) -> float:
    texts = sum(row.kind == Grant.Kind.TEXT for row in urgent)
    return allowed.puts_off_by(templates=len(urgent) - texts, texts=texts)


@dataclass(slots=True)
class _Turn:
    """One claim at work: the locked account, who reserves, and the moment."""

    account: SpokiAccount
    claimant: Claimant
    now: datetime
    start_by: float
    rhythm: Rhythm
    waits: list[Wait] = field(default_factory=list)

    @property
    def _reservations(self) -> Reservations:
        claimant = self.claimant
        return Reservations(
            self.account, claimant.worker, self.now, claimant.held.keys(), claimant.policy
        )

    def take_urgent(self, awake: list[str], allowed: Allowance, capacity: int) -> list[Reserved]:
        """Reserve replies, then order messages to people in zones that are `awake`."""
        strangers = allowed.new_people or allowed.templates
        templates, orders = (min(n, strangers) for n in (allowed.templates, allowed.orders))
        asked = [("text", ALL_URGENT, allowed.texts), ("template", ALL_URGENT, templates)]
        if orders < templates:
            asked[1:] = [("template", REPLIES, templates), ("template", ORDERS, orders)]
        rows: list[Reserved] = []
        for kind, lanes, most in asked:
            taken = sum(row.kind == kind for row in rows)
            limit = min(most - taken, capacity - len(rows), allowed.total - len(rows))
            if limit > 0:
                rows += self._reservations.take_urgent(
                    kind=kind,
                    lanes=lanes,
                    zones=awake,
                    limit=limit,
                    new_people=allowed.new_people > 0,
                )
        return rows

    def take_marketing(
        self, backlog: Backlog, allowed: Allowance, urgent: Sequence[Reserved], capacity: int
    ) -> list[Reserved]:
        """Reserve what the even paces owe: of `messages/send`, and of the automations beside it."""
        ways = self.claimant.ways
        plain = [c for c in backlog.campaigns if ways.of(c) is None]
        due = _marketing_room(allowed, urgent, capacity)
        rows = self._share(plain, backlog, due, allowed.pace_per_second)
        self.rhythm.of_account(rate=allowed.pace_per_second, started=len(rows))
        if backlog.campaigns and allowed.pace_per_second > 0:
            self.rhythm.put_off(_puts_off_by(allowed, urgent))
        called = self._take_automations(backlog, allowed, len(urgent), len(rows))
        self.rhythm.write()
        return [*rows, *called]

    def _take_automations(
        self, backlog: Backlog, allowed: Allowance, urgent: int, marketing: int
    ) -> list[Reserved]:
        """Reserve for one call at most per route; a route whose call is in flight waits for it."""
        ways = self.claimant.ways
        routes = {c.pk: route for c in backlog.campaigns if (route := ways.of(c)) is not None}
        free = [c for c in backlog.campaigns if c.pk in routes and routes[c.pk].id not in ways.busy]
        due = min(MOST_PER_CALL, allowed.automations_beside(urgent=urgent, marketing=marketing))
        rate = allowed.automation_pace_per_second
        rows = self._share(free, backlog, due, rate) if free else []
        self.rhythm.of_automations(rate=rate, started=len(rows))
        return [replace(row, route_id=routes[row.campaign_id or 0].id) for row in rows]

    def _share(
        self, campaigns: Sequence[Source], backlog: Backlog, due: int, pace: float
    ) -> list[Reserved]:
        """Reserve up to `due` rows, shared among the campaigns that wait longest.

        What one campaign cannot use (its people were written to seconds ago) goes to the others.
        """
        rows: list[Reserved] = []
        sharers = {c.pk: _sharer(c, self.claimant.ways) for c in campaigns}
        owed = {pk: self._owed(one, due, backlog) for pk, one in sharers.items()}
        at_work = {campaign.pk: campaign for campaign in campaigns}
        while due > 0 and (shares := deal(list(at_work), owed, due)):
            for pk, quota in shares.items():
                campaign = at_work[pk]
                zones = backlog.zones_of(campaign.pk)
                found = self._reservations.take_marketing(campaign, zones=zones, limit=quota)
                if gate := backlog.gates.get(campaign.pk):
                    gate.note([row.id for row in found])
                sharer = sharers[pk]
                self.rhythm.of_campaign(
                    campaign,
                    rate=sharer.per_second or pace,
                    started=len(found),
                    catch_up=sharer.catch_up,
                )
                rows += found
                due -= len(found)
                owed[campaign.pk] -= len(found)
                if len(found) < quota:
                    owed[campaign.pk] = 0
                if not found and not any(_is_of(row, campaign) for row in rows):
                    # They are due and awake: each was written to seconds ago, or is just now.
                    self.waits.append(Wait("person_gap", {"campaign": campaign.pk}))
        return rows

    def grant(self, rows: list[Reserved]) -> list[Reserved]:
        """Write the grants for `rows` and count their people.

        Return the rows with their grant, the most urgent first.
        """
        grants = {
            kind: ledger.grant(self.account, kind=kind, count=count, at=self.now).pk
            for kind, count in Counter(row.grant_kind for row in rows).items()
        }
        templates = [row for row in rows if row.kind == OutboundMessage.Kind.TEMPLATE]
        people.add(self.account, self._outside_windows(templates), at=self.now)
        urgent_first = sorted(rows, key=lambda row: row.lane)
        return [self._granted(row, grants[row.grant_kind]) for row in urgent_first]

    def _owed(self, sharer: Sharer, due: int, backlog: Backlog) -> int:
        """Return how many starts its share owes, never more than its first share has room for."""
        gate = backlog.gates.get(sharer.id)
        owed = sharer.owed(now=self.now, due=due)
        return owed if gate is None else min(owed, gate.room)

    def _granted(self, row: Reserved, grant_id: int) -> Reserved:
        is_paced = row.lane == Lane.MARKETING
        paced, campaign_paced = self.rhythm.paid_for(row) if is_paced else (0.0, 0.0)
        return replace(
            row,
            grant_id=grant_id,
            granted_at=self.now,
            start_by=self.start_by,
            paced=paced,
            campaign_paced=campaign_paced,
        )

    def _outside_windows(self, rows: Sequence[Reserved]) -> list[str]:
        """Return the phones that count against the tier: no window is open with them."""
        if not rows:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT contact_id, number_id FROM campaigns_conversationwindow "
                "WHERE contact_id = ANY(%s) AND closes_at > %s",
                [[row.contact_id for row in rows], self.now],
            )
            open_pairs = set(cursor.fetchall())
        return [r.phone for r in rows if (r.contact_id, r.number_id) not in open_pairs]


def _sharer(campaign: Source, ways: Ways) -> Sharer:
    rate = spread_rate(people=campaign.total, hours=float(campaign.spread_hours))
    catch_up = CATCH_UP_SECONDS if ways.of(campaign) is None else CALL_CATCH_UP_SECONDS
    return Sharer(
        campaign.pk, campaign.pace_at, rate, catch_up, is_flow=isinstance(campaign, Stream)
    )


def _is_brief(source: Source, per_second: float) -> bool:
    """Return whether it is a flow that soon has nothing more to send: nobody need be told of it."""
    return isinstance(source, Stream) and sum(source.waiting.values()) < per_second * 60


def _is_of(row: Reserved, source: Source) -> bool:
    if isinstance(source, Stream):
        mine = (source.template_version_id, source.number_id)
        return row.campaign_id is None and mine == (row.template_version_id, row.number_id)
    return row.campaign_id == source.pk


def _earliest(
    allowed: Allowance, backlog: Backlog, account: SpokiAccount, rows: Sequence[Reserved]
) -> datetime | None:
    """Return when the next claim may bring more: a window frees, people wake, the pace goes on.

    A pace of which nobody took what it owes (a campaign's own spread, a call in flight, people who
    were written to seconds ago) names no moment: asking again at once would bring as little.
    """
    moments = [allowed.look_again_at, backlog.opens_at]
    if any(row.lane == Lane.MARKETING and not row.route_id for row in rows):
        moments.append(account.pace_at)
    return min((moment for moment in moments if moment is not None), default=None)
