"""What cash-on-delivery orders wait for: tasks above the list, decided on the pages of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from conversations.inbox.rows import COD_WORDS
from orders.cod import lists
from orders.models import Order

# The oldest of each kind; the rest is one click away.
SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to decide: `link` leads to the page of orders where it is decided."""

    words: str
    order: Order
    since: datetime | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """`count` of all, and the oldest of each kind."""

    count: int
    oldest: Sequence[Task]
    all_of_them: str

    @property
    def has_more(self) -> bool:
        return self.count > len(self.oldest)


def tasks() -> Tasks:
    """Return what waits for a decision, from the lists of orders."""
    changes, cancellations, questions = lists.changes(), lists.cancellations(), lists.questions()
    found = [_task("cancel", order, order.answered_at) for order in _with_people(cancellations)]
    found += [
        _task("change", change.order, change.asked_at, "address") for change in changes[:SHOWN]
    ]
    found += [_task("question", order, order.cod_question_at) for order in _with_people(questions)]
    count = changes.count() + cancellations.count() + questions.count()
    return Tasks(count=count, oldest=found, all_of_them=reverse("admin:orders_cod_work"))


def _with_people(orders: QuerySet[Order]) -> list[Order]:
    """The oldest few, with nothing but the person: what was said is on the pages of orders."""
    return list(orders.prefetch_related(None)[:SHOWN])


def _task(kind: str, order: Order, since: datetime | None, page: str = "") -> Task:
    """An address is looked at on its page; wishes and questions are read on the card, where they are decided too."""
    link = f"{reverse(f'admin:orders_cod_{page}', args=[order.pk])}?back=inbox" if page else ""
    if not link and order.contact_id:
        link = f"{reverse('customer', args=[order.contact_id])}?from=inbox"
    return Task(
        words=str(COD_WORDS[kind]),
        order=order,
        since=since,
        link=link or reverse("admin:orders_cod_work"),
    )
