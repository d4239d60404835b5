"""Outcomes in grouped commits, each guarded by the start it answers; then what they set off."""

import json
import logging
from collections import Counter
from collections.abc import Collection, Sequence

from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils import timezone

from campaigns.flows import news
from campaigns.sender import ledger, people
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.post import Posted
from campaigns.sender.reactions import Met, pause_at_wall, react

logger = logging.getLogger(__name__)

# Three rules make it safe to write an answer twice, or after another drainer took over:
# * what goes back to the queue, or fails, must name the very start that it answers;
# * what has left, or may have, moves the row from wherever it waits, so that it never goes twice;
# * a row that a webhook has moved further only learns its identifiers;
# * a try that a webhook has reported as failed, before its answer came, is over.
_RECORD = """
UPDATE campaigns_outboundmessage AS m
SET status = CASE WHEN v.moves THEN v.status ELSE m.status END,
    reason = CASE WHEN v.moves THEN v.reason ELSE m.reason END,
    error_code = CASE WHEN v.moves THEN v.code ELSE m.error_code END,
    error_text = CASE WHEN v.moves THEN v.text ELSE m.error_text END,
    accepted_at = CASE WHEN v.status = 'accepted'
      THEN coalesce(m.accepted_at, statement_timestamp()) ELSE m.accepted_at END,
    ended_at = CASE WHEN v.moves AND v.status = 'failed'
      THEN statement_timestamp() ELSE m.ended_at END,
    due_at = CASE WHEN v.moves AND v.status = 'queued'
      THEN statement_timestamp() + v.again * interval '1 second' ELSE m.due_at END,
    attempts = CASE WHEN v.moves AND v.status = 'queued' AND NOT v.counted
      THEN greatest(0, m.attempts - 1) ELSE m.attempts END,
    lease_until = CASE WHEN v.moves THEN NULL ELSE m.lease_until END,
    leased_by = CASE WHEN v.moves THEN NULL ELSE m.leased_by END,
    provider_uuid = coalesce(m.provider_uuid, v.uuid),
    provider_id = CASE WHEN m.provider_id = '' THEN v.pid ELSE m.provider_id END
FROM (
  SELECT a.*, CASE
      WHEN a.status IN ('queued', 'failed')
        THEN o.status IN ('sending', 'unknown') AND o.sending_at = a.started
          AND (a.status = 'failed' OR o.status = 'sending')
      ELSE o.status IN ('queued', 'sending', 'unknown') END AS moves,
    coalesce(a.uuid = ANY(o.earlier_uuids), false) AS is_over
  FROM json_to_recordset(%s::json) AS a(
    id bigint, status text, reason text, code text, text text, uuid text, pid text, again float,
    counted bool, started timestamptz)
  JOIN campaigns_outboundmessage o ON o.id = a.id
  ORDER BY a.id FOR UPDATE OF o
) AS v
WHERE m.id = v.id AND (v.moves OR v.uuid IS NOT NULL OR v.pid <> '') AND NOT v.is_over
RETURNING m.id, v.moves
"""


def record(posted: Sequence[Posted], *, account_id: int, policy: Policy = DEFAULT_POLICY) -> None:
    """Write down what became of these rows, then slow down, pause or suppress as they demand."""
    try:
        _write_all(posted, account_id)
    except (IntegrityError, DataError):
        # One odd answer (an identifier given twice, a value that does not fit) must not take the
        # others with it.
        for one in posted:
            _write_alone(one, account_id)
    for one in posted:
        if one.is_told:
            _react(one, account_id=account_id, policy=policy)


