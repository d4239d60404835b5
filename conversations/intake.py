"""From a stored delivery to what it means. Processing twice, late or out of order ends the same."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from audiences import deliveries as life
from audiences.alone import one_of
from audiences.contact_sync.requests import ask_again
from audiences.deliveries import Outcome
from conversations import deliveries
from conversations.inbound import receive_message
from conversations.models import SpokiDelivery
from conversations.outbound import receive_news
from spoki import ContactEvent, Direction, Event, MessageEvent, UnknownEvent, UnreadableEvent
from spoki.events import parse

logger = logging.getLogger(__name__)

# So many workers of the installation process at once; the others keep their hands free for orders.
PLACES: Final = 2
# The number of this work.
_WORK: Final = 20_261


def work(*, clock: Callable[[], datetime], is_time_up: Callable[[], bool]) -> int | None:
    """Process what is due until nothing is, or the time is up; return how many deliveries.

    None, and nothing is done, while as many workers as may are at it. Whoever had a place looks again after it
    ended, so that what came meanwhile is not left lying.
    """
    done = 0
    with one_of(PLACES, _WORK) as is_mine:
        if not is_mine:
            return None
        while not is_time_up() and (delivery_id := deliveries.claim_next(now=clock())) is not None:
            _process_claimed(delivery_id, now=clock())
            done += 1
    return done


def process_delivery(*, delivery_id: int, now: datetime) -> None:
    """Claim this delivery and process it; nothing where it is finished or a worker has it."""
    if deliveries.claim(delivery_id=delivery_id, now=now):
        _process_claimed(delivery_id, now=now)


def _process_claimed(delivery_id: int, *, now: datetime) -> None:
    """Do what the delivery says, and write down what became of it.

    A fault of ours leaves everything as it was and is tried again later.
    """
    try:
        life.try_in_place(partial(_process_once, delivery_id, now=now))
    except UnreadableEvent as error:
        deliveries.give_up(delivery_id=delivery_id, outcome="unreadable", error=str(error), now=now)
    except Exception as error:
        # Whatever it is, the stored row must say it and be tried again.
        logger.exception("delivery %s could not be processed", delivery_id)
        deliveries.put_off(delivery_id=delivery_id, error=error, now=now)


@transaction.atomic
def _process_once(delivery_id: int, *, now: datetime) -> None:
    delivery = SpokiDelivery.objects.select_for_update().get(pk=delivery_id)
    if life.is_worn_out(delivery.attempts):
        error = life.WORKERS_DIED
        deliveries.give_up(delivery_id=delivery_id, outcome="worker_died", error=error, now=now)
    elif delivery.state == SpokiDelivery.State.RECEIVED:
        _process(delivery, now=now)


def _process(delivery: SpokiDelivery, *, now: datetime) -> None:
    event = parse(bytes(delivery.body))
    delivery.event, delivery.event_uuid = _names(event)
    delivery.save(update_fields=["event", "event_uuid"])
    deliveries.finish(delivery, _dispatch(event, delivery, now=now), now=now)


def _dispatch(event: Event, delivery: SpokiDelivery, *, now: datetime) -> Outcome:
    if isinstance(event, MessageEvent):
        if event.direction is Direction.INBOUND:
            return receive_message(event=event, delivery=delivery, now=now)
        return receive_news(event=event, delivery=delivery, now=now)
    if isinstance(event, ContactEvent):
        # What such a delivery carries is not documented: the contact is read again.
        asked = ask_again(spoki_id=event.contact_id, phone=event.phone, now=now)
        return Outcome("contact") if asked else Outcome("not_used", is_used=False)
    if isinstance(event, UnknownEvent):
        logger.info("delivery %s has an event we do not use", delivery.pk)
    return Outcome("not_used", is_used=False)


def _names(event: Event) -> tuple[str, str]:
    """Return the name and the uuid of the event, cut to what the columns hold."""
    if isinstance(event, MessageEvent):
        return f"message.{event.direction}", (event.event_uuid or "")[:64]
    if isinstance(event, ContactEvent):
        return f"contact.{event.kind}"[:100], ""
    return event.name[:100], ""
