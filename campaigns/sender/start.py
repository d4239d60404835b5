"""The point of no return: reserved rows that pass every check become SENDING in one small commit.

Called just before the POSTs, for no more rows than there are hands to post them, so that a crash
leaves undecided only what was in flight.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import OutboundMessage
from campaigns.sender import guards, ledger
from campaigns.sender.claim import Reserved, release
from campaigns.sender.pausing import pause_campaigns_of_template

_START = """
UPDATE campaigns_outboundmessage AS m
SET status = 'sending', sending_at = statement_timestamp(), attempts = m.attempts + 1,
    lease_until = NULL, leased_by = NULL
WHERE m.id = ANY(%(ids)s) AND m.status = 'queued' AND m.leased_by = %(worker)s
  AND m.lease_until > statement_timestamp()
  AND (m.campaign_id IS NULL OR EXISTS (
    SELECT 1 FROM campaigns_campaign c WHERE c.id = m.campaign_id AND c.status = 'sending'))
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_spokiaccount a WHERE a.id = m.account_id AND a.paused_at IS NOT NULL)
RETURNING m.id
"""

_SKIP = """
UPDATE campaigns_outboundmessage AS m
SET status = 'skipped', reason = v.reason, ended_at = statement_timestamp(),
    lease_until = NULL, leased_by = NULL
FROM unnest(%s::bigint[], %s::text[]) AS v(id, reason)
WHERE m.id = v.id AND m.status = 'queued' AND m.leased_by = %s
"""


@dataclass(slots=True)
class Started:
    """Rows to POST now, and how many did not pass."""

    rows: list[Reserved] = field(default_factory=list)
    skipped: int = 0
    held: int = 0


def start(rows: Sequence[Reserved], *, worker: UUID, allowlist: frozenset[str]) -> Started:
    """Check `rows` for the last time and mark those that pass as SENDING.

    Rows whose lease is over go back to the queue, rows that fail a check are skipped with the
    reason, rows of a template that may not be sent wait and their campaign is paused. What was
    granted and surely not used is given back.
    """
    now = ledger.database_now()
    alive = [row for row in rows if row.start_by > time.monotonic()]
    held = _hold(alive, now=now)
    free = [row for row in alive if row.id not in held]
    refused = guards.verdicts(free, guards.Moment(now, allowlist))
    passing = [row for row in free if row.id not in refused]
    with transaction.atomic():
        started = _mark_sending(passing, worker)
        _mark_skipped(refused, worker)
        _give_back([row for row in rows if row.id not in started])
    waiting = {row.id for row in rows} - started - set(refused)
    if waiting:
        release(sorted(waiting), worker=worker)
    going = [row for row in passing if row.id in started]
    return Started(going, skipped=len(refused), held=len(waiting))


def _hold(rows: Sequence[Reserved], *, now: datetime) -> set[int]:
    """Return the ids of rows whose template may not be sent; pause what a person must judge."""
    versions = [row.template_version_id for row in rows if row.template_version_id is not None]
    holds = guards.template_holds(versions, now=now) if versions else {}
    for version_id, hold in holds.items():
        if not hold.is_stale:
            pause_campaigns_of_template(
                version_id=version_id, code="template_not_sendable", detail=hold.detail
            )
    return {row.id for row in rows if row.template_version_id in holds}


def _mark_sending(rows: Sequence[Reserved], worker: UUID) -> set[int]:
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_START, {"ids": [row.id for row in rows], "worker": worker})
        return {pk for (pk,) in cursor.fetchall()}


def _mark_skipped(refused: dict[int, str], worker: UUID) -> None:
    if refused:
        with connection.cursor() as cursor:
            cursor.execute(_SKIP, [list(refused), list(refused.values()), worker])


def _give_back(rows: Sequence[Reserved]) -> None:
    unused: dict[int, int] = defaultdict(int)
    for row in rows:
        unused[row.grant_id] += 1
    for grant_id, count in unused.items():
        ledger.give_back(grant_id=grant_id, count=count)


def put_back(row: Reserved) -> bool:
    """Return a SENDING row to the queue because its POST surely never began."""
    moved = OutboundMessage.objects.filter(pk=row.id, status=OutboundMessage.Status.SENDING).update(
        status=OutboundMessage.Status.QUEUED, attempts=row.attempts
    )
    return moved == 1
