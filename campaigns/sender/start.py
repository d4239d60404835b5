"""The point of no return: reserved rows that pass every check become SENDING in one small commit.

Called just before the POSTs, for no more rows than there are hands to post them, so that a crash
leaves undecided only what was in flight. Everything that may fail is done before that commit.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from campaigns.sender import guards, ledger, people
from campaigns.sender.holds import Holds
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.reserve import Reserved, release

logger = logging.getLogger(__name__)

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

# A check that could not be made is made again a little later, behind the others; who may not be
# written to at this hour waits for the next one.
_PUT_OFF = """
UPDATE campaigns_outboundmessage AS m
SET due_at = coalesce(v.until, statement_timestamp() + interval '30 seconds'),
    reason = CASE WHEN v.until IS NULL THEN 'guard_failed' ELSE m.reason END,
    lease_until = NULL, leased_by = NULL
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, until)
WHERE m.id = v.id AND m.status = 'queued' AND m.leased_by = %s
"""

# An even pace owes nothing for those who were not written to after all: neither the account's, nor
# that of the campaign's own spread.
_PACE_BACK = """
UPDATE campaigns_spokiaccount
SET pace_at = pace_at - %s * interval '1 second',
    automation_pace_at = automation_pace_at - %s * interval '1 second'
WHERE id = %s
"""
# Whoever holds the campaign just now (a person who settles thousands of messages) is not waited for
# under the account's lock: a turn lost costs the campaign less than a wait costs everybody.
_CAMPAIGN_PACE_BACK = """
UPDATE campaigns_campaign c SET pace_at = pace_at - v.seconds * interval '1 second'
FROM unnest(%s::bigint[], %s::float[]) AS v(id, seconds)
WHERE c.id = v.id AND c.id IN (
  SELECT id FROM campaigns_campaign WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts rows, and what it must know to judge them."""

    account_id: int
    worker: UUID
    allowlist: frozenset[str]
    holds: Holds
    policy: Policy = DEFAULT_POLICY
    now: Callable[[], datetime] = ledger.database_now


@dataclass(slots=True)
class Started:
    """Rows to POST now, and how many were skipped instead."""

    rows: list[Reserved] = field(default_factory=list)
    skipped: int = 0


def start(rows: Sequence[Reserved], starter: Starter) -> Started:
    """Check `rows` for the last time and mark those that pass as SENDING.

    Rows whose lease is over or whose template is held go back to the queue, rows that fail a check
    are skipped with the reason. What was granted and surely not used is given back: the start, the
    person of the tier, the turn of the pace.
    """
    now = starter.now()
    alive = _alive(rows)
    versions = [row.template_version_id for row in alive if row.template_version_id is not None]
    held = starter.holds.of(versions, now=now)
    free = [row for row in alive if row.template_version_id not in held]
    judged = guards.judge(free, guards.Moment(now, starter.allowlist, starter.policy))
    stopped = judged.refused.keys() | judged.put_off
    begun = _mark_sending([row for row in free if row.id not in stopped], starter.worker)
    going = [replace(row, started_at=begun[row.id]) for row in free if row.id in begun]
    used = {(row.id, row.grant_id) for row in going}
    unused = [row for row in rows if (row.id, row.grant_id) not in used]
    if unused:
        _take_back(unused, judged, starter, is_alone=not begun)
    return Started(going, skipped=len(judged.refused))


def _alive(rows: Sequence[Reserved]) -> list[Reserved]:
    """Return the rows whose lease is not over, each message once.

    A lease that ran out in our hands (the database was away, its clock stepped) lets us reserve the
    same message anew while the old reservation still lies here.
    """
    now = time.monotonic()
    return list({row.id: row for row in rows if row.start_by > now}.values())


def _mark_sending(rows: Sequence[Reserved], worker: UUID) -> dict[int, datetime]:
    """Mark them in one statement, which is a commit of its own."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_START, {"ids": [row.id for row in rows], "worker": worker})
        return dict(cursor.fetchall())


def _take_back(
    unused: Sequence[Reserved], judged: guards.Judgement, starter: Starter, *, is_alone: bool
) -> None:
    """Write down why `unused` rows did not begin, and give back what was granted for them.

    Others that began at the same time must reach the hands that post them, come what may: if the
    database breaks now, the leases run out by themselves and the starts stay counted.
    """
    stopped = judged.refused.keys() | judged.put_off
    try:
        with transaction.atomic():
            _give_back(unused, starter.account_id)
            _mark_stopped(judged, starter.worker)
            # What ran out is free by itself; its row may be ours again, under a later lease.
            ours = [row.id for row in _alive(unused) if row.id not in stopped]
            release(ours, worker=starter.worker)
    except DatabaseError:
        if is_alone:
            raise
        logger.exception("what was granted and not used could not be given back")


def _mark_stopped(judged: guards.Judgement, worker: UUID) -> None:
    with connection.cursor() as cursor:
        if judged.refused:
            ids, reasons = list(judged.refused), list(judged.refused.values())
            cursor.execute(_SKIP, [ids, reasons, worker])
        if judged.put_off:
            ids = sorted(judged.put_off)
            cursor.execute(_PUT_OFF, [ids, [judged.until.get(pk) for pk in ids], worker])


def _give_back(rows: Sequence[Reserved], account_id: int) -> None:
    """Lock in the order of everybody: the account, its campaigns, then their messages."""
    account = ledger.lock_account(account_id)
    counted = [(row.phone, row.granted_at) for row in rows if row.granted_at is not None]
    people.take_back(account, counted)
    for grant_id, count in Counter(row.grant_id for row in rows).items():
        ledger.give_back(grant_id=grant_id, count=count)
    seconds = sum(row.paced for row in rows if not row.route_id)
    automations = sum(row.paced for row in rows if row.route_id)
    turns: dict[int, float] = defaultdict(float)
    for row in rows:
        if row.campaign_id is not None and row.campaign_paced:
            turns[row.campaign_id] += row.campaign_paced
    with connection.cursor() as cursor:
        if seconds or automations:
            cursor.execute(_PACE_BACK, [seconds, automations, account_id])
        if turns:
            ids = sorted(turns)
            cursor.execute(_CAMPAIGN_PACE_BACK, [ids, [turns[pk] for pk in ids], ids])
