"""The point of no return: reserved rows that pass every check become SENDING in one small commit.

Called just before the POSTs, for no more rows than there are hands to post them, so that a crash
leaves undecided only what was in flight. Everything that may fail is done before that commit.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Lane
from campaigns.sender import guards, ledger, people
from campaigns.sender.holds import Holds
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.reserve import Reserved, release

_START = """
UPDATE campaigns_outboundmessage AS m
SET status = 'sending', sending_at = statement_timestamp(), attempts = m.attempts + 1,
    reason = '', error_code = '', error_text = '', lease_until = NULL, leased_by = NULL
WHERE m.id = ANY(%(ids)s) AND m.status = 'queued' AND m.leased_by = %(worker)s
  AND m.lease_until > statement_timestamp()
  AND (m.expires_at IS NULL OR m.expires_at > statement_timestamp())
  AND (m.campaign_id IS NULL OR EXISTS (
    SELECT 1 FROM campaigns_campaign c WHERE c.id = m.campaign_id AND c.status = 'sending'))
  AND NOT EXISTS (
    SELECT 1 FROM campaigns_spokiaccount a WHERE a.id = m.account_id AND a.paused_at IS NOT NULL)
RETURNING m.id, m.sending_at
"""

_SKIP = """
UPDATE campaigns_outboundmessage AS m
SET status = 'skipped', reason = v.reason, ended_at = statement_timestamp(),
    lease_until = NULL, leased_by = NULL
FROM unnest(%s::bigint[], %s::text[]) AS v(id, reason)
WHERE m.id = v.id AND m.status = 'queued' AND m.leased_by = %s
"""

# A check that could not be made is made again a little later, behind the others.
_PUT_OFF = """
UPDATE campaigns_outboundmessage SET due_at = statement_timestamp() + interval '30 seconds',
    reason = 'guard_failed', lease_until = NULL, leased_by = NULL
WHERE id = ANY(%s) AND status = 'queued' AND leased_by = %s
"""

# An even pace owes nothing for those who were not written to after all.
_PACE_BACK = """
UPDATE campaigns_spokiaccount SET pace_at = pace_at - %s * interval '1 second' WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts rows, and what it must know to judge them."""

    account_id: int
    worker: UUID
    allowlist: frozenset[str]
    holds: Holds
    policy: Policy = DEFAULT_POLICY


@dataclass(slots=True)
class Started:
    """Rows to POST now, and how many were skipped instead."""

    rows: list[Reserved] = field(default_factory=list)
    skipped: int = 0


def start(rows: Sequence[Reserved], starter: Starter, *, pace_per_second: float = 0.0) -> Started:
    """Check `rows` for the last time and mark those that pass as SENDING.

    Rows whose lease is over or whose template is held go back to the queue, rows that fail a check
    are skipped with the reason. What was granted and surely not used is given back: the start, the
    person of the tier, the turn of the pace.
    """
    now = ledger.database_now()
    alive = [row for row in rows if row.start_by > time.monotonic()]
    versions = [row.template_version_id for row in alive if row.template_version_id is not None]
    held = starter.holds.of(versions, now=now)
    free = [row for row in alive if row.template_version_id not in held]
    judged = guards.judge(free, guards.Moment(now, starter.allowlist, starter.policy))
    stopped = judged.refused.keys() | judged.put_off
    with transaction.atomic():
        begun = _mark_sending([row for row in free if row.id not in stopped], starter.worker)
        _mark_stopped(judged, starter.worker)
        unused = [row for row in rows if row.id not in begun]
        _give_back(unused, starter, pace_per_second)
        release([row.id for row in unused if row.id not in stopped], worker=starter.worker)
    going = [replace(row, started_at=begun[row.id]) for row in free if row.id in begun]
    return Started(going, skipped=len(judged.refused))


def _mark_sending(rows: Sequence[Reserved], worker: UUID) -> dict[int, datetime]:
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_START, {"ids": [row.id for row in rows], "worker": worker})
        return dict(cursor.fetchall())


def _mark_stopped(judged: guards.Judgement, worker: UUID) -> None:
    with connection.cursor() as cursor:
        if judged.refused:
            ids, reasons = list(judged.refused), list(judged.refused.values())
            cursor.execute(_SKIP, [ids, reasons, worker])
        if judged.put_off:
            cursor.execute(_PUT_OFF, [sorted(judged.put_off), worker])


def _give_back(rows: Sequence[Reserved], starter: Starter, pace_per_second: float) -> None:
    for grant_id, count in _by_grant(rows).items():
        ledger.give_back(grant_id=grant_id, count=count)
    if counted := [(row.phone, row.granted_at) for row in rows if row.granted_at is not None]:
        people.take_back(ledger.lock_account(starter.account_id), counted)
    paced = sum(row.lane == Lane.MARKETING for row in rows)
    if paced and pace_per_second > 0:
        with connection.cursor() as cursor:
            cursor.execute(_PACE_BACK, [paced / pace_per_second, starter.account_id])


def _by_grant(rows: Sequence[Reserved]) -> Mapping[int, int]:
    unused: dict[int, int] = defaultdict(int)
    for row in rows:
        unused[row.grant_id] += 1
    return unused
