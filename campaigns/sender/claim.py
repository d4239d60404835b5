"""The claim: one short transaction that asks the allowance and reserves rows under a lease.

A reserved row is still queued; nothing has left. Whoever dies here loses nothing: the lease runs
out and the row is claimed again. Replies and order messages are taken first, always.
"""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Campaign, Grant, SpokiAccount
from campaigns.sender import ledger
from campaigns.sender.allowance import (
    Allowance,
    Demand,
    Wait,
    allowance,
    next_start,
    starts_due,
)
from campaigns.sender.holds import Hold
from campaigns.sender.hours import WritingHours, zone_named
from campaigns.sender.queue import Backlog, QueueCounts, marketing_backlog, urgent_zones

JITTER = 0.2
MARKETING_LAST_START_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Reserved:
    """One row under our lease, with everything that its send needs."""

    id: int
    key: UUID
    lane: int
    kind: str
    phone: str
    language: str
    params: dict[str, str]
    text: str
    contact_id: int
    campaign_id: int | None
    template_version_id: int | None
    number_id: int | None
    attempts: int
    grant_id: int = 0
    granted_at: datetime | None = None
    # The local monotonic second by which it must start, or go back to the queue.
    start_by: float = 0.0
    # When it became SENDING: what an answer must name to put the row back.
    started_at: datetime | None = None


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


_COLUMNS = (
    "id, key, lane, kind, phone, language, params, text, contact_id, campaign_id, "
    "template_version_id, number_id, attempts"
)

# The gap per person (Meta, About the platform: one message every 6 seconds to the same user), and
# nobody has two messages in flight or reserved at once.
_NOT_TOO_SOON = """
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_outboundmessage p
    WHERE p.phone = o.phone AND p.sending_at > %(gap)s)
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_outboundmessage p
    WHERE p.phone = o.phone AND p.lease_until > %(now)s AND p.id <> o.id)
"""

# Once the tier is used up, only people who do not count any more may be written to: those with an
# open window, and those already counted today.
_KNOWN_PEOPLE = """
  AND (%(new_people)s OR o.kind = 'text'
    OR EXISTS (
      SELECT 1 FROM campaigns_conversationwindow w
      WHERE w.contact_id = o.contact_id AND w.number_id = o.number_id AND w.closes_at > %(now)s)
    OR EXISTS (
      SELECT 1 FROM campaigns_tierrecipient t
      WHERE t.account_id = o.account_id AND t.phone = o.phone AND t.last_at > %(day)s))
"""

# The array form of the subselect keeps the plan on the partial index at any claim size.
_RESERVE = """
UPDATE campaigns_outboundmessage AS m
SET lease_until = %(lease)s, leased_by = %(worker)s
WHERE m.id = ANY (ARRAY(
  SELECT o.id FROM campaigns_outboundmessage o
  WHERE {where}
    AND o.status = 'queued' AND o.due_at <= %(now)s
    AND (o.lease_until IS NULL OR o.lease_until <= %(now)s)
    AND (o.expires_at IS NULL OR o.expires_at > %(now)s)
    {and_more}
  ORDER BY {order}
  LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED))
RETURNING {columns}
"""

_NOT_HELD = "AND (o.template_version_id IS NULL OR o.template_version_id <> ALL(%(held)s))"
_URGENT = _RESERVE.format(
    where="o.account_id = %(account)s AND o.lane < 2 AND o.kind = %(kind)s "
    "AND (o.lane = 0 OR o.zone = ANY(%(zones)s)) " + _NOT_HELD,
    and_more=_NOT_TOO_SOON + _KNOWN_PEOPLE,
    order="o.lane, o.due_at, o.id",
    columns=_COLUMNS,
)
_MARKETING = _RESERVE.format(
    where="o.campaign_id = %(campaign)s AND o.lane = 2 AND o.zone = ANY(%(zones)s) " + _NOT_HELD,
    and_more=_NOT_TOO_SOON,
    order="o.due_at, o.id",
    columns=_COLUMNS,
)


