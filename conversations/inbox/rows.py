"""What the inbox shows of each conversation, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.inbox.deeds import name_of, of_user
from conversations.inbox.seen import mark_of
from conversations.kind_words import in_words
from conversations.models import Conversation
from conversations.window import SOON
from orders.cod import lists
from orders.models import Order

COD_WORDS: Final[Mapping[str, Promise]] = {
    "cancel": gettext_lazy("COD: wants to cancel"),
    "change": gettext_lazy("COD: another address"),
    "question": gettext_lazy("COD: a question"),
}
_DAY: Final = timedelta(days=1)
# A wait longer than this is shown in red.
_LONG: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`mark` is what the agent sees, `print` changes with whatever is shown of it."""

    conversation: Conversation
    mark: str
    name: str
    phone: str
    said: str
    is_theirs: bool
    when: str
    waits: str
    is_long: bool
    closing: str
    snoozed: str
    done: str
    assignee: str
    is_mine: bool
    tasks: tuple[str, ...]

    @property
    def print(self) -> int:
        return crc32(repr((self.mark, self.said, self.when, self.waits, self.closing, self.snoozed, self.done, self.assignee, self.tasks, self.name)).encode())  # fmt: skip

    @property
    def key(self) -> int:
        return self.conversation.contact_id

    @property
    def is_done(self) -> bool:
        return self.conversation.done_at is not None


def rows_of(
    found: Sequence[Conversation],
    *,
    user: User,
    now: datetime,
    words: Mapping[int, str] | None = None,
) -> list[Row]:
    """Return the rows of a page; two queries for what orders wait for. `words` replaces what was said last."""
    tasks = _tasks_of([row.contact_id for row in found]) if _may_see_orders(user) else {}
    told = words or {}
    return [
        _row(row, tasks.get(row.contact_id, ()), told.get(row.contact_id, ""), user=user, now=now)
        for row in found
    ]


def lasting(time: timedelta) -> str:
    """Return how long, as people say it: “5 min”, “2 h 05 min”, “3 d”."""
    minutes = max(0, int(time.total_seconds() // 60))
    if time >= 2 * _DAY:
        return _("%(days)s d") % {"days": time.days}
    if minutes >= 60:
        return _("%(hours)s h %(minutes)s min") % {
            "hours": minutes // 60,
            "minutes": f"{minutes % 60:02d}",
        }
    return _("%(minutes)s min") % {"minutes": minutes}


def _row(row: Conversation, tasks: Sequence[str], words: str, *, user: User, now: datetime) -> Row:
    is_asleep = row.snoozed_until is not None and row.snoozed_until > now
    waits = now - row.unanswered_since if row.unanswered_since and not is_asleep else None
    left = row.window_closes_at - now if row.window_closes_at else timedelta(0)
    is_closing = waits is not None and timedelta(0) < left <= SOON
    return Row(
        conversation=row,
        mark=str(mark_of(row, now=now)),
        name=name_of(row.contact),
        phone=row.contact.phone or "",
        said=words or row.preview or in_words(row.preview_kind),
        is_theirs=bool(words) or row.is_preview_inbound,
        when=_moment(row.last_message_at, now=now),
        waits=lasting(waits) if waits is not None else "",
        is_long=waits is not None and waits >= _LONG,
        closing=lasting(left) if is_closing else "",
        snoozed=_moment(row.snoozed_until, now=now) if is_asleep else "",
        done=_done(row, now=now),
        assignee=of_user(row.assignee) if row.assignee_id else "",
        is_mine=row.assignee_id == user.pk,
        tasks=tuple(str(COD_WORDS[task]) for task in tasks),
    )


def _done(row: Conversation, *, now: datetime) -> str:
    if row.done_at is None:
        return ""
    told = {"name": of_user(row.done_by), "when": _moment(row.done_at, now=now)}
    return _("%(name)s, %(when)s") % told


def _moment(at: datetime | None, *, now: datetime) -> str:
    """The time of today, the day of any other."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return date_format(local, "TIME_FORMAT")
    if abs(local.date() - today) == _DAY:
        day = _("yesterday") if local.date() < today else _("tomorrow")
        return f"{day} {date_format(local, 'TIME_FORMAT')}"
    if local > timezone.localtime(now):
        return date_format(local, "SHORT_DATETIME_FORMAT")
    return date_format(local, "SHORT_DATE_FORMAT")


def _may_see_orders(user: User) -> bool:
    return user.has_perm("orders.decide_cod")


def _tasks_of(contact_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What the orders of these people wait for, by contact."""
    mine = Order.objects.filter(contact__in=contact_ids)
    asked = {
        "cancel": lists.cancellations().filter(pk__in=mine.values("pk")),
        "question": lists.questions().filter(pk__in=mine.values("pk")),
    }
    found: dict[int, list[str]] = {}
    for task, orders in asked.items():
        for contact_id in orders.order_by().values_list("contact", flat=True).distinct():
            found.setdefault(contact_id, []).append(task)
    changes = lists.changes().filter(order__contact__in=contact_ids).order_by()
    for contact_id in changes.values_list("order__contact", flat=True).distinct():
        found.setdefault(contact_id, []).append("change")
    return {contact_id: tuple(sorted(told)) for contact_id, told in found.items()}
