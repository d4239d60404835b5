"""What a delivery is about: deliveries about one thing are processed in series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection

# A worker that waits longer for another one puts its delivery off instead.
LONGEST_WAIT = "5s"
# Several deliveries in one transaction hold much at once: they give way before anybody else has to. PostgreSQL looks
# for a deadlock after a second (deadlock_timeout).
SHORTEST_WAIT = "300ms"
_LARGEST = 2**63 - 1
# Beginning of the topic → what its bodies are about, and where in them that thing's id stands; the first
# that fits. News of parcels, refunds and returns change their order.
_WHERE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("orders/edited", "order", ("order_edit.order_id",)),
    ("orders/", "order", ("id",)),
    ("fulfillments/", "order", ("order_id",)),
    ("fulfillment_events/", "order", ("order_id",)),
    ("refunds/", "order", ("order_id",)),
    ("order_transactions/", "order", ("order_id",)),
    ("returns/", "order", ("order.id", "order_id")),
    ("customers/merge", "customer", ("admin_graphql_api_customer_kept_id",)),
    ("customers/redact", "customer", ("customer.id",)),
    ("customers/data_request", "customer", ("customer.id",)),
    ("customer", "customer", ("customer_id", "customerId", "id")),
    ("checkouts/", "checkout", ("id",)),
    ("products/", "product", ("id",)),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing of Shopify by its kind (order, customer, checkouts …) and its id."""

    kind: str
    pk: int


def subject_of(topic: str, body: Mapping[str, Any]) -> Subject | None:
    """Return what a body of `topic` is about; None where it does not say, or says nonsense."""
    for beginning, kind, places in _WHERE:
        if topic.startswith(beginning):
            found = (_id_of(_find(body, place)) for place in places)
            pk = next((one for one in found if one is not None), None)
            return None if pk is None else Subject(kind, pk)
    return None


# The turns that a block of `holding_turns` has taken; None outside of one.
_held: ContextVar[frozenset[Subject] | None] = ContextVar("held turns", default=None)


def take_turn(subject: Subject) -> None:
    """Wait until nobody else works on `subject`, and keep the others waiting until the transaction ends.

    :raises django.db.OperationalError: after `LONGEST_WAIT`.
    """
    held = _held.get()
    if held is None or subject not in held:
        take_turns([subject])


def take_turns(subjects: Sequence[Subject]) -> None:
    """Take the turns of many at once; everybody asks for them in the same order.

    :raises django.db.OperationalError: after `LONGEST_WAIT`.
    """
    keys = sorted(f"shopify {subject.kind} {subject.pk}" for subject in subjects)
    is_alone = _held.get() is None
    with connection.cursor() as cursor:
        # One round trip; the wait for other locks of the transaction has no end again.
        cursor.execute(
            """
            SELECT set_config('lock_timeout', %s, true),
                (SELECT count(pg_advisory_xact_lock(hashtextextended(key, 0)))
                    FROM unnest(%s::text[]) AS key),
                set_config('lock_timeout', %s, true)
            """,
            [LONGEST_WAIT if is_alone else SHORTEST_WAIT, keys, "0" if is_alone else SHORTEST_WAIT],
        )


@contextmanager
def holding_turns(subjects: Sequence[Subject]) -> Iterator[None]:
    """Take all these turns; inside the block they are not asked for again, and no lock is waited for for long.

    Around the whole work of a transaction.

    :raises django.db.OperationalError: after `SHORTEST_WAIT`, also by any statement of the block.
    """
    token = _held.set(frozenset())
    try:
        take_turns(subjects)
        _held.set(frozenset(subjects))
        yield
    finally:
        _held.reset(token)


def _find(body: Any, place: str) -> Any:
    for key in place.split("."):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def _id_of(raw: Any) -> int | None:
    """Read an id that comes as a number, as digits, or at the end of a gid; None if the table cannot hold it."""
    if isinstance(raw, str):
        digits = raw.rpartition("/")[2]
        raw = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 19 else None
    if not isinstance(raw, int) or isinstance(raw, bool):
        return None
    return raw if 0 < raw <= _LARGEST else None
