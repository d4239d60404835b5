"""A page of a timeline, in a handful of queries however long the conversation is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils import timezone

from audiences.models import Contact
from conversations.timeline.entry import Entry, Page, by_day
from conversations.timeline.others import entries_of_others
from conversations.timeline.ours import entries_of_ours
from conversations.timeline.places import END, OTHERS, OURS, START, Place, place_of, places

PAGE = 50


def timeline_page(
    *,
    contact: Contact,
    before: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
    now: datetime,
) -> Page:
    """Return the latest `limit` messages, those `before` a cursor, or those newer than `after` one, oldest first.

    Cursors are those of an earlier page. What is stored late but was written before `after` is not among the newer
    ones: whoever keeps a page open compares its `mark` as well. A contact that was merged shows whom it became.

    :raises BadCursor: a cursor that we never gave out.
    """
    person = contact.merged_into or contact
    if after:
        return _newer(person, place_of(after), limit=limit, now=now)
    return _older(person, place_of(before) if before else None, limit=limit, now=now)


def _older(person: Contact, before: Place | None, *, limit: int, now: datetime) -> Page:
    found = places(
        contact_id=person.pk, before=before or END, limit=limit + 1, is_oldest_first=False
    )
    shown = found[-limit:]
    entries = _entries(person, shown)
    return Page(
        entries=entries,
        days=by_day(entries, now=now),
        older=str(shown[0]) if len(found) > limit else None,
        newest=str(shown[-1] if shown else before or START),
        has_newer=before is not None,
    )


def _newer(person: Contact, after: Place, *, limit: int, now: datetime) -> Page:
    found = places(contact_id=person.pk, after=after, limit=limit + 1, is_oldest_first=True)
    shown = found[:limit]
    entries = _entries(person, shown)
    return Page(
        entries=entries,
        days=by_day(entries, now=now, shown=_day_of(after)),
        older=None if after == START else str(shown[0] if shown else after),
        newest=str(shown[-1] if shown else after),
        has_newer=len(found) > limit,
    )


def _day_of(place: Place) -> date | None:
    return None if place == START else timezone.localdate(place.at)


def _entries(person: Contact, shown: Sequence[Place]) -> tuple[Entry, ...]:
    ours = [place for place in shown if place.source == OURS]
    others = [place for place in shown if place.source == OTHERS]
    known: Mapping[str, Entry] = {
        **entries_of_ours(ours),
        **entries_of_others(others, person=person),
    }
    # What was erased or moved between the two looks is left out.
    return tuple(known[place.key] for place in shown if place.key in known)
