"""The deliveries of Spoki: stored once, claimed, finished, put off, failed, tried again, forgotten."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from audiences import deliveries as life
from audiences.deliveries import Outcome
from audiences.models import WebhookDeliveryQuerySet
from audiences.one_trip import fetch_one
from conversations.models import SpokiDelivery

# A worker that holds a row longer than this has died: processing takes milliseconds.
LEASE = timedelta(minutes=5)

# What of it waits for the answer of a send, which takes seconds: so long is looked often whether it has come.
WAITING = "waiting"
ANSWERS_WITHIN = timedelta(minutes=1)

# What was delivered, as it came is personal data; a failed one waits for a person.
KEEP = timedelta(days=90)
KEEP_FAILED = timedelta(days=180)

# What a customer writes is taken before the statuses of so long: a STOP waits behind no campaign.
HEAD_START = timedelta(minutes=10)
_BY_CUSTOMER = b'"message.inbound"'

State = SpokiDelivery.State

# Due from the first moment: workers ask the table, the broker only wakes them.
_STORE = """
INSERT INTO conversations_spokidelivery
  (body_hash, body, event, event_uuid, received_at, state, outcome, attempts, error, due_at)
VALUES (%s, %s, '', '', %s, 'received', '', 0, '', %s)
ON CONFLICT (body_hash) DO NOTHING
RETURNING id
"""
# A claimed row is due when its lease ends: whoever looks for due rows finds what a dead worker left.
_CLAIM_NEXT = """
UPDATE conversations_spokidelivery SET leased_until = %(until)s, due_at = %(until)s, attempts = attempts + 1
WHERE id = (
  SELECT id FROM conversations_spokidelivery
  WHERE state = 'received' AND due_at <= %(now)s AND (leased_until IS NULL OR leased_until <= %(now)s)
  ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
# What was overtaken by now: the sender has written down what Spoki calls its message.
_RELEASE = """
UPDATE conversations_spokidelivery AS d SET due_at = %(now)s
WHERE d.state = 'received' AND d.outcome = 'waiting' AND d.due_at > %(now)s AND d.received_at > %(since)s
  AND EXISTS (SELECT FROM campaigns_outboundmessage o WHERE o.provider_uuid = d.event_uuid)
"""


def store_delivery(*, body: bytes, now: datetime) -> int | None:
    """Keep an authentic body; return its id, or None if the same bytes came before."""
    digest = hashlib.sha256(body).hexdigest()
    due_at = now - HEAD_START if _BY_CUSTOMER in body else now
    row = fetch_one(_STORE, [digest, body, now, due_at])
    return int(row[0]) if row else None


def claim(*, delivery_id: int, now: datetime) -> bool:
    """Take the delivery for this worker; False if it is finished or another worker has it."""
    claimed = (
        SpokiDelivery.objects.free(now=now)
        .filter(pk=delivery_id)
        .update(leased_until=now + LEASE, due_at=now + LEASE, attempts=F("attempts") + 1)
    )
    return claimed == 1


def claim_next(*, now: datetime) -> int | None:
    """Take the delivery that is due first for this worker; None where nothing is due that nobody has."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_NEXT, {"now": now, "until": now + LEASE})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def is_any_due(*, now: datetime) -> bool:
    """Return whether a worker would find something to do."""
    return life.is_any_due(SpokiDelivery.objects.all(), now=now)


def release_answered(*, now: datetime) -> int:
    """Make due what waited for the answer of a send that has come by now, all of it at once; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"now": now, "since": now - ANSWERS_WITHIN})
        return int(cursor.rowcount)


def is_any_answer_awaited(*, now: datetime) -> bool:
    """Return whether anything waits for the answer of a send that may come at any moment."""
    parked = SpokiDelivery.objects.unfinished().filter(outcome=WAITING, due_at__gt=now)
    return parked.filter(received_at__gt=now - ANSWERS_WITHIN).exists()


def finish(delivery: SpokiDelivery, outcome: Outcome, *, now: datetime) -> None:
    """Write down the outcome, in the transaction of what was done."""
    if outcome.wait_until is not None:
        life.wait(_row(delivery.pk), until=outcome.wait_until, outcome=outcome.word)
        return
    _row(delivery.pk).unfinished().update(
        state=State.DONE if outcome.is_used else State.IGNORED,
        outcome=outcome.word,
        error="",
        processed_at=now,
        leased_until=None,
    )


def give_up(*, delivery_id: int, outcome: str, error: str, now: datetime) -> None:
    """Mark as failed what no repetition can mend."""
    life.give_up(_row(delivery_id), outcome=outcome, error=error, now=now)


def put_off(*, delivery_id: int, error: Exception, now: datetime) -> None:
    """Note a fault of ours; try again later, or give up after the last try."""
    attempts = _row(delivery_id).values_list("attempts", flat=True).get()
    life.put_off(_row(delivery_id), attempts=attempts, error=error, now=now)


def process_again(*, delivery: SpokiDelivery, now: datetime) -> None:
    """Put a failed or unused delivery back to the work to do.

    :raises RepeatRefused: when it is done, or waits already.
    """
    life.process_again(_row(delivery.pk).exclude(state=State.DONE), now=now)


def forget_old(*, now: datetime) -> int:
    """Delete what was processed long ago; return how many rows. Spoki repeats nothing after so long."""
    rows = SpokiDelivery.objects.all()
    return life.forget_old(rows, keep=KEEP, keep_failed=KEEP_FAILED, now=now)


def _row(delivery_id: int) -> WebhookDeliveryQuerySet[SpokiDelivery]:
    return SpokiDelivery.objects.filter(pk=delivery_id)
