"""The deliveries of Shopify: kept once, claimed, finished, put off, failed, tried again, forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from audiences import deliveries as life
from audiences.deliveries import Outcome
from audiences.models import WebhookDeliveryQuerySet
from audiences.one_trip import fetch_one
from orders.models import ShopifyDelivery

# A worker that holds a row longer than this has died: processing takes milliseconds.
LEASE = timedelta(minutes=2)
# What was used is personal data without a purpose; what failed waits for a person for longer.
KEEP = timedelta(days=30)
KEEP_FAILED = timedelta(days=90)

JsonObject = Mapping[str, Any]
State = ShopifyDelivery.State

# Due from the first moment: workers ask the table, the broker only wakes them.
_STORE = """
INSERT INTO orders_shopifydelivery
  (shop_domain, webhook_id, topic, event_id, api_version, triggered_at, object_id, body, received_at,
   state, outcome, attempts, error, due_at, leased_until, processed_at)
VALUES (%s, %s, %s, %s, %s, %s, NULL, %s, %s, %s, %s, 0, '', %s, NULL, %s)
ON CONFLICT (shop_domain, webhook_id) DO NOTHING
RETURNING id
"""
# A claimed row is due when its lease ends: whoever looks for due rows finds what a dead worker left. What was
# tried before is taken alone: a body that ends its worker takes its neighbours along once at most.
_CLAIM = """
WITH first AS MATERIALIZED (
  SELECT id, due_at, attempts FROM orders_shopifydelivery
  WHERE state = 'received' AND due_at <= %(now)s
  ORDER BY due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED),
together AS (
  SELECT id, due_at FROM (
    SELECT id, due_at, row_number() OVER way AS place, max(attempts) OVER way AS tried
    FROM first WINDOW way AS (ORDER BY due_at, id)) AS ranked
  WHERE tried = 0 OR place = 1)
UPDATE orders_shopifydelivery AS row
SET attempts = row.attempts + 1, leased_until = %(until)s, due_at = %(until)s
FROM together WHERE together.id = row.id
RETURNING row.id, row.shop_domain, row.webhook_id, row.topic, row.triggered_at, row.received_at, row.body,
    row.attempts, together.due_at
"""
_HOLD = """
SELECT row.id FROM orders_shopifydelivery AS row
JOIN unnest(%s::bigint[], %s::integer[]) AS mine (id, attempts)
    ON mine.id = row.id AND mine.attempts = row.attempts
WHERE row.state = 'received' ORDER BY row.id FOR UPDATE OF row
"""
_FINISH = """
UPDATE orders_shopifydelivery AS row
SET state = done.state, outcome = done.outcome, object_id = coalesce(done.object_id, row.object_id),
    error = '', processed_at = %s, leased_until = NULL
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS done (id, state, outcome, object_id)
WHERE row.id = done.id AND row.state = 'received'
"""
_ERASE = """
UPDATE orders_shopifydelivery SET body = ''::bytea, outcome = 'erased', error = ''
WHERE state <> 'received' AND body <> ''::bytea AND (object_id = ANY(%s::bigint[]) OR EXISTS (
  SELECT 1 FROM unnest(%s::bytea[]) AS wanted(text) WHERE position(wanted.text IN body) > 0))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a request says of itself, made fit for the table; see `orders.shopify.headers`."""

    shop_domain: str
    webhook_id: str
    topic: str
    event_id: str = ""
    api_version: str = ""
    triggered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a handler is told of a delivery besides its body. Moments are aware.

    `triggered_at` is when it happened at the shop, `received_at` when it came to us: hours apart where
    Shopify had to try again.
    """

    topic: str
    shop_domain: str
    triggered_at: datetime | None
    received_at: datetime
    webhook_id: str
    delivery_id: int | None = None


# (body, received, now) → what became of it, inside the transaction that writes it down.
Handler = Callable[[JsonObject, Received, datetime], Outcome]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds until its lease ends. `attempts` counts this one."""

    received: Received
    body: bytes
    attempts: int

    @property
    def pk(self) -> int:
        assert self.received.delivery_id is not None  # noqa: S101 - narrows the type
        return self.received.delivery_id


def stand_in_id(*, shop_domain: str, topic: str, body: bytes) -> str:
    """Return the key of a delivery that has no identifier of its own."""
    parts = (shop_domain.encode(), topic.encode(), body)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def store_delivery(*, arrival: Arrival, body: bytes, now: datetime) -> bool:
    """Keep an authentic body to be processed; return whether it is new, not a repetition."""
    return _insert(arrival, body, now, state=State.RECEIVED, outcome="", processed_at=None)


def note_refused(*, arrival: Arrival, outcome: str, now: datetime) -> bool:
    """Keep that something came which is none of ours, without what it said; return whether it is new."""
    return _insert(arrival, b"", now, state=State.IGNORED, outcome=outcome, processed_at=now)


def _insert(
    arrival: Arrival,
    body: bytes,
    now: datetime,
    *,
    state: str,
    outcome: str,
    processed_at: datetime | None,
) -> bool:
    values = [
        arrival.shop_domain,
        arrival.webhook_id,
        arrival.topic,
        arrival.event_id,
        arrival.api_version,
        arrival.triggered_at,
        body,
        now,
        state,
        outcome,
        now,
        processed_at,
    ]
    return fetch_one(_STORE, values) is not None


def claim_next(*, now: datetime) -> Claimed | None:
    """Take the delivery that has been due for longest for this worker; None if nothing is due."""
    return next(iter(claim_some(most=1, now=now)), None)


def claim_some(*, most: int, now: datetime) -> list[Claimed]:
    """Take up to `most` deliveries, those due for longest first; one that was tried before comes alone."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + LEASE, "most": most})
        rows = cursor.fetchall()
    return [_claimed(row) for row in sorted(rows, key=lambda row: (row[-1], row[0]))]


