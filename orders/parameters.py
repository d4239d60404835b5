"""Values from a contact's orders and carts, offered to templates."""

from django.db.models import CharField, DateTimeField, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable, Func, Value
from django.utils.translation import gettext_lazy

from audiences.parameters import Parameter, register
from orders.models import Checkout, Order, OrderLine
from orders.pairs import suggested_product
from orders.refill import refill

SHOP_ZONE = "Europe/Rome"


def register_order_parameters() -> None:
    last = Order.objects.placed().filter(contact=OuterRef("pk")).order_by("-placed_at", "-pk")
    cart = Checkout.objects.filter(contact=OuterRef("pk"), recovered_at__isnull=True)
    cart = cart.order_by("-abandoned_at", "-pk")
    for parameter in (
        Parameter(
            "orders.last_order_name", gettext_lazy("Last order: number"), _first(last, F("name"))
        ),
        Parameter(
            "orders.last_order_amount",
            gettext_lazy("Last order: amount"),
            _first(last, euros(F("total_cents"))),
        ),
        Parameter(
            "orders.last_order_date",
            gettext_lazy("Last order: date"),
            _first(last, italian_date(F("placed_at"))),
        ),
        Parameter(
            "orders.last_order_product",
            gettext_lazy("Last order: product"),
            _first(last, _dearest_line()),
        ),
        Parameter(
            "orders.suggested_product", gettext_lazy("Suggested product"), suggested_product()
        ),
        Parameter("orders.refill_date", gettext_lazy("Refill: date"), refill("refill_date")),
        Parameter(
            "orders.refill_product", gettext_lazy("Refill: product"), refill("refill_product")
        ),
        Parameter(
            "checkout.amount",
            gettext_lazy("Abandoned cart: amount"),
            _first(cart, euros(F("amount_cents"))),
        ),
        Parameter(
            "checkout.recovery_url",
            gettext_lazy("Abandoned cart: link"),
            _first(cart, F("recovery_url")),
        ),
    ):
        register(parameter)


def _first(rows: QuerySet[Order] | QuerySet[Checkout], shown: Combinable) -> Subquery:
    return Subquery(rows.annotate(shown=shown).values("shown")[:1], output_field=CharField())


def _dearest_line() -> Subquery:
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by("-price_cents", "pk")
    return Subquery(lines.values("title")[:1], output_field=CharField())


def euros(amount_cents: Combinable) -> Func:
    """“1.064,90 €”, whatever the locale of the server."""
    return Func(
        amount_cents,
        template="translate(to_char(%(expressions)s / 100.0, 'FM999,999,990.00'), ',.', '.,') || ' €'",
        output_field=CharField(),
    )


def italian_date(moment: Combinable) -> Func:
    """“23/11/2026”, on the shop's calendar."""
    local = Func(Value(SHOP_ZONE), moment, function="timezone", output_field=DateTimeField())
    return Func(local, Value("DD/MM/YYYY"), function="to_char", output_field=CharField())
