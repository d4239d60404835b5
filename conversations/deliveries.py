"""The life of a stored delivery: stored once, claimed, finished, put off, failed, tried again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from audiences.one_trip import fetch_one
from conversations.models import SpokiDelivery

# A worker that holds a row longer than this has died: processing takes milliseconds.
LEASE = timedelta(minutes=5)
# After a fault of ours: tried again at growing distances, then left for a person.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)

# What was delivered, as it came is personal data; a failed one waits for a person.
KEEP = timedelta(days=90)
KEEP_FAILED = timedelta(days=180)
_AT_ONCE = 5_000

# What a customer writes is taken before the statuses of so long: a STOP waits behind no campaign.
HEAD_START = timedelta(minutes=10)
_BY_CUSTOMER = b'"message.inbound"'

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
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


class RepeatRefused(Exception):
    """The delivery was processed, or is being processed: there is nothing to do again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What processing made of a delivery. `wait_until` puts it off instead of finishing it."""

    word: str
    is_used: bool = True
    wait_until: datetime | None = None


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
    return SpokiDelivery.objects.free(now=now).filter(due_at__lte=now).exists()


def is_worn_out(delivery: SpokiDelivery) -> bool:
    """Say whether it was claimed once more than it may fail: nobody lived to say why."""
    return delivery.attempts > len(BACKOFF) + 1


def finish(delivery: SpokiDelivery, outcome: Outcome, *, now: datetime) -> None:
    """Write down the outcome, in the transaction of what was done."""
    row = SpokiDelivery.objects.unfinished().filter(pk=delivery.pk)
    if outcome.wait_until is not None:
        # Waiting is no attempt.
        row.update(
            outcome=outcome.word,
            due_at=outcome.wait_until,
            leased_until=None,
            attempts=F("attempts") - 1,
        )
        return
    row.update(
        state=SpokiDelivery.State.DONE if outcome.is_used else SpokiDelivery.State.IGNORED,
        outcome=outcome.word,
        error="",
        processed_at=now,
        leased_until=None,
    )


def give_up(*, delivery_id: int, outcome: str, error: str, now: datetime) -> None:
    """Mark as failed what no repetition can mend."""
    SpokiDelivery.objects.unfinished().filter(pk=delivery_id).update(
        state=SpokiDelivery.State.FAILED,
        outcome=outcome,
        error=error[:300],
        processed_at=now,
        leased_until=None,
    )


def put_off(*, delivery_id: int, error: str, now: datetime) -> None:
    """Note a fault of ours; try again later, or give up after the last try."""
    attempts = SpokiDelivery.objects.values_list("attempts", flat=True).get(pk=delivery_id)
    if attempts > len(BACKOFF):
        give_up(delivery_id=delivery_id, outcome="fault", error=error, now=now)
        return
    SpokiDelivery.objects.unfinished().filter(pk=delivery_id).update(
        error=error[:300], due_at=now + BACKOFF[attempts - 1], leased_until=None
    )


def process_again(*, delivery: SpokiDelivery, now: datetime) -> None:
    """Put a failed or unused delivery back to the work to do.

    :raises RepeatRefused: when it is done, or waits already.
    """
    moved = SpokiDelivery.objects.filter(
        pk=delivery.pk, state__in=[SpokiDelivery.State.FAILED, SpokiDelivery.State.IGNORED]
    ).update(
        state=SpokiDelivery.State.RECEIVED,
        outcome="",
        attempts=0,
        due_at=now,
        processed_at=None,
        leased_until=None,
    )
    if moved != 1:
        raise RepeatRefused("the delivery is done or waits already")


def forget_old(*, now: datetime) -> int:
    """Delete what was processed long ago; return how many rows. Spoki repeats nothing after so long."""
    state = SpokiDelivery.State
    gone = 0
    for states, keep in (([state.DONE, state.IGNORED], KEEP), ([state.FAILED], KEEP_FAILED)):
        old = SpokiDelivery.objects.filter(state__in=states, received_at__lt=now - keep)
        while ids := list(old.order_by("received_at").values_list("pk", flat=True)[:_AT_ONCE]):
            gone += SpokiDelivery.objects.filter(pk__in=ids).delete()[0]
    return gone