def _write_all(posted: Sequence[Posted], account_id: int) -> None:
    rows = [(one, one.outcome or Outcome("queued")) for one in posted]
    if not any(one.was_late or one.outcome is None for one in posted):
        # The common case: one statement, which is a commit of its own.
        _write(rows)
        return
    with transaction.atomic():
        moved = _write(rows)
        _count_late(posted, account_id, moved)
        unsent = [one.row for one in posted if one.outcome is None and one.row.id in moved]
        for grant_id, count in Counter(row.grant_id for row in unsent).items():
            ledger.give_back(grant_id=grant_id, count=count)
        if counted := [(r.phone, r.granted_at) for r in unsent if r.granted_at is not None]:
            people.take_back(ledger.lock_account(account_id), counted)


def _write(rows: Sequence[tuple[Posted, Outcome]]) -> set[int]:
    """Write the rows; return the ids of those whose state moved."""
    if not rows:
        return set()
    # One text for all of them: ten arrays would take the driver longer than the statement itself.
    told = json.dumps([_values(posted, outcome) for posted, outcome in rows])
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [told])
        return {pk for pk, moves in cursor.fetchall() if moves}


def _values(posted: Posted, o: Outcome) -> dict[str, object]:
    started = posted.row.started_at
    return {
        "id": posted.row.id,
        "status": o.status,
        "reason": o.reason,
        "code": _fitting(o.error_code, 40),
        "text": _fitting(o.error_text, 300),
        "uuid": _fitting(o.provider_uuid, 64) or None,
        "pid": _fitting(o.provider_id, 64),
        "again": o.again_in.total_seconds() if o.again_in is not None else 0.0,
        "counted": o.is_counted,
        "started": started.isoformat() if started is not None else None,
    }


def _fitting(text: str, length: int) -> str:
    return text.replace("\x00", "")[:length]


def _count_late(posted: Sequence[Posted], account_id: int, moved: Collection[int]) -> None:
    """Grant as of now what may have reached Spoki only now (see `ledger.read_state`).

    Whatever window ends from now on and holds the moment at which it arrived holds this moment too,
    so the start that was granted for it is given back: it counts once, and so does its person. Not
    where this answer may be written a second time, or an answer may still come.
    """
    late = [one for one in posted if one.was_late]
    if not late:
        return
    account = ledger.lock_account(account_id)
    now = ledger.database_now()
    for kind, count in Counter(one.row.grant_kind for one in late).items():
        ledger.grant(account, kind=kind, count=count, at=now)
    over = [
        one.row
        for one in late
        if one.outcome is not None and one.outcome.status != "unknown" and one.row.id in moved
    ]
    for grant_id, count in Counter(row.grant_id for row in over).items():
        ledger.give_back(grant_id=grant_id, count=count)
    people.count_later(
        account,
        [(one.row.phone, one.row.granted_at) for one in late if one.row.granted_at is not None],
        at=now,
    )


def _write_alone(posted: Posted, account_id: int) -> None:
    try:
        _write_all([posted], account_id)
    except (IntegrityError, DataError):
        logger.warning("an answer of Spoki does not fit", extra={"row": posted.row.id})
        bare = Outcome(posted.outcome.status if posted.outcome else "queued")
        with transaction.atomic():
            _write([(posted, bare)])


def _react(posted: Posted, *, account_id: int, policy: Policy) -> None:
    """Do what the outcome demands of the account, the campaign and the person."""
    row, outcome = posted.row, posted.outcome
    if outcome is None:
        return
    met = Met(
        account_id,
        row.grant_kind,
        row.campaign_id,
        row.template_version_id,
        row.contact_id,
        row.key,
    )
    try:
        react(outcome, met, now=timezone.now(), policy=policy)
        if outcome.status in {"failed", "unknown"}:
            pause_at_wall(row.campaign_id, policy=policy, key=row.key, now=timezone.now())
        if row.campaign_id is None and row.template_version_id is not None:
            news.tell(row.id, now=timezone.now())
    except (IntegrityError, DataError):
        logger.exception("what an answer demands could not be done", extra={"row": row.id})
    except DatabaseError:
        raise
    except Exception:
        logger.exception("what an answer demands could not be done", extra={"row": row.id})
