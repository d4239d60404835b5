"""Conditions on what was bought: a product, a tag or a type, within some days, for the last time, or never.

A line keeps title, type and tags as they were at purchase, so a product that left the catalogue still counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.conditions import Condition, InvalidValue, Kind, ValueField, operator, periods
from orders.models import Order, OrderLine, Product

GROUP = gettext_lazy("Orders")
SUGGESTIONS = 300
_DAYS = ValueField(
    kind=Kind.WHOLE,
    name="days",
    label=gettext_lazy("days"),
    unit=gettext_lazy("days"),
    minimum=1,
    words=periods.in_the_last_days,
)
_BOUGHT = (operator("is", gettext_lazy("bought")), operator("is_not", gettext_lazy("not bought")))
_NEVER = (operator("is", gettext_lazy("never bought")),)
_LAST = (operator("is", gettext_lazy("last bought")),)


def _days_ago(name: str, label: Promise) -> ValueField:
    return ValueField(
        kind=Kind.WHOLE, name=name, label=label, unit=gettext_lazy("days ago"), minimum=1
    )


_FROM = _days_ago("from", gettext_lazy("at least (days ago)"))
_TO = _days_ago("to", gettext_lazy("at most (days ago)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What products have in common: `of_line` and `of_product` pick those that the value names."""

    name: str
    within_key: str
    never_key: str
    last_key: str
    within_label: Promise
    never_label: Promise
    last_label: Promise
    field: ValueField
    of_line: Callable[[str], Q]
    of_product: Callable[[str], Q]
    within: Promise
    never: Promise
    last: Promise
    gone: Promise

    def bought(self, op: str, value: Any, now: datetime) -> Q:
        orders = Order.objects.placed().filter(placed_at__gte=now - timedelta(days=value["days"]))
        found = self._among(orders, value[self.name])
        return ~found if op == "is_not" else found

    def never_bought(self, op: str, value: str, now: datetime) -> Q:
        return ~self._among(Order.objects.placed(), value)

    def last_bought(self, op: str, value: Any, now: datetime) -> Q:
        """One look at the purchases, where “bought within, but not lately” would take two."""
        last = (
            OrderLine.objects.filter(
                self.of_line(value[self.name]),
                order__cancelled_at__isnull=True,
                order__contact__isnull=False,
                order__placed_at__gte=now - timedelta(days=value["to"]),
            )
            .order_by()
            .values("order__contact")
            .annotate(last=Max("order__placed_at"))
            .filter(last__lt=now - timedelta(days=value["from"]))
        )
        return Q(pk__in=last.values("order__contact"))

    def vanished(self, value: Any) -> str | None:
        """Say that neither the catalogue nor any order knows the value."""
        named = value[self.name] if isinstance(value, dict) else value
        if Product.objects.filter(self.of_product(named)).exists():
            return None
        if OrderLine.objects.filter(self.of_line(named)).exists():
            return None
        return str(self.gone) % {"value": named}

    def conditions(self) -> Iterable[Condition]:
        yield Condition(
            key=self.within_key,
            label=self.within_label,
            group=GROUP,
            operators=_BOUGHT,
            fields=(self.field, _DAYS),
            build=self.bought,
            template=self.within,
            vanished=self.vanished,
        )
        yield Condition(
            key=self.never_key,
            label=self.never_label,
            group=GROUP,
            operators=_NEVER,
            fields=(self.field,),
            build=self.never_bought,
            template=self.never,
            vanished=self.vanished,
        )
        yield Condition(
            key=self.last_key,
            label=self.last_label,
            group=GROUP,
            operators=_LAST,
            fields=(self.field, _FROM, _TO),
            build=self.last_bought,
            template=self.last,
            check=_check_days_ago,
            vanished=self.vanished,
        )

    def _among(self, orders: Any, value: str) -> Q:
        lines = OrderLine.objects.filter(self.of_line(value), order=OuterRef("pk"))
        return Q(Exists(orders.filter(Exists(lines), contact=OuterRef("pk"))))


def _check_days_ago(value: Any) -> None:
    """:raises InvalidValue: nobody could be in it."""
    if value["from"] >= value["to"]:
        raise InvalidValue(_("The first number of days must be smaller than the second."))


def _suggested(name: str, label: Promise, statement: str) -> ValueField:
    def read() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} LIMIT {SUGGESTIONS}")
            return [row[0] for row in cursor.fetchall()]

    return ValueField(kind=Kind.TEXT, name=name, label=label, suggestions=read)


GOODS = (
    Goods(
        name="tag",
        within_key="orders.bought_tag_within_days",
        never_key="orders.never_bought_tag",
        last_key="orders.last_bought_tag_days_ago",
        within_label=gettext_lazy("Products with a tag"),
        never_label=gettext_lazy("Never bought: products with a tag"),
        last_label=gettext_lazy("Last bought: products with a tag"),
        field=_suggested(
            "tag",
            gettext_lazy("product tag"),
            "SELECT DISTINCT unnest(tags) AS tag FROM orders_product ORDER BY tag",
        ),
        of_line=lambda tag: Q(tags__contains=[tag]),
        of_product=lambda tag: Q(tags__contains=[tag]),
        within=gettext_lazy("%(op)s products tagged %(tag)s %(days)s"),
        never=gettext_lazy("%(op)s products tagged %(tag)s"),
        last=gettext_lazy("%(op)s products tagged %(tag)s between %(from)s and %(to)s days ago"),
        gone=gettext_lazy("no product has the tag “%(value)s” (any more)"),
    ),
    Goods(
        name="type",
        within_key="orders.bought_product_type_within_days",
        never_key="orders.never_bought_product_type",
        last_key="orders.last_bought_product_type_days_ago",
        within_label=gettext_lazy("Products of a type"),
        never_label=gettext_lazy("Never bought: products of a type"),
        last_label=gettext_lazy("Last bought: products of a type"),
        field=_suggested(
            "type",
            gettext_lazy("product type"),
            "SELECT DISTINCT product_type FROM orders_product"
            " WHERE product_type <> '' ORDER BY product_type",
        ),
        of_line=lambda kind: Q(product_type=kind),
        of_product=lambda kind: Q(product_type=kind),
        within=gettext_lazy("%(op)s products of type %(type)s %(days)s"),
        never=gettext_lazy("%(op)s products of type %(type)s"),
        last=gettext_lazy("%(op)s products of type %(type)s between %(from)s and %(to)s days ago"),
        gone=gettext_lazy("no product is of type “%(value)s” (any more)"),
    ),
    Goods(
        name="product",
        within_key="orders.bought_product_within_days",
        never_key="orders.never_bought_product",
        last_key="orders.last_bought_product_days_ago",
        within_label=gettext_lazy("A product"),
        never_label=gettext_lazy("Never bought: a product"),
        last_label=gettext_lazy("Last bought: a product"),
        field=_suggested(
            "product",
            gettext_lazy("product title"),
            "SELECT DISTINCT title FROM orders_product ORDER BY title",
        ),
        # Named by its title, as it was when it was bought or as it is now.
        of_line=lambda title: Q(title=title) | Q(product__title=title),
        of_product=lambda title: Q(title=title),
        within=gettext_lazy("%(op)s %(product)s %(days)s"),
        never=gettext_lazy("%(op)s %(product)s"),
        last=gettext_lazy("%(op)s %(product)s between %(from)s and %(to)s days ago"),
        gone=gettext_lazy("no product is called “%(value)s” (any more)"),
    ),
)
