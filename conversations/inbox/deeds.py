"""What agents do from the inbox, with one conversation or many: each alone, so that one refusal stops no other.

Two agents click at once: the first one wins, and the other is told who did what; nothing is written over that the
agent has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.models import Contact
from conversations.assigning import AssignmentRefused, assign
from conversations.inbox.seen import Mark, mark_of
from conversations.models import Conversation
from conversations.putting_off import SnoozeRefused, snooze, wake
from conversations.standing import reopen, settle


class Deed(StrEnum):
    TAKE = "take"
    RELEASE = "release"
    GIVE = "give"
    SNOOZE = "snooze"
    WAKE = "wake"
    DONE = "done"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted: `to` is whom to give to, `until` how long to put off."""

    deed: Deed
    by: User
    now: datetime
    to: User | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One conversation that was changed: what it was, and its mark now."""

    name: str
    contact_id: int
    before: Mapping[str, str | int | None]
    after: Mark


@dataclass(slots=True)
class Report:
    """What became of each: `refused` has the customer's name and a sentence."""

    done: list[Change] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


class _Refused(Exception):
    """`str()` says why, for a person."""


def carry_out(wish: Wish, marks: Sequence[Mark]) -> Report:
    """Do it with each conversation that still is as the agent saw it."""
    report = Report()
    for mark in marks:
        with transaction.atomic():
            # Contact before conversation, as whoever stores a message locks them.
            person = lock_or_none(mark.contact_id)
            row = None if person is None else locked(person)
            if person is None or row is None:
                report.refused.append(("", _("This conversation is no longer there.")))
                continue
            try:
                change = _one(wish, mark, person, row)
            except (_Refused, AssignmentRefused, SnoozeRefused) as refused:
                report.refused.append((name_of(person), str(refused)))
            else:
                if change is not None:
                    report.done.append(change)
    return report


def lock_or_none(contact_id: int) -> Contact | None:
    """Return the person, locked; None where nobody has this id any more."""
    try:
        return lock_person(contact_id)
    except Contact.DoesNotExist:
        return None


def locked(person: Contact) -> Conversation | None:
    rows = Conversation.objects.select_for_update(of=("self",))
    return rows.select_related("assignee", "done_by").filter(contact=person).first()


def name_of(person: Contact) -> str:
    return person.full_name or person.phone or str(person.pk)


def of_user(user: User | None) -> str:
    """Return how a colleague is called; somebody whose login is gone is a colleague."""
    return (user.get_full_name() or user.username) if user else _("a colleague")


def _one(wish: Wish, mark: Mark, person: Contact, row: Conversation) -> Change | None:
    """:raises _Refused: somebody else was first, or the customer has written again."""
    why = _why_not(wish, mark, row)
    if why:
        raise _Refused(why)
    before = state_of(row)
    _DEEDS[wish.deed](wish, person, mark)
    row.refresh_from_db()
    if state_of(row) == before:
        return None
    after = mark_of(row, now=wish.now)
    return Change(name_of(person), person.pk, before, after)


def state_of(row: Conversation) -> dict[str, str | int | None]:
    """Return the columns that people change, ready to be written down."""

    def told(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "assignee_id": row.assignee_id,
        "assigned_at": told(row.assigned_at),
        "unanswered_since": told(row.unanswered_since),
        "unread_count": row.unread_count,
        "snoozed_until": told(row.snoozed_until),
        "done_at": told(row.done_at),
        "done_by_id": row.done_by_id,
    }


def _why_not(wish: Wish, seen: Mark, row: Conversation) -> str:
    """Return who was first, "" where the conversation is as it was seen."""
    now = mark_of(row, now=wish.now)
    for look in _LOOKS[wish.deed]:
        if why := look(wish, seen, now, row):
            return why
    return ""


def _assigned_meanwhile(wish: Wish, seen: Mark, now: Mark, row: Conversation) -> str:
    """Let go meanwhile is nobody's loss; taken by the one who clicks is no surprise."""
    if now.assignee_id in {seen.assignee_id, 0, wish.by.pk}:
        return ""
    return _("%(name)s takes care of it since %(time)s.") % {
        "name": of_user(row.assignee),
        "time": _time(row.assigned_at or wish.now),
    }


def _written_meanwhile(wish: Wish, seen: Mark, now: Mark, row: Conversation) -> str:
    if now.last_inbound > seen.last_inbound:
        return _("The customer has written again: read it first.")
    return ""


def _done_meanwhile(wish: Wish, seen: Mark, now: Mark, row: Conversation) -> str:
    if now.done and now.done != seen.done and row.done_at:
        told = {"name": of_user(row.done_by), "time": _time(row.done_at)}
        return _("%(name)s settled it at %(time)s.") % told
    return ""


def _put_off_meanwhile(wish: Wish, seen: Mark, now: Mark, row: Conversation) -> str:
    if now.snoozed_until and now.snoozed_until != seen.snoozed_until and row.snoozed_until:
        told = {"time": date_format(timezone.localtime(row.snoozed_until), "SHORT_DATETIME_FORMAT")}
        return _("A colleague has put it off until %(time)s meanwhile.") % told
    return ""


def _time(at: datetime) -> str:
    return date_format(timezone.localtime(at), "TIME_FORMAT")


_Look = Callable[[Wish, Mark, Mark, Conversation], str]
_ENDING: Final = (_done_meanwhile, _assigned_meanwhile, _put_off_meanwhile, _written_meanwhile)
_LOOKS: Final[Mapping[Deed, tuple[_Look, ...]]] = {
    Deed.TAKE: (_done_meanwhile, _assigned_meanwhile),
    Deed.GIVE: (_done_meanwhile, _assigned_meanwhile),
    Deed.RELEASE: (_assigned_meanwhile,),
    Deed.SNOOZE: _ENDING,
    Deed.DONE: _ENDING,
    Deed.WAKE: (_done_meanwhile,),
    Deed.REOPEN: (),
}


def _take(wish: Wish, person: Contact, mark: Mark) -> None:
    assign(contact=person, to=wish.by, by=wish.by, now=wish.now)


def _release(wish: Wish, person: Contact, mark: Mark) -> None:
    assign(contact=person, to=None, by=wish.by, now=wish.now)


def _give(wish: Wish, person: Contact, mark: Mark) -> None:
    if wish.to is None:
        raise _Refused(_("Choose a colleague first."))
    assign(contact=person, to=wish.to, by=wish.by, now=wish.now)


def _snooze(wish: Wish, person: Contact, mark: Mark) -> None:
    if wish.until is None:
        raise _Refused(_("Choose until when."))
    snooze(contact=person, until=wish.until, by=wish.by, now=wish.now)


def _wake(wish: Wish, person: Contact, mark: Mark) -> None:
    wake(contact=person, by=wish.by, now=wish.now)


def _done(wish: Wish, person: Contact, mark: Mark) -> None:
    settle(contact=person, by=wish.by, now=wish.now)


def _reopen(wish: Wish, person: Contact, mark: Mark) -> None:
    reopen(contact=person, by=wish.by, now=wish.now)


_DEEDS: Final[Mapping[Deed, Callable[[Wish, Contact, Mark], None]]] = {
    Deed.TAKE: _take,
    Deed.RELEASE: _release,
    Deed.GIVE: _give,
    Deed.SNOOZE: _snooze,
    Deed.WAKE: _wake,
    Deed.DONE: _done,
    Deed.REOPEN: _reopen,
}
