"""Rows under a lease: which may be taken now, in which order, and how they go back.

A reserved row is still queued; nothing has left. Whoever dies with it loses nothing: the lease runs
out and the row is taken again.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.models import Campaign, Grant, Lane, SpokiAccount
from campaigns.sender.limits import person_gap
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.streams import Stream


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
    # Seconds by which its claim moved the pace of the account, and that of its campaign.
    paced: float = 0.0
    campaign_paced: float = 0.0
    # The automation by which it leaves; 0 = by `messages/send`.
    route_id: int = 0

    @property
    def grant_kind(self) -> str:
        """The class of sends that it counts in."""
        return str(Grant.Kind.AUTOMATION) if self.route_id else self.kind


_COLUMNS = (
    "id, key, lane, kind, phone, language, params, text, contact_id, campaign_id, "
    "template_version_id, number_id, attempts"
)

ALL_URGENT = (Lane.REPLY, Lane.TRANSACTIONAL)
REPLIES = (Lane.REPLY, Lane.REPLY)
ORDERS = (Lane.TRANSACTIONAL, Lane.TRANSACTIONAL)

# A message may leave as late as its lease allows: the gap counts from then.
# The gap per person (Meta, About the platform: one message every 6 seconds to the same user), and
# nobody has two messages in flight or reserved at once. OFFSET 0 has it asked for each row that is
# looked at, and the scan stop at the limit, instead of being joined for the whole queue.
_NOT_TOO_SOON = """
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_outboundmessage p
    WHERE p.phone = o.phone AND p.sending_at > %(gap)s OFFSET 0)
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_outboundmessage p
    WHERE p.phone = o.phone AND p.lease_until > %(now)s AND p.id <> o.id OFFSET 0)
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

_MAY_BE_TAKEN = """
  o.status = 'queued' AND o.due_at <= %(now)s
  AND (o.lease_until IS NULL OR o.lease_until <= %(now)s)
  AND (o.expires_at IS NULL OR o.expires_at > %(now)s)
  AND (o.template_version_id IS NULL OR o.template_version_id <> ALL(%(held)s))
"""

_RESERVE = """
UPDATE campaigns_outboundmessage AS m
SET lease_until = %(lease)s, leased_by = %(worker)s
WHERE m.id = ANY (ARRAY({chosen}))
RETURNING {columns}
"""

_URGENT = _RESERVE.format(
    chosen=f"""
  SELECT o.id FROM campaigns_outboundmessage o
  WHERE o.account_id = %(account)s AND o.lane < 2 AND o.lane BETWEEN %(first)s AND %(last)s
    AND o.kind = %(kind)s
    AND (o.lane = 0 OR o.zone = ANY(%(zones)s)) AND {_MAY_BE_TAKEN} {_NOT_TOO_SOON} {_KNOWN_PEOPLE}
  ORDER BY o.lane, o.due_at, o.id
  LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED""",  # noqa: S608 - made of constants of this module
    columns=_COLUMNS,
)


def _marketing_of(whose: str) -> str:
    """Return the statement that takes marketing of `whose`, a condition on the message `o`.

    Zone by zone, each in the order of the partial index: a claim of a few rows reads a few rows,
    however long the queue.
    """
    return _RESERVE.format(
        chosen=f"""
  SELECT c.id FROM unnest(%(zones)s::text[]) AS awake(zone)
  CROSS JOIN LATERAL (
    SELECT o.id, o.due_at FROM campaigns_outboundmessage o
    WHERE {whose} AND o.lane = 2 AND o.zone = awake.zone
      AND {_MAY_BE_TAKEN} {_NOT_TOO_SOON}
    ORDER BY o.due_at, o.id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED) AS c
  ORDER BY c.due_at, c.id
  LIMIT %(limit)s""",  # noqa: S608 - made of constants of this module
        columns=_COLUMNS,
    )


_MARKETING = _marketing_of("o.campaign_id = %(campaign)s")
_MARKETING_OF_FLOWS = _marketing_of(
    "o.campaign_id IS NULL AND o.template_version_id = %(version)s AND o.number_id = %(number)s"
)


@dataclass(frozen=True, slots=True)
class Reservations:
    """Takes rows for `worker` at one moment; the caller holds the account's lock.

    Templates in `held` (version ids) stay in the queue, and so does whoever was written to seconds
    ago or is being written to.
    """

    account: SpokiAccount
    worker: UUID
    now: datetime
    held: Collection[int] = ()
    policy: Policy = DEFAULT_POLICY

    def take_urgent(
        self,
        *,
        kind: str,
        zones: Sequence[str],
        limit: int,
        new_people: bool,
        lanes: tuple[Lane, Lane] = ALL_URGENT,
    ) -> list[Reserved]:
        """Reserve replies, then order messages of `kind` to people in `zones`.

        `lanes` is the first and the last of them. Replies leave at any hour. `new_people` False: only those who do not count against the tier
        any more.
        """
        return self._take(
            _URGENT,
            account=self.account.pk,
            kind=kind,
            first=lanes[0],
            last=lanes[1],
            zones=list(zones),
            limit=limit,
            new_people=new_people,
            day=self.now - timedelta(seconds=self.account.day_seconds),
        )

    def take_marketing(
        self, campaign: Campaign | Stream, *, zones: Sequence[str], limit: int
    ) -> list[Reserved]:
        """Reserve messages of the campaign, or of flows, to people in `zones`, longest due first."""
        if isinstance(campaign, Stream):
            return self._take(
                _MARKETING_OF_FLOWS,
                version=campaign.template_version_id,
                number=campaign.number_id,
                zones=list(zones),
                limit=limit,
            )
        return self._take(_MARKETING, campaign=campaign.pk, zones=list(zones), limit=limit)

    def _take(self, sql: str, **params: Any) -> list[Reserved]:
        lease = timedelta(seconds=self.account.lease_seconds)
        gap = person_gap(self.account, self.policy)
        values: dict[str, Any] = {
            "now": self.now,
            "gap": self.now - gap - lease,
            "lease": self.now + lease,
            "worker": self.worker,
            "held": list(self.held),
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
