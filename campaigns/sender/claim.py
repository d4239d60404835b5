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

from campaigns.models import Campaign, Grant, Lane, SpokiAccount
from campaigns.sender import ledger, people
from campaigns.sender.allowance import (
    Allowance,
    Wait,
    allowance,
)
from campaigns.sender.clock_steps import StepWatch
from campaigns.sender.crowds import demand_of, is_opening
from campaigns.sender.holds import Hold
from campaigns.sender.hours import WritingHours, zone_named
from campaigns.sender.limits import marketing_hours
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.queue import Backlog, QueueCounts, marketing_backlog, urgent_zones
from campaigns.sender.reserve import ALL_URGENT, ORDERS, REPLIES, Reservations, Reserved
from campaigns.sender.rhythm import Rhythm
from campaigns.sender.sharing import Sharer, deal, pace_waits, spread_rate


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
        state = ledger.read_state(account, now=now, late=claimant.late, policy=claimant.policy)
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
        rows += turn.take_marketing(backlog, allowed, _marketing_room(allowed, rows, capacity))
        rows = turn.grant(rows)
    is_idle = not rows and not zones and not backlog.is_at_work
    waits = (*_pace_and_limits(allowed, backlog), *backlog.waits, *turn.waits)
    again_at = _earliest(allowed, backlog, account)
    return Claim(tuple(rows), waits, again_at, now, is_idle, allowed.pace_per_second)


def _pace_and_limits(allowed: Allowance, backlog: Backlog) -> list[Wait]:
    """Return what holds everybody; a campaign that has its own pace is not told the account's."""
    paces = pace_waits([_sharer(c) for c in backlog.campaigns], allowed.pace_per_second)
    limits = [wait for wait in allowed.waits if not (paces and wait.code == "even_pace")]
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

    def take_marketing(self, backlog: Backlog, allowed: Allowance, due: int) -> list[Reserved]:
        """Reserve what the even pace owes, shared among the campaigns that wait longest.

        What one campaign cannot use (its people were written to seconds ago) goes to the others.
        """
        rows: list[Reserved] = []
        owed = {c.pk: self._owed(c, due, backlog) for c in backlog.campaigns}
        at_work = {campaign.pk: campaign for campaign in backlog.campaigns}
        while due > 0 and (shares := deal(list(at_work), owed, due)):
            for pk, quota in shares.items():
                campaign = at_work[pk]
                zones = backlog.zones_of(campaign.pk)
                found = self._reservations.take_marketing(campaign, zones=zones, limit=quota)
                if gate := backlog.gates.get(campaign.pk):
                    gate.note([row.id for row in found])
                rate = _sharer(campaign).per_second or allowed.pace_per_second
                self.rhythm.of_campaign(campaign, rate=rate, started=len(found))
                rows += found
                due -= len(found)
                owed[campaign.pk] -= len(found)
                if len(found) < quota:
                    owed[campaign.pk] = 0
                if not found and all(row.campaign_id != pk for row in rows):
                    # They are due and awake: each was written to seconds ago, or is just now.
                    self.waits.append(Wait("person_gap", {"campaign": campaign.pk}))
        self.rhythm.of_account(rate=allowed.pace_per_second, started=len(rows))
        self.rhythm.write()
        return rows

    def grant(self, rows: list[Reserved]) -> list[Reserved]:
        """Write the grants for `rows` and count their people.

        Return the rows with their grant, the most urgent first.
        """
        grants = {
            kind: ledger.grant(self.account, kind=kind, count=count, at=self.now).pk
            for kind, count in Counter(row.kind for row in rows).items()
        }
        templates = [row for row in rows if row.kind == Grant.Kind.TEMPLATE]
        people.add(self.account, self._outside_windows(templates), at=self.now)
        urgent_first = sorted(rows, key=lambda row: row.lane)
        return [self._granted(row, grants[row.kind]) for row in urgent_first]

    def _owed(self, campaign: Campaign, due: int, backlog: Backlog) -> int:
        """Return how many starts its share owes, never more than its first share has room for."""
        gate = backlog.gates.get(campaign.pk)
        owed = _sharer(campaign).owed(now=self.now, due=due)
        return owed if gate is None else min(owed, gate.room)

    def _granted(self, row: Reserved, grant_id: int) -> Reserved:
        is_paced = row.lane == Lane.MARKETING
        return replace(
            row,
            grant_id=grant_id,
            granted_at=self.now,
            start_by=self.start_by,
            paced=self.rhythm.seconds_of() if is_paced else 0.0,
            campaign_paced=self.rhythm.seconds_of(row.campaign_id) if is_paced else 0.0,
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


def _sharer(campaign: Campaign) -> Sharer:
    rate = spread_rate(people=campaign.total, hours=float(campaign.spread_hours))
    return Sharer(campaign.pk, campaign.pace_at, rate)


def _earliest(allowed: Allowance, backlog: Backlog, account: SpokiAccount) -> datetime | None:
    """Return when the next claim may bring more: a window frees, people wake, the pace goes on."""
    moments = [allowed.look_again_at, backlog.opens_at]
    if allowed.marketing > 0 and backlog.crowds:
        moments.append(account.pace_at)
    return min((moment for moment in moments if moment is not None), default=None)
