"""What each tab of the inbox shows, and in which order; each part is read along an index of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from conversations.models import Conversation
from conversations.window import SOON


class Tab(StrEnum):
    ANSWER = "answer"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"
    SNOOZED = "snoozed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows in one order: by `field`, then by id, both `is_descending` or neither."""

    rows: QuerySet[Conversation]
    field: str
    is_descending: bool = False


def tab_of(text: str) -> Tab:
    """Return the tab by its name; what is none is the first one."""
    try:
        return Tab(text)
    except ValueError:
        return Tab.ANSWER


def parts_of(tab: Tab, *, user: User, now: datetime) -> list[Part]:
    """Return the parts of a tab, to be read one after the other; no conversation is in two of them.

    Who waits comes first: those whose 24 hours end within two hours, the soonest first, because tomorrow only a
    template can be sent; then the others, the longest wait first. After them come the latest.
    """
    return _PARTS[tab](user, now)


def waiting(*, now: datetime) -> QuerySet[Conversation]:
    """Return those who wait for an answer and are not put off."""
    return Conversation.objects.unanswered().awake(now=now)


def snoozed(*, now: datetime) -> QuerySet[Conversation]:
    return Conversation.objects.filter(snoozed_until__gt=now)


def _first_who_waits(rows: QuerySet[Conversation], now: datetime) -> list[Part]:
    is_closing = Q(window_closes_at__gt=now, window_closes_at__lte=now + SOON)
    others = (
        Q(window_closes_at=None) | Q(window_closes_at__lte=now) | Q(window_closes_at__gt=now + SOON)
    )
    return [
        Part(rows=rows.filter(is_closing), field="window_closes_at"),
        Part(rows=rows.filter(others), field="unanswered_since"),
    ]


def _to_answer(user: User, now: datetime) -> list[Part]:
    return _first_who_waits(waiting(now=now), now)


def _of(owner: Callable[[User], Q]) -> Callable[[User, datetime], list[Part]]:
    """Those of one owner that are open: after those who wait, those who have their answer."""

    def parts(user: User, now: datetime) -> list[Part]:
        answered = Conversation.objects.filter(owner(user), unanswered_since=None, done_at=None)
        latest = Part(rows=answered.awake(now=now), field="last_message_at", is_descending=True)
        return [*_first_who_waits(waiting(now=now).filter(owner(user)), now), latest]

    return parts


def _all(user: User, now: datetime) -> list[Part]:
    others = Conversation.objects.filter(Q(unanswered_since=None) | Q(snoozed_until__gt=now))
    latest = Part(rows=others, field="last_message_at", is_descending=True)
    return [*_first_who_waits(waiting(now=now), now), latest]


def _snoozed(user: User, now: datetime) -> list[Part]:
    return [Part(rows=snoozed(now=now), field="snoozed_until")]


def _done(user: User, now: datetime) -> list[Part]:
    done = Conversation.objects.filter(done_at__isnull=False)
    return [Part(rows=done, field="done_at", is_descending=True)]


_PARTS: Final[Mapping[Tab, Callable[[User, datetime], list[Part]]]] = {
    Tab.ANSWER: _to_answer,
    Tab.MINE: _of(lambda user: Q(assignee=user)),
    Tab.UNASSIGNED: _of(lambda _: Q(assignee=None)),
    Tab.ALL: _all,
    Tab.SNOOZED: _snoozed,
    Tab.DONE: _done,
}
