"""How many wait, and whether anything of a list has changed: one statement each, asked all day by every open inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet

from conversations.inbox.pages import ordered
from conversations.inbox.tabs import Part, Tab, snoozed, waiting
from conversations.models import Conversation
from orders.cod import lists

# Nobody reads more than “999+”, and nothing is counted further.
MOST: Final = 1_000
_SHOWN = (
    "pk",
    "last_message_at",
    "unanswered_since",
    "unread_count",
    "window_closes_at",
    "assignee_id",
    "snoozed_until",
    "done_at",
)


@dataclass(frozen=True, slots=True)
class Counter:
    count: int

    @property
    def text(self) -> str:
        return f"{MOST - 1}+" if self.count >= MOST else str(self.count)


def counters(*, user: User, now: datetime) -> Mapping[Tab, Counter]:
    """Return how many wait in all, for `user` and for whoever takes them, and how many are put off; up to MOST."""
    asked = _counted(user=user, now=now)
    parts = [_statement(rows) for rows in asked.values()]
    found = _one("SELECT " + ", ".join(f"({_COUNT.format(sql)})" for sql, _ in parts), parts)
    return {tab: Counter(count) for tab, count in zip(asked, found, strict=True)}


def version_of(
    parts: Sequence[Part], *, user: User, limit: int, has_orders: bool, now: datetime
) -> str:
    """Return what changes with whatever the first `limit` rows, the counters and the tasks show.

    It also changes with the minute, as does what is said of how long somebody waits.
    """
    rows = [_statement(ordered(part).values_list(*_SHOWN)[:limit]) for part in parts]
    counted = [_statement(found) for found in _counted(user=user, now=now).values()]
    tasks = [_statement(found) for found in _tasks()] if has_orders else []
    # Nothing but what Django has written goes into the text; values go beside it.
    whole = [f"(SELECT string_agg(r::text, ';') FROM ({sql}) r)" for sql, _ in rows]  # noqa: S608
    whole += [f"({_COUNT.format(sql)})" for sql, _ in [*counted, *tasks]]
    statement = f"SELECT md5(concat_ws('|', {', '.join(whole)}))"
    (token,) = _one(statement, [*rows, *counted, *tasks])
    return f"{token}-{int(now.timestamp()) // 60}"


_COUNT = "SELECT count(*) FROM ({}) c"


def _counted(*, user: User, now: datetime) -> dict[Tab, QuerySet[Any, Any]]:
    awaited = waiting(now=now)
    asked: dict[Tab, QuerySet[Conversation]] = {
        Tab.ANSWER: awaited,
        Tab.MINE: awaited.filter(assignee=user),
        Tab.UNASSIGNED: awaited.filter(assignee=None),
        Tab.SNOOZED: snoozed(now=now),
    }
    return {tab: rows.order_by().values("pk")[:MOST] for tab, rows in asked.items()}


def _tasks() -> list[QuerySet[Any, Any]]:
    found = (lists.changes(), lists.cancellations(), lists.questions())
    return [rows.order_by().values("pk")[:MOST] for rows in found]


def _statement(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    sql, values = rows.query.sql_with_params()
    return sql, tuple(values)


def _one(statement: str, parts: Sequence[tuple[str, tuple[Any, ...]]]) -> tuple[Any, ...]:
    values = [value for _, told in parts for value in told]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
