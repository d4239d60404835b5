"""The claim: one short transaction that asks the allowance and reserves rows under a lease.

A reserved row is still queued; nothing has left. Whoever dies here loses nothing: the lease runs
out and the row is claimed again. Replies and order messages are taken first, always.
"""

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    # The local monotonic second by which it must start, or go back to the queue.
    start_by: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: rows to start, and what the sender waits for."""

    rows: tuple[Reserved, ...]
    waits: tuple[Wait, ...]
    look_again_at: datetime | None
    now: datetime
    # Nothing is due and no campaign is at work, awake or asleep.
    is_idle: bool = False


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
    {gap}
  ORDER BY {order}
  LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED))
RETURNING {columns}
"""

_URGENT = _RESERVE.format(
    where="o.account_id = %(account)s AND o.lane < 2 AND o.kind = %(kind)s "
    "AND (o.lane = 0 OR o.zone = ANY(%(zones)s))",
    gap=_NOT_TOO_SOON,
    order="o.lane, o.due_at, o.id",
    columns=_COLUMNS,
)
_MARKETING = _RESERVE.format(
    where="o.campaign_id = %(campaign)s AND o.lane = 2 AND o.zone = ANY(%(zones)s)",
    gap=_NOT_TOO_SOON,
    order="o.due_at, o.id",
    columns=_COLUMNS,
)


def claim(
    *, account_id: int, worker: UUID, capacity: int, counts: QueueCounts, rng: random.Random
) -> Claim:
    """Reserve up to `capacity` rows that may start now, the most urgent first."""
    began = time.monotonic()
    with transaction.atomic():
        account = ledger.lock_account(account_id)
        now = ledger.database_now()
        backlog = marketing_backlog(now=now, hours=marketing_hours(account), counts=counts)
        state = ledger.read_state(account, now=now)
        demand = Demand(backlog.open_people, backlog.closes_at)
        allowed = allowance(now=now, account=state, demand=demand)
        turn = _Turn(account, worker, now, began + account.lease_seconds, rng)
        waiting_zones = urgent_zones(account, now=now)
        rows = turn.take_urgent(waiting_zones, allowed, capacity)
        free = capacity - len(rows)
        templates = sum(row.kind == Grant.Kind.TEMPLATE for row in rows)
        people_left = max(0, allowed.templates - templates)
        due = min(allowed.marketing, people_left, free)
        rows += turn.take_marketing(backlog, allowed, due)
        rows = turn.grant(rows)
    waits = (*allowed.waits, *backlog.waits)
    idle = not rows and not waiting_zones and not backlog.is_at_work
    return Claim(tuple(rows), waits, _earliest(allowed, backlog), now, idle)


def marketing_hours(account: SpokiAccount) -> WritingHours:
    return WritingHours.parse(
        account.marketing_hours, last_start_minutes=MARKETING_LAST_START_MINUTES
    )


@dataclass(slots=True)
class _Turn:
    """One claim at work: the locked account, the moment, and who reserves."""

    account: SpokiAccount
    worker: UUID
    now: datetime
    start_by: float
    rng: random.Random

    def take_urgent(self, zones: list[str], allowed: Allowance, capacity: int) -> list[Reserved]:
        """Reserve replies and order messages, in that order, whoever is in quiet hours left out."""
        if not zones or capacity <= 0:
            return []
        hours = WritingHours.parse(self.account.transactional_hours)
        awake = [zone for zone in zones if hours.is_open(self.now, zone_named(zone))]
        rows: list[Reserved] = []
        for kind, most in (("text", allowed.texts), ("template", allowed.templates)):
            limit = min(most, capacity - len(rows))
            if limit > 0:
                found = self._reserve(
                    _URGENT, limit=limit, account=self.account.pk, kind=kind, zones=awake
                )
                rows += found
        return rows

    def take_marketing(self, backlog: Backlog, allowed: Allowance, due: int) -> list[Reserved]:
        """Reserve what the even pace owes, shared among the campaigns that wait longest."""
        rows: list[Reserved] = []
        for campaign, quota in self._shares(backlog, due):
            found = self._reserve(
                _MARKETING, limit=quota, campaign=campaign.pk, zones=backlog.zones_of(campaign.pk)
            )
            if found:
                rows += found
                self._pace_campaign(campaign, allowed, len(found))
        if rows:
            self.account.pace_at = next_start(
                now=self.now,
                pace_at=self.account.pace_at,
                per_second=allowed.pace_per_second,
                started=len(rows),
                jitter=self._jitter(),
            )
            self.account.save(update_fields=["pace_at"])
        return rows

    def grant(self, rows: list[Reserved]) -> list[Reserved]:
        """Write the grants for `rows` and count their people; return the rows with their grant."""
        granted: list[Reserved] = []
        for kind in Grant.Kind.values:
            same = [row for row in rows if row.kind == kind]
            if same:
                entry = ledger.grant(self.account, kind=kind, count=len(same), at=self.now)
                granted += [replace(r, grant_id=entry.pk, start_by=self.start_by) for r in same]
        ledger.add_people(
            self.account,
            self._outside_windows(r for r in rows if r.kind == "template"),
            at=self.now,
        )
        return granted

    def _shares(self, backlog: Backlog, due: int) -> list[tuple[Campaign, int]]:
        """Deal `due` starts one by one to the campaigns, the one that waited longest first."""
        owed = {
            c.pk: due
            if (rate := spread_rate(c)) is None
            else starts_due(now=self.now, pace_at=c.pace_at, per_second=rate)
            for c in backlog.campaigns
        }
        shares: dict[int, int] = {}
        while due > 0 and (hungry := [c for c in backlog.campaigns if owed[c.pk] > 0]):
            for campaign in hungry[:due]:
                owed[campaign.pk] -= 1
                shares[campaign.pk] = shares.get(campaign.pk, 0) + 1
            due -= len(hungry[:due])
        return [(c, shares[c.pk]) for c in backlog.campaigns if c.pk in shares]

    def _pace_campaign(self, campaign: Campaign, allowed: Allowance, started: int) -> None:
        rate = spread_rate(campaign) or allowed.pace_per_second
        pace_at = next_start(
            now=self.now,
            pace_at=campaign.pace_at,
            per_second=rate,
            started=started,
            jitter=self._jitter(),
        )
        Campaign.objects.filter(pk=campaign.pk).update(pace_at=pace_at)

    def _reserve(self, sql: str, **params: Any) -> list[Reserved]:
        lease = timedelta(seconds=self.account.lease_seconds)
        gap = timedelta(seconds=self.account.person_gap_seconds)
        values: dict[str, Any] = {
            "now": self.now,
            "gap": self.now - gap,
            "lease": self.now + lease,
            "worker": self.worker,
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
            release([row.id for row in rows if row.id not in kept], worker=self.worker)
        return list(first.values())

    def _outside_windows(self, rows: Iterable[Reserved]) -> list[str]:
        """Return the phones that count against the tier: no window is open with them."""
        rows = list(rows)
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

    def _jitter(self) -> float:
        return 1 + self.rng.uniform(-JITTER, JITTER)


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


def _earliest(allowed: Allowance, backlog: Backlog) -> datetime | None:
    moments = [m for m in (allowed.look_again_at, backlog.opens_at) if m is not None]
    return min(moments, default=None)