def claim(claimant: Claimant, *, capacity: int) -> Claim:
    """Reserve up to `capacity` rows that may start now, the most urgent first."""
    began = time.monotonic()
    with transaction.atomic():
        account = ledger.lock_account(claimant.account_id)
        now = ledger.database_now()
        backlog = marketing_backlog(
            now=now, hours=marketing_hours(account), counts=claimant.counts, held=claimant.held
        )
        state = ledger.read_state(account, now=now, late=claimant.late)
        demand = Demand(backlog.open_people, backlog.closes_at)
        allowed = allowance(now=now, account=state, demand=demand)
        turn = _Turn(account, claimant, now, began + account.lease_seconds)
        zones = urgent_zones(account, now=now)
        rows = turn.take_urgent(zones, allowed, capacity)
        rows += turn.take_marketing(backlog, allowed, _marketing_room(allowed, rows, capacity))
        rows = turn.grant(rows)
    is_idle = not rows and not zones and not backlog.is_at_work
    waits = (*allowed.waits, *backlog.waits)
    again_at = _earliest(allowed, backlog, account)
    return Claim(tuple(rows), waits, again_at, now, is_idle, allowed.pace_per_second)


def marketing_hours(account: SpokiAccount) -> WritingHours:
    return WritingHours.parse(
        account.marketing_hours, last_start_minutes=MARKETING_LAST_START_MINUTES
    )


def _marketing_room(allowed: Allowance, urgent: Sequence[Reserved], capacity: int) -> int:
    """Return how many marketing messages may still start beside the urgent ones just taken."""
    templates = sum(row.kind == Grant.Kind.TEMPLATE for row in urgent)
    return max(
        0,
        min(
            allowed.marketing,
            allowed.templates - templates,
            allowed.total - len(urgent),
            allowed.new_people - templates,
            capacity - len(urgent),
        ),
    )


@dataclass(slots=True)
class _Turn:
    """One claim at work: the locked account, who reserves, and the moment."""

    account: SpokiAccount
    claimant: Claimant
    now: datetime
    start_by: float

    def take_urgent(self, zones: list[str], allowed: Allowance, capacity: int) -> list[Reserved]:
        """Reserve replies and order messages, in that order, whoever is in quiet hours left out."""
        if not zones:
            return []
        hours = WritingHours.parse(self.account.transactional_hours)
        awake = [zone for zone in zones if hours.is_open(self.now, zone_named(zone))]
        people = allowed.new_people or allowed.templates
        rows: list[Reserved] = []
        for kind, most in (("text", allowed.texts), ("template", min(allowed.templates, people))):
            limit = min(most, capacity - len(rows), allowed.total - len(rows))
            if limit > 0:
                rows += self._reserve(
                    _URGENT,
                    limit=limit,
                    account=self.account.pk,
                    kind=kind,
                    zones=awake,
                    new_people=allowed.new_people > 0,
                    day=self.now - timedelta(seconds=self.account.day_seconds),
                )
        return rows

    def take_marketing(self, backlog: Backlog, allowed: Allowance, due: int) -> list[Reserved]:
        """Reserve what the even pace owes, shared among the campaigns that wait longest.

        What one campaign cannot use (its people were written to seconds ago) goes to the others.
        """
        rows: list[Reserved] = []
        owed = {c.pk: self._owed(c, due) for c in backlog.campaigns}
        hungry = list(backlog.campaigns)
        while due > 0 and (shares := _deal(hungry, owed, due)):
            for campaign, quota in shares:
                found = self._reserve(
                    _MARKETING,
                    limit=quota,
                    campaign=campaign.pk,
                    zones=backlog.zones_of(campaign.pk),
                )
                self._pace_campaign(campaign, allowed, len(found))
                rows += found
                due -= len(found)
                owed[campaign.pk] -= len(found)
                if len(found) < quota:
                    owed[campaign.pk] = 0
        self._pace_account(allowed, len(rows))
        return rows

    def grant(self, rows: list[Reserved]) -> list[Reserved]:
        """Write the grants for `rows` and count their people; return the rows with their grant."""
        granted: list[Reserved] = []
        for kind in Grant.Kind.values:
            same = [row for row in rows if row.kind == kind]
            if same:
                entry = ledger.grant(self.account, kind=kind, count=len(same), at=self.now)
                granted += [self._granted(row, entry.pk) for row in same]
        templates = [row for row in rows if row.kind == Grant.Kind.TEMPLATE]
        ledger.add_people(self.account, self._outside_windows(templates), at=self.now)
        return granted

    def _granted(self, row: Reserved, grant_id: int) -> Reserved:
        return replace(row, grant_id=grant_id, granted_at=self.now, start_by=self.start_by)

    def _owed(self, campaign: Campaign, due: int) -> int:
        """Return how many starts the campaign's own spread owes; all of `due` without a spread."""
        rate = spread_rate(campaign)
        if rate is None:
            return due
        return starts_due(now=self.now, pace_at=campaign.pace_at, per_second=rate)

    def _pace_campaign(self, campaign: Campaign, allowed: Allowance, started: int) -> None:
        rate = spread_rate(campaign) or allowed.pace_per_second
        if not started:
            # It had its turn all the same: the next claim asks the others first.
            Campaign.objects.filter(pk=campaign.pk, pace_at__lt=self.now).update(pace_at=self.now)
            return
        campaign.pace_at = self._next(campaign.pace_at, rate, started)
        Campaign.objects.filter(pk=campaign.pk).update(pace_at=campaign.pace_at)

    def _pace_account(self, allowed: Allowance, started: int) -> None:
        if started:
            rate = allowed.pace_per_second
            self.account.pace_at = self._next(self.account.pace_at, rate, started)
            self.account.save(update_fields=["pace_at"])

    def _next(self, pace_at: datetime | None, rate: float, started: int) -> datetime:
        jitter = 1 + self.claimant.rng.uniform(-JITTER, JITTER)
        return next_start(
            now=self.now, pace_at=pace_at, per_second=rate, started=started, jitter=jitter
        )

    def _reserve(self, sql: str, **params: Any) -> list[Reserved]:
        lease = timedelta(seconds=self.account.lease_seconds)
        gap = timedelta(seconds=self.account.person_gap_seconds)
        values: dict[str, Any] = {
            "now": self.now,
            "gap": self.now - gap,
            "lease": self.now + lease,
            "worker": self.claimant.worker,
            "held": list(self.claimant.held),
            **params,
        }
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows = [_reserved(row) for row in cursor.fetchall()]
        rows.sort(key=lambda row: (row.lane, row.id))
        return self._one_per_person(rows)

    def _one_per_person(self, rows: list[Reserved]) -> list[Reserved]:
        """Keep one row per phone; the others go back before anybody sees them reserved."""
        first: dict[str, Reserved] = {}
        for row in rows:
            first.setdefault(row.phone, row)
        if len(first) < len(rows):
            kept = {row.id for row in first.values()}
            others = [row.id for row in rows if row.id not in kept]
            release(others, worker=self.claimant.worker)
        return list(first.values())

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


