"""Conditions on what a contact bought, offered to segments."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    BooleanField,
    Count,
    Exists,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.utils.translation import gettext_lazy

from audiences.conditions import Condition, Kind, ValueField, operator, periods, register
from audiences.conditions.values import cents
from audiences.models import Contact
from orders.goods import GOODS, GROUP
from orders.models import Checkout, Order

Matching = Callable[[Any, datetime], QuerySet[Any]]


def register_order_conditions() -> None:
    for condition in _CONDITIONS:
        register(condition)


def _exists(matching: Matching) -> Callable[[str, Any, datetime], Q]:
    """There is (is) or there is not (is_not) a row of the contact; subqueries, so nothing is ever NULL."""

    def build(op: str, value: Any, now: datetime) -> Q:
        found = Q(Exists(matching(value, now).filter(contact=OuterRef("pk"))))
        return ~found if op == "is_not" else found

    return build


def _recent_orders(days: int, now: datetime) -> QuerySet[Order]:
    return Order.objects.placed().filter(placed_at__gte=now - timedelta(days=days))


def _no_recent_order(op: str, days: int, now: datetime) -> Q:
    return ~Q(Exists(_recent_orders(days, now).filter(contact=OuterRef("pk"))))


def _never_ordered(op: str, value: bool, now: datetime) -> Q:
    ordered = Q(Exists(Order.objects.placed().filter(contact=OuterRef("pk"))))
    return ordered if op == "is_not" else ~ordered


# PostgreSQL takes "= 1" for rare and "< 2" for common, which it is; whoever has no row is not among them.
_LOOKUPS: dict[str, Callable[[int], dict[str, int]]] = {
    "is": lambda than: {"figure__lt": 2} if than == 1 else {"figure": than},
    "at_least": lambda than: {"figure__gte": than},
    "at_most": lambda than: {"figure__gt": than},
}


def _compared(own: QuerySet[Order], figure: Aggregate, op: str, than: int) -> Q:
    """Compare a figure per contact; whoever has no row has zero.

    Orders are grouped once for everybody and joined, which PostgreSQL does many times faster than a subquery per
    contact; "at most" is "not more than", so that zero needs no row.
    """
    if op == "at_least" and than <= 0:
        return Q(Value(True, output_field=BooleanField()))
    grouped = own.filter(contact__isnull=False).order_by().values("contact").annotate(figure=figure)
    above = grouped.filter(**_LOOKUPS[op](than)).values("contact")
    if op == "at_most":
        # Whoever is not in a set PostgreSQL joins by this wording alone.
        return ~Q(Exists(Contact.objects.filter(pk=OuterRef("pk"), pk__in=above)))
    return Q(pk__in=above)


def _orders_count(op: str, value: int, now: datetime) -> Q:
    # Whether there is one needs no counting.
    if (op, value) == ("at_least", 1):
        return _never_ordered("is_not", True, now)
    if value == 0 and op != "at_least":
        return _never_ordered("is", True, now)
    return _compared(Order.objects.placed(), Count("*"), op, value)


def _only_order(op: str, days: int, now: datetime) -> Q:
    """One look at the orders, where “one order” and “ordered lately” would take two."""
    only = _last_orders().filter(figure__lt=2, last__gte=now - timedelta(days=days))
    return Q(pk__in=only.values("contact"))


def _last_order(op: str, days: int, now: datetime) -> Q:
    """One look at the orders, where “ordered” and “not lately” would take two."""
    long_ago = _last_orders().filter(last__lt=now - timedelta(days=days))
    return Q(pk__in=long_ago.values("contact"))


def _last_orders() -> QuerySet[Any]:
    """A row per contact who ordered: how many (`figure`), and when for the `last` time."""
    grouped = Order.objects.placed().filter(contact__isnull=False).order_by().values("contact")
    return grouped.annotate(figure=Count("*"), last=Max("placed_at"))


def _total_spent(op: str, value: str, now: datetime) -> Q:
    return _compared(Order.objects.kept(), Sum("total_cents"), op, cents(value))


def _abandoned(value: Any, now: datetime) -> QuerySet[Checkout]:
    return Checkout.objects.filter(
        recovered_at__isnull=True,
        abandoned_at__gte=now - timedelta(hours=value["hours"]),
        amount_cents__gte=cents(value["amount"]),
    )


_LAST_DAYS = ValueField(
    kind=Kind.WHOLE, unit=gettext_lazy("days"), minimum=1, words=periods.in_the_last_days
)
_NOTHING = (ValueField(kind=Kind.NOTHING),)
_YES_NO = (operator("is", gettext_lazy("yes")), operator("is_not", gettext_lazy("no")))
_AMOUNTS = (operator("at_least"), operator("at_most"))

_CONDITIONS = (
    Condition(
        key="orders.last_order_within_days",
        label=gettext_lazy("Ordered"),
        group=GROUP,
        operators=(
            operator("is", gettext_lazy("in the last")),
            operator("is_not", gettext_lazy("not in the last")),
        ),
        fields=(_LAST_DAYS,),
        build=_exists(_recent_orders),
        template_by_operator={
            "is": gettext_lazy("Ordered %(value)s"),
            "is_not": gettext_lazy("Not ordered %(value)s"),
        },
    ),
    Condition(
        key="orders.no_order_within_days",
        label=gettext_lazy("No order"),
        group=GROUP,
        operators=(operator("is", gettext_lazy("in the last")),),
        fields=(_LAST_DAYS,),
        build=_no_recent_order,
        template=gettext_lazy("No order %(value)s"),
    ),
    Condition(
        key="orders.last_order_days_ago",
        label=gettext_lazy("Last order"),
        group=GROUP,
        operators=(operator("at_least"),),
        fields=(
            ValueField(
                kind=Kind.WHOLE, unit=gettext_lazy("days ago"), minimum=1, words=periods.days_ago
            ),
        ),
        build=_last_order,
    ),
    Condition(
        key="orders.orders_count",
        label=gettext_lazy("Number of orders"),
        group=GROUP,
        operators=(operator("is"), *_AMOUNTS),
        fields=(ValueField(kind=Kind.WHOLE),),
        build=_orders_count,
    ),
    Condition(
        key="orders.only_order_within_days",
        label=gettext_lazy("Made their only order"),
        group=GROUP,
        operators=(operator("is", gettext_lazy("in the last")),),
        fields=(_LAST_DAYS,),
        build=_only_order,
        template=gettext_lazy("Made their only order %(value)s"),
    ),
    Condition(
        key="orders.total_spent",
        label=gettext_lazy("Total spent"),
        group=GROUP,
        operators=_AMOUNTS,
        fields=(ValueField(kind=Kind.MONEY, unit=gettext_lazy("euros")),),
        build=_total_spent,
        template=gettext_lazy("Total spent %(op)s %(value)s"),
    ),
    Condition(
        key="orders.never_ordered",
        label=gettext_lazy("Never ordered"),
        group=GROUP,
        operators=(
            operator("is", gettext_lazy("has never ordered")),
            operator("is_not", gettext_lazy("has ordered")),
        ),
        fields=_NOTHING,
        build=_never_ordered,
        template="%(op)s",
    ),
    *(condition for goods in GOODS for condition in goods.conditions()),
    Condition(
        key="orders.cod_pending",
        label=gettext_lazy("Cash-on-delivery order to confirm"),
        group=GROUP,
        operators=_YES_NO,
        fields=_NOTHING,
        build=_exists(lambda value, now: Order.objects.cod_pending()),
    ),
    Condition(
        key="orders.cod_refused",
        label=gettext_lazy("Refused a cash-on-delivery parcel"),
        group=GROUP,
        operators=_YES_NO,
        fields=_NOTHING,
        build=_exists(lambda value, now: Order.objects.cod_refused()),
    ),
    Condition(
        key="orders.abandoned_checkout",
        label=gettext_lazy("Abandoned cart"),
        group=GROUP,
        operators=_YES_NO,
        fields=(
            ValueField(
                kind=Kind.MONEY,
                name="amount",
                label=gettext_lazy("minimum amount"),
                unit=gettext_lazy("euros or more"),
            ),
            ValueField(
                kind=Kind.WHOLE,
                name="hours",
                label=gettext_lazy("hours"),
                unit=gettext_lazy("hours"),
                minimum=1,
                words=periods.in_the_last_hours,
            ),
        ),
        build=_exists(_abandoned),
        template=gettext_lazy("Abandoned a cart of %(amount)s or more %(hours)s: %(op)s"),
    ),
)
