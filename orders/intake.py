"""From a stored delivery to what it means. Processing twice, late or out of order ends the same.

Where many wait, several share a transaction; whatever is wrong with one of them, nothing of it was done, and each is
processed in a transaction of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import OperationalError, transaction

from audiences import deliveries as life
from audiences.alone import one_of
from audiences.deliveries import Outcome
from orders import deliveries
from orders.deliveries import Claimed, Finished, JsonObject
from orders.handlers import HANDLERS, handle_new_orders, handle_order
from orders.shopify.payloads.reading import Unreadable
from orders.shops import same_shop
from orders.subjects import Subject, holding_turns, subject_of, take_turn

logger = logging.getLogger(__name__)

# So many workers of the installation process at once; the others keep their hands free for Spoki's.
PLACES = 2
# The number of this work.
_PLACE_LOCK = 20_260
# So many deliveries share a transaction at most. The first of a turn goes alone, then two, four …: what comes fresh
# waits for no others, and the locks of a group are held for a fraction of a second.
MOST_TOGETHER = 32
# What these are about, no more: none of them changes the shop, or has anything to do outside.
_TOGETHER = (
    "orders/",
    "fulfillments/",
    "fulfillment_events/",
    "refunds/",
    "checkouts/",
    "products/",
)

UNKNOWN_TOPIC = Outcome("unknown_topic", is_used=False)
UNKNOWN_SHOP = Outcome("unknown_shop", is_used=False)
# Where a body itself names its shop.
_SHOP_KEYS = {"app/uninstalled": "myshopify_domain"}


def work(*, clock: Callable[[], datetime], is_time_up: Callable[[], bool]) -> int | None:
    """Process what is due until nothing is, or the time is up; return how many deliveries.

    None, and nothing is done, while as many workers as may are at it. Whoever had a place looks again
    after it ended, so that what came meanwhile is not left lying.
    """
    done, most = 0, 1
    with one_of(PLACES, _PLACE_LOCK) as is_mine:
        if not is_mine:
            return None
        while not is_time_up():
            claimed = deliveries.claim_some(most=most, now=clock())
            if not claimed:
                break
            process_all(claimed, clock=clock)
            done += len(claimed)
            most = min(2 * most, MOST_TOGETHER)
    return done


def process_all(claimed: Sequence[Claimed], *, clock: Callable[[], datetime]) -> None:
    """Process these deliveries, in this order, where they can be in one transaction; else one by one."""
    if len(claimed) > 1 and _process_together(claimed, now=clock()):
        return
    for one in claimed:
        process(one, now=clock())


def _process_together(claimed: Sequence[Claimed], *, now: datetime) -> bool:
    """Do all of it or nothing; False where nothing was done, whatever was in the way."""
    if not all(one.received.topic.startswith(_TOGETHER) for one in claimed):
        return False
    try:
        read = [_read(one) for one in claimed]
        turns = list({one.subject for one in read if one.subject is not None})
        with transaction.atomic(), holding_turns(turns), same_shop():
            held = {one.pk for one in deliveries.hold_all(claimed)}
            mine = [one for one in read if one.claimed.pk in held]
            deliveries.finish_all(_all_done(mine, now=now), now=now)
    except (Unreadable, OperationalError):
        return False
    except Exception:
        # Put right where the one that is to blame is processed by itself.
        logger.warning("%s deliveries of Shopify go one by one", len(claimed), exc_info=True)
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Read:
    claimed: Claimed
    body: JsonObject
    subject: Subject | None


def _read(claimed: Claimed) -> _Read:
    body = read_json(claimed.body)
    return _Read(claimed, body, subject_of(claimed.received.topic, body))


def _all_done(read: Sequence[_Read], *, now: datetime) -> list[Finished]:
    """Do them in their order, but new orders first and together: each by the first that is told of it here."""
    firsts: dict[Subject, _Read] = {}
    for one in read:
        if one.subject is not None:
            firsts.setdefault(one.subject, one)
    told = {
        subject.pk: (one.body, one.claimed.received)
        for subject, one in firsts.items()
        if HANDLERS.get(one.claimed.received.topic) is handle_order and _is_of_its_shop(one)
    }
    outcomes = handle_new_orders(told, now=now) if len(told) > 1 else {}
    finished = []
    for one in read:
        is_first = one.subject is not None and firsts[one.subject] is one
        outcome = outcomes.get(one.subject.pk) if is_first and one.subject else None
        done = _done(one, now=now, outcome=outcome)
        if done.outcome.wait_until is None:
            finished.append(done)
        else:
            # What comes after it here may wake it.
            deliveries.finish_all([done], now=now)
    return finished


def _done(one: _Read, *, now: datetime, outcome: Outcome | None = None) -> Finished:
    found = outcome or _handle(one, now=now)
    return Finished(one.claimed, found, one.subject.pk if one.subject else None)


def process(claimed: Claimed, *, now: datetime) -> None:
    """Do what the delivery says in one transaction, and write down what became of it.

    A fault of ours leaves everything as it was and is tried again later.
    """
    if life.is_worn_out(claimed.attempts):
        # Claimed again and again, and nobody lived to say why.
        error = life.WORKERS_DIED
        deliveries.give_up(claimed=claimed, outcome="worker_died", error=error, now=now)
        return
    try:
        life.try_in_place(partial(_process_once, claimed, now=now))
    except Unreadable as error:
        deliveries.give_up(claimed=claimed, outcome="unreadable", error=str(error), now=now)
    except Exception as error:
        # Whatever it is, the stored row must say it and be tried again.
        logger.exception("delivery %s of Shopify could not be processed", claimed.pk)
        deliveries.put_off(claimed=claimed, error=error, now=now)


@transaction.atomic
def _process_once(claimed: Claimed, *, now: datetime) -> None:
    if deliveries.hold(claimed):
        _do(claimed, now=now)


def _do(claimed: Claimed, *, now: datetime) -> None:
    read = _read(claimed)
    if read.subject is not None:
        take_turn(read.subject)
    deliveries.finish_all([_done(read, now=now)], now=now)


def _handle(one: _Read, *, now: datetime) -> Outcome:
    received = one.claimed.received
    handler = HANDLERS.get(received.topic)
    if handler is None:
        logger.info("delivery %s of Shopify has a topic we do not use", one.claimed.pk)
        return UNKNOWN_TOPIC
    return handler(one.body, received, now) if _is_of_its_shop(one) else UNKNOWN_SHOP


def _is_of_its_shop(one: _Read) -> bool:
    """The headers are not signed: what the body says of the shop counts."""
    received = one.claimed.received
    named = one.body.get(_SHOP_KEYS.get(received.topic, "shop_domain"))
    return not isinstance(named, str) or named.lower() == received.shop_domain


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