def _deal(
    campaigns: Sequence[Campaign], owed: Mapping[int, int], due: int
) -> list[tuple[Campaign, int]]:
    """Deal `due` starts one by one to the campaigns, the one that waited longest first. Pure."""
    shares = {campaign.pk: 0 for campaign in campaigns}
    while due > 0 and (hungry := [c for c in campaigns if owed[c.pk] > shares[c.pk]]):
        for campaign in hungry[:due]:
            shares[campaign.pk] += 1
        due -= len(hungry[:due])
    return [(campaign, shares[campaign.pk]) for campaign in campaigns if shares[campaign.pk]]


def spread_rate(campaign: Campaign) -> float | None:
    """Return the sends per second that spread the campaign over its hours; None = no spread."""
    hours = float(campaign.spread_hours)
    if hours <= 0:
        return None
    return max(campaign.total, 1) / (hours * 3600)


def release(ids: Sequence[int], *, worker: UUID) -> None:
    """End our lease on rows that were reserved and not started."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_outboundmessage SET lease_until = NULL, leased_by = NULL "
            "WHERE id = ANY(%s) AND status = 'queued' AND leased_by = %s",
            [list(ids), worker],
        )


def _reserved(row: tuple[Any, ...]) -> Reserved:
    values = list(row)
    values[6] = _params(values[6])
    return Reserved(*values)


def _params(raw: object) -> dict[str, str]:
    return json.loads(raw) if isinstance(raw, str) else dict(raw)  # type: ignore[call-overload,no-any-return]


def _earliest(allowed: Allowance, backlog: Backlog, account: SpokiAccount) -> datetime | None:
    """Return when the next claim may bring more: a window frees, people wake, the pace goes on."""
    moments = [allowed.look_again_at, backlog.opens_at]
    if allowed.marketing > 0 and backlog.open_people:
        moments.append(account.pace_at)
    return min((moment for moment in moments if moment is not None), default=None)
