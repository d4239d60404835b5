"""Where each message of a person stands in her timeline: ours and those of others, each once, in one stable order.

The order is by the moment, then others' before ours, then by the row: equal moments never change places. A message of
ours stands where it left (an answer where it was written), so that no status that comes later can move it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

OURS = "o"
OTHERS = "m"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
# Seventeen digits of microseconds reach the year 5138.
_CURSOR = re.compile(r"([0-9]{1,17})([mo])([0-9]{1,18})", re.ASCII)

# A contact that was merged keeps a message of a campaign that wrote to both; a message to a number that nobody had
# stays without a contact until the number is somebody's. What Spoki tells of a message of ours, under the identifier
# of any of its tries, is that message.
_LINES = """
WITH person AS MATERIALIZED (
  SELECT ARRAY(SELECT %(contact)s::bigint
               UNION ALL SELECT id FROM audiences_contact WHERE merged_into_id = %(contact)s) AS ids,
         ARRAY(SELECT phone::text FROM audiences_contact WHERE id = %(contact)s AND phone IS NOT NULL
               UNION ALL SELECT value::text FROM audiences_contactalias
               WHERE contact_id = %(contact)s AND kind = 'phone') AS phones
),
ours AS MATERIALIZED (
  SELECT id, provider_uuid, earlier_uuids,
         CASE WHEN lane = 0 THEN created_at ELSE coalesce(sending_at, ended_at, created_at) END AS at
  FROM campaigns_outboundmessage
  WHERE contact_id = ANY((SELECT ids FROM person)::bigint[])
),
known AS MATERIALIZED (
  SELECT provider_uuid::text AS uuid FROM ours WHERE provider_uuid IS NOT NULL
  UNION ALL SELECT unnest(earlier_uuids)::text FROM ours WHERE earlier_uuids <> '{}'
),
theirs AS (
  SELECT id, at, uuid FROM conversations_message
  WHERE contact_id = ANY((SELECT ids FROM person)::bigint[])
  UNION ALL
  SELECT id, at, uuid FROM conversations_message
  WHERE contact_id IS NULL AND phone = ANY((SELECT phones FROM person)::text[])
),
lines AS (
  SELECT at, 'o' AS source, id FROM ours
  UNION ALL
  SELECT at, 'm', id FROM theirs WHERE uuid::text NOT IN (SELECT uuid FROM known)
)
"""
_COUNT = _LINES + "SELECT count(*) FROM lines"  # noqa: S608 - made of constants of this module
_SELECT = """SELECT at, source, id FROM lines
WHERE (at, source COLLATE "C", id) > (%(after_at)s, %(after_source)s COLLATE "C", %(after_pk)s)
  AND (at, source COLLATE "C", id) < (%(before_at)s, %(before_source)s COLLATE "C", %(before_pk)s)
"""
_OLDEST = _LINES + _SELECT + 'ORDER BY at, source COLLATE "C", id LIMIT %(limit)s'
_NEWEST = _LINES + _SELECT + 'ORDER BY at DESC, source COLLATE "C" DESC, id DESC LIMIT %(limit)s'


class BadCursor(ValueError):
    """This is no cursor that we gave out."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A message's place; as text it is a cursor."""

    at: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{max(micros, 0)}{self.source}{self.pk}"

    @property
    def key(self) -> str:
        """The name of the message in the timeline, for good."""
        return f"{self.source}{self.pk}"


# Before, and after, everything there is.
START = Place(_EPOCH, OTHERS, 0)
END = Place(_LAST, OURS, 10**18)


def place_of(cursor: str) -> Place:
    """Read a cursor.

    :raises BadCursor: it is none.
    """
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor("no cursor of a timeline")
    return Place(_EPOCH + timedelta(microseconds=int(found[1])), found[2], int(found[3]))


def places(
    *,
    contact_id: int,
    after: Place = START,
    before: Place = END,
    limit: int,
    is_oldest_first: bool,
) -> Sequence[Place]:
    """Return up to `limit` places between the two, taken from that end, always oldest first."""
    values: dict[str, Any] = {
        "contact": contact_id,
        "limit": limit,
        "after_at": after.at,
        "after_source": after.source,
        "after_pk": after.pk,
        "before_at": before.at,
        "before_source": before.source,
        "before_pk": before.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST if is_oldest_first else _NEWEST, values)
        found = [Place(at, source, pk) for at, source, pk in cursor.fetchall()]
    return found if is_oldest_first else found[::-1]


def count_messages(*, contact_id: int) -> int:
    """Return how many messages the timeline of a person has."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"contact": contact_id})
        return int(cursor.fetchone()[0])