def _claimed(row: Sequence[Any]) -> Claimed:
    pk, shop_domain, webhook_id, topic, triggered_at, received_at, body, attempts, _due_at = row
    received = Received(
        topic=topic,
        shop_domain=shop_domain,
        triggered_at=triggered_at,
        received_at=received_at,
        webhook_id=webhook_id,
        delivery_id=pk,
    )
    return Claimed(received, bytes(body), attempts)


def hold(claimed: Claimed) -> bool:
    """Lock the row for the rest of the transaction; False if another worker took it meanwhile."""
    return bool(hold_all([claimed]))


def hold_all(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Lock the rows for the rest of the transaction; return those that no other worker took meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [[one.pk for one in claimed], [one.attempts for one in claimed]])
        held = {pk for (pk,) in cursor.fetchall()}
    return [one for one in claimed if one.pk in held]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a delivery, and the id of what it was about."""

    claimed: Claimed
    outcome: Outcome
    object_id: int | None


def finish_all(finished: Sequence[Finished], *, now: datetime) -> None:
    """Write down the outcomes in the transaction of what was done, by one statement. Waiting is no attempt."""
    for one in finished:
        if one.outcome.wait_until is not None:
            _wait(one, until=one.outcome.wait_until)
    ended = [one for one in finished if one.outcome.wait_until is None]
    if not ended:
        return
    values: list[Any] = [
        now,
        [one.claimed.pk for one in ended],
        [State.DONE if one.outcome.is_used else State.IGNORED for one in ended],
        [one.outcome.word[:30] for one in ended],
        [one.object_id for one in ended],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, values)


def _wait(one: Finished, *, until: datetime) -> None:
    columns = {"outcome": one.outcome.word, "object_id": one.object_id}
    life.wait(_row(one.claimed), until=until, **columns)


def give_up(*, claimed: Claimed, outcome: str, error: str, now: datetime) -> None:
    """Mark as failed what no repetition can mend."""
    life.give_up(_row(claimed), outcome=outcome, error=error, now=now)


def put_off(*, claimed: Claimed, error: Exception, now: datetime) -> None:
    """Note a fault of ours; try again later, or give up after the last try."""
    life.put_off(_row(claimed), attempts=claimed.attempts, error=error, now=now)


def is_any_due(*, now: datetime) -> bool:
    """Return whether a worker would find something to do."""
    return life.is_any_due(ShopifyDelivery.objects.all(), now=now)


def process_again(*, ids: Collection[int], now: datetime) -> int:
    """Put finished deliveries back to the work to do; return how many. Those that wait stay as they are.

    :raises RepeatRefused: when none of them is finished.
    """
    # Refused at the door, or erased: there is nothing to read.
    empty = {"body": b"", "outcome__in": ["unknown_shop", "erased"]}
    rows = ShopifyDelivery.objects.filter(pk__in=ids).exclude(**empty)
    return life.process_again(rows, now=now)


def erase(*, texts: Collection[str], object_ids: Collection[int] = ()) -> int:
    """Take away the bodies that hold one of `texts`, or are about one of `object_ids`; return how many.

    For who must be forgotten: their phone, their e-mail. A delivery that is still to be processed stays,
    the one that asks for it included: it goes with the old ones.
    """
    wanted = [text.encode() for text in texts if len(text) >= 5]
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [list(object_ids), wanted])
        return int(cursor.rowcount)


def erase_all(*, shop_domain: str) -> int:
    """Take away every body of a shop, what still waits included: its data is to be gone; return how many."""
    return (
        ShopifyDelivery.objects.filter(shop_domain=shop_domain)
        .exclude(body=b"")
        .update(body=b"", state=State.IGNORED, outcome="erased", error="", leased_until=None)
    )


def forget_old(*, now: datetime) -> int:
    """Delete what was processed long ago; return how many rows."""
    rows = ShopifyDelivery.objects.all()
    return life.forget_old(rows, keep=KEEP, keep_failed=KEEP_FAILED, now=now)


def _row(claimed: Claimed) -> WebhookDeliveryQuerySet[ShopifyDelivery]:
    return ShopifyDelivery.objects.filter(pk=claimed.pk)
