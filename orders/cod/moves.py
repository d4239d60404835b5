"""The moves of a confirmation: each by an update that names the state it leaves, with the step that proves it.

Whoever moves an order holds its row (`lock`): Shopify's news, the customer's answers and people decide one after the
other, each seeing what the one before did.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from orders.cod import marks
from orders.cod.words import Verb
from orders.models import CodEvent, Order
from orders.shops import current_shop

Status = Order.CodStatus


def lock(order_id: int) -> Order:
    """Return the order as it is now, held until the transaction ends.

    :raises Order.DoesNotExist: it is gone.
    """
    return Order.objects.select_for_update(of=("self",)).select_related("contact").get(pk=order_id)


def step(
    order: Order,
    verb: Verb,
    *,
    now: datetime,
    by: User | None = None,
    evidence: str = "",
    figures: dict[str, Any] | None = None,
) -> CodEvent:
    """Write down what happened, without moving anything."""
    return CodEvent.objects.create(
        order=order, at=now, verb=verb, by=by, evidence=evidence[:300], figures=figures or {}
    )


def move(
    order: Order,
    new: Status,
    verb: Verb,
    *,
    now: datetime,
    by: User | None = None,
    evidence: str = "",
    figures: dict[str, Any] | None = None,
    **columns: Any,
) -> CodEvent | None:
    """Move the order to `new` and set `columns`; None, with nothing done, if that is no legal move from where it is.

    The tags on Shopify follow.
    """
    old = Status(order.cod_status)
    if new not in Order.COD_NEXT[old]:
        return None
    moved = Order.objects.filter(pk=order.pk, cod_status=old).update(
        cod_status=new, updated_at=now, **columns
    )
    if moved != 1:
        return None
    order.cod_status = new
    change(order, **columns)
    event = step(order, verb, now=now, by=by, evidence=evidence, figures=figures)
    marks.follow(order, event, current_shop(), now=now)
    return event


def refuse_new(reasons: Mapping[int, str], *, now: datetime) -> None:
    """Move orders that this transaction made from TO_ASK to NOT_ELIGIBLE, each with its step; id → reason.

    They have no tags of ours that could follow.
    """
    for reason in sorted(set(reasons.values())):
        ids = [pk for pk, why in reasons.items() if why == reason]
        Order.objects.filter(pk__in=ids, cod_status=Status.TO_ASK).update(
            cod_status=Status.NOT_ELIGIBLE, cod_reason=reason, updated_at=now
        )
    CodEvent.objects.bulk_create(
        CodEvent(order_id=pk, at=now, verb=Verb.NOT_ELIGIBLE, figures={"reason": reason})
        for pk, reason in reasons.items()
    )


def write(order: Order, **columns: Any) -> None:
    """Set columns of a held order that are no state."""
    Order.objects.filter(pk=order.pk).update(**columns)
    change(order, **columns)


def change(order: Order, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(order, name, value)
