"""From a stored delivery to what it means. Processing twice, late or out of order ends the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import OperationalError, connection, transaction

from orders import deliveries
from orders.deliveries import Claimed, JsonObject, Outcome
from orders.handlers import HANDLERS
from orders.shopify.payloads.reading import Unreadable
from orders.subjects import subject_of, take_turn

logger = logging.getLogger(__name__)

# So many workers of the installation process at once; the others keep their hands free for Spoki's.
PLACES = 2
# The first half of the key of an advisory lock; the second is the place.
_PLACE_LOCK = 20_260
# Another worker was in the way (deadlock, serialization, lock not available): the same again may pass.
_IN_THE_WAY = {"40P01", "40001", "55P03"}
_TRIES_IN_PLACE = 3

UNKNOWN_TOPIC = Outcome("unknown_topic", is_used=False)
UNKNOWN_SHOP = Outcome("unknown_shop", is_used=False)
# Where a body itself names its shop.
_SHOP_KEYS = {"app/uninstalled": "myshopify_domain"}


def work(*, clock: Callable[[], datetime], is_time_up: Callable[[], bool]) -> int | None:
    """Process what is due until nothing is, or the time is up; return how many deliveries.

    None, and nothing is done, while as many workers as may are at it. Whoever had a place looks again
    after it ended, so that what came meanwhile is not left lying.
    """
    done = 0
    with _place() as is_mine:
        if not is_mine:
            return None
        while not is_time_up():
            claimed = deliveries.claim_next(now=clock())
            if claimed is None:
                break
            process(claimed, now=clock())
            done += 1
    return done


def process(claimed: Claimed, *, now: datetime) -> None:
    """Do what the delivery says in one transaction, and write down what became of it.

    A fault of ours leaves everything as it was and is tried again later.
    """
    if deliveries.is_worn_out(claimed):
        # Claimed again and again, and nobody lived to say why.
        error = "the worker ended in the middle, each time"
        deliveries.give_up(claimed=claimed, outcome="worker_died", error=error, now=now)
        return
    try:
        _process_in_place(claimed, now=now)
    except Unreadable as error:
        deliveries.give_up(claimed=claimed, outcome="unreadable", error=str(error), now=now)
    except Exception as error:
        # Whatever it is, the stored row must say it and be tried again.
        logger.exception("delivery %s of Shopify could not be processed", claimed.pk)
        deliveries.put_off(claimed=claimed, error=_words(error), now=now)


def _process_in_place(claimed: Claimed, *, now: datetime) -> None:
    for tries_left in reversed(range(_TRIES_IN_PLACE)):
        try:
            with transaction.atomic():
                if deliveries.hold(claimed):
                    _do(claimed, now=now)
        except OperationalError as error:
            if not tries_left or _sqlstate(error) not in _IN_THE_WAY:
                raise
        else:
            return


def _do(claimed: Claimed, *, now: datetime) -> None:
    body = read_json(claimed.body)
    subject = subject_of(claimed.received.topic, body)
    if subject is not None:
        take_turn(subject)
    deliveries.finish(
        claimed=claimed,
        outcome=_handle(claimed, body, now=now),
        object_id=subject.pk if subject else None,
        now=now,
    )


def _handle(claimed: Claimed, body: JsonObject, *, now: datetime) -> Outcome:
    topic = claimed.received.topic
    handler = HANDLERS.get(topic)
    if handler is None:
        logger.info("delivery %s of Shopify has a topic we do not use", claimed.pk)
        return UNKNOWN_TOPIC
    named = body.get(_SHOP_KEYS.get(topic, "shop_domain"))
    # The headers are not signed: what the body says of the shop counts.
    if isinstance(named, str) and named.lower() != claimed.received.shop_domain:
        return UNKNOWN_SHOP
    return handler(body, claimed.received, now)


def read_json(raw: bytes) -> JsonObject:
    """Return the object that the body is.

    :raises Unreadable: when it is not UTF-8, not JSON, or not an object.
    """
    try:
        body = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("the body is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not JSON that can be read") from error
    if not isinstance(body, dict):
        raise Unreadable("the body is not a JSON object")
    return body


@contextmanager
def _place() -> Iterator[bool]:
    """Yield whether one of the places was free; it is kept for the length of the block.

    Of the session, not of a transaction: a worker that dies gives its place back with its connection.
    """
    mine = next((place for place in range(PLACES) if _lock("pg_try_advisory_lock", place)), None)
    try:
        yield mine is not None
    finally:
        if mine is not None:
            _lock("pg_advisory_unlock", mine)


def _lock(function: str, place: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_PLACE_LOCK, place])
        (answer,) = cursor.fetchone()
    return bool(answer)


def _sqlstate(error: OperationalError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _words(error: Exception) -> str:
    """Return the kind of error and the first line of its text: values stand in the lines below."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
