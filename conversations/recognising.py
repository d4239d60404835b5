"""A message that a file told of by its words and its minute is recognised when Spoki tells of it by its identifier.

Whoever joins messages of a number does so alone: a file, a history and a delivery of one number take turns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from conversations.models import Message
from conversations.told import EXACT, Known, floor, pair, says_of, told_of
from spoki import MessageEvent

# How exact the moment of a message is, in seconds; without it, as exact as Spoki's.
PRECISION: Final = "within"
# The longest stretch that a message of ours may be known to.
LONGEST: Final = timedelta(minutes=1)
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('conversation ' || %s, 0))"


def lock_number(phone: str) -> None:
    """Wait for whoever is joining messages of this number; until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [phone])


def recognise(*, event: MessageEvent, uuid: str, at: datetime, text: str) -> None:
    """Give the message that a file told of, if it is this one, the identifier and the moment that Spoki names.

    `text` is what the event says, a tapped button by its label, as a file has it. Inside the caller's transaction, which then has the turn of the number.
    """
    if not event.phone:
        return
    lock_number(event.phone)
    if Message.objects.filter(uuid=uuid).exists():
        return
    nameless = [one for one in _around(event, at) if not is_named(one)]
    told = told_of(event, uuid=uuid, at=at, text=text)
    for index in pair([told], [known_of(one) for one in nameless]).values():
        name(nameless[index], uuid=uuid, at=at)


def name(message: Message, *, uuid: str, at: datetime) -> None:
    """Write down what Spoki calls a message that was known by its words, and when exactly it was written."""
    message.uuid, message.at = uuid[:80], at
    message.details = {key: told for key, told in message.details.items() if key != PRECISION}
    # Whatever is told of it is newer than a file.
    message.news_at = min(message.news_at, at)
    message.save(update_fields=["uuid", "at", "details", "news_at"])


def is_named(message: Message) -> bool:
    """Say whether Spoki's identifier of the message is known; otherwise its key is one of ours."""
    return ":" not in message.uuid


def known_of(message: Message) -> Known:
    """Return a message that was not ours to send as others may tell it."""
    seconds = message.details.get(PRECISION)
    precision = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else EXACT
    return Known(
        pk=message.pk,
        is_inbound=message.direction == Message.Direction.INBOUND,
        at=floor(message.at, precision),
        precision=precision,
        says=frozenset({says_of(message.text, message.content_type)}),
        names=frozenset({message.uuid}),
        is_named=is_named(message),
    )


def _around(event: MessageEvent, at: datetime) -> list[Message]:
    """Return the messages of this number and direction that may have been written then, oldest first."""
    found = Message.objects.filter(
        phone=event.phone,
        direction=event.direction.value,
        at__gt=at - LONGEST,
        at__lt=at + LONGEST,
    )
    return list(found.order_by("at", "pk"))
