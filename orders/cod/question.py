"""The two messages of a confirmation, as flows know them: the question, and the one reminder.

Which template asks, after which delay and under which conditions is a flow's, made and enabled by people. Here stands
what a flow cannot know: what the message says of the order, and whether the order may still be asked about.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from campaigns.flows import triggers
from campaigns.flows.triggers import Trigger, amount_condition
from orders.cod.eligibility import why_not_asked, why_over
from orders.cod.rounds import Asked, asked_by
from orders.cod.words import WHY_NOT
from orders.models import Order
from orders.order_words import ORDER_PARAMETERS, order_values
from orders.shops import current_shop

PLACED: Final = "order.cod_placed"
UNANSWERED: Final = "order.cod_unanswered"
BOTH: Final = (PLACED, UNANSWERED)
# The parcel of the day after has gone by then: a question that late is no service.
LASTS: Final = timedelta(days=3)
Status = Order.CodStatus
WhyNot = Callable[[Collection[str], datetime], Mapping[str, str]]
# Asked as well: a message that may be sent a second time by a person's decision is still the same question.
_MAY_BE_ASKED = {
    PLACED: frozenset({Status.TO_ASK, Status.ASKED}),
    UNANSWERED: frozenset({Status.ASKED}),
}


def register_questions() -> None:
    """Offer both to flows; called when the application starts."""
    for key, label in (
        (PLACED, _("A cash-on-delivery order is placed")),
        (UNANSWERED, _("The question about a cash-on-delivery order has no answer")),
    ):
        triggers.register(
            Trigger(
                key=key,
                label=label,
                group=_("Cash on delivery"),
                parameters=ORDER_PARAMETERS,
                values=values_of,
                why_not=_why_not(key),
                conditions=[
                    amount_condition(
                        key="order.amount_due",
                        label=_("Amount to pay"),
                        group=_("Cash on delivery"),
                        cents_of=_cents_of,
                    )
                ],
                is_exclusive=True,
                lasts=LASTS,
                reasons=WHY_NOT,
            )
        )


def values_of(subject: str) -> Mapping[str, str]:
    """Return what the message says of the order, read now; nothing of an order that is gone."""
    asked = asked_by(subject)
    order = (
        Order.objects.filter(pk=asked.order_id).select_related("contact").first() if asked else None
    )
    if order is None:
        return {}
    language = order.contact.language if order.contact else order.language
    return order_values(order, language=language)


def why_not(trigger: str, subjects: Collection[str], now: datetime) -> dict[str, str]:
    """Return subject → reason for those that must not (any longer) be asked about.

    Read when a message is due, and again by the sender just before it leaves.
    """
    asked = {subject: known for subject in subjects if (known := asked_by(subject))}
    orders = Order.objects.select_related("contact").in_bulk(
        {one.order_id for one in asked.values()}
    )
    is_contract_basis = current_shop().is_contract_basis
    found = dict.fromkeys(set(subjects) - asked.keys(), "order_gone")
    for subject, one in asked.items():
        order = orders.get(one.order_id)
        reason = (
            _why_not_one(trigger, order, one, is_contract_basis=is_contract_basis)
            if order
            else "order_gone"
        )
        if reason:
            found[subject] = reason
    return found


def _why_not_one(trigger: str, order: Order, asked: Asked, *, is_contract_basis: bool) -> str:
    if over := why_over(order):
        return over
    if asked.round != order.cod_round or order.asked_amount_cents != order.amount_due_cents:
        return "order_changed"
    if order.cod_status not in _MAY_BE_ASKED[trigger]:
        return "order_answered"
    return why_not_asked(order, order.contact, is_contract_basis=is_contract_basis)


def _why_not(trigger: str) -> WhyNot:
    def asked(subjects: Collection[str], now: datetime) -> Mapping[str, str]:
        return why_not(trigger, subjects, now)

    return asked


def _cents_of(subject: str) -> int | None:
    """Return euro cents to pay; None for an order that is gone, or to be paid in another currency."""
    asked = asked_by(subject)
    return (
        Order.objects.filter(pk=asked.order_id, due_currency="EUR")
        .values_list("amount_due_cents", flat=True)
        .first()
        if asked
        else None
    )
