"""Pages of the inbox by keyset: the next one begins after the last row shown, whatever came meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from conversations.inbox.tabs import Part
from conversations.models import Conversation

PAGE: Final = 50
# A live list is drawn again whole; beyond this many rows it is left page by page.
MOST: Final = 300
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class BadCursor(Exception):
    """Not a cursor of ours."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`next` is where the following page begins, None on the last one."""

    rows: list[Conversation]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    part: int
    at: datetime
    pk: int


def read_page(parts: Sequence[Part], *, after: str | None = None, limit: int = PAGE) -> InboxPage:
    """Return up to `limit` rows after the cursor.

    :raises BadCursor: `after` is none of ours.
    """
    place = _parsed(after, len(parts)) if after else None
    found: list[tuple[int, Conversation]] = []
    for number, part in enumerate(parts):
        if place is not None and number < place.part:
            continue
        rows = ordered(part)
        if place is not None and number == place.part:
            rows = rows.filter(_beyond(part, place))
        wanted = limit + 1 - len(found)
        found += [(number, row) for row in rows[:wanted]]
        if len(found) > limit:
            break
    shown = found[:limit]
    has_more = len(found) > limit
    return InboxPage(
        rows=[row for _number, row in shown],
        next=_cursor(parts, *shown[-1]) if has_more and shown else None,
    )


def ordered(part: Part) -> QuerySet[Conversation]:
    """Return the rows of a part in its order, with the people that are shown."""
    sign = "-" if part.is_descending else ""
    people = part.rows.select_related("contact", "assignee", "done_by")
    return people.order_by(f"{sign}{part.field}", f"{sign}pk")


def micros(at: datetime | None) -> int:
    """Return microseconds since 1970, 0 for never."""
    return 0 if at is None else (at - _EPOCH) // _MICROSECOND


def _beyond(part: Part, place: _Place) -> Q:
    """The first condition is the one that an index is read by."""
    word = "lt" if part.is_descending else "gt"
    reached = Q(**{f"{part.field}__{word}e": place.at})
    return reached & (Q(**{f"{part.field}__{word}": place.at}) | Q(**{f"pk__{word}": place.pk}))


def _cursor(parts: Sequence[Part], number: int, row: Conversation) -> str:
    return f"{number}-{micros(getattr(row, parts[number].field))}-{row.pk}"


def _parsed(text: str, count: int) -> _Place:
    try:
        part, at, pk = (int(word) for word in text.split("-"))
        moment = _EPOCH + timedelta(microseconds=at)
    except (ValueError, OverflowError):
        raise BadCursor(text) from None
    if not 0 <= part < count or not 0 <= pk < 2**63:
        raise BadCursor(text)
    return _Place(part, moment, pk)
