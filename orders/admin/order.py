"""Orders, to look up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin
from audiences.customer_card import card_url_for
from audiences.language_names import language_name
from orders.admin.figures.views import FiguresFile, FiguresPage
from orders.admin.money import euros
from orders.admin.story import story_of
from orders.models import Order, OrderLine
from orders.order_words import address_line, lacks_house_number, money


class OrderLineInline(TabularInline):
    model = OrderLine
    extra = 0
    can_delete = False
    fields = ("title", "quantity", "show_price", "product_type")
    readonly_fields = fields

    @display(description=_("price"))  # type: ignore[untyped-decorator]
    def show_price(self, line: OrderLine) -> str:
        return euros(line.price_cents)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# Shopify's words for the state of a payment; one that is not known is shown as it came.
_PAYMENTS = {
    "pending": _("Not paid yet"),
    "authorized": _("Authorised, not charged yet"),
    "partially_paid": _("Paid in part"),
    "paid": _("Paid"),
    "partially_refunded": _("Refunded in part"),
    "refunded": _("Refunded"),
    "voided": _("Voided"),
    "expired": _("Expired"),
}
# Told where there is something to tell.
_IF_THERE = (
    "show_language",
    "note",
    "is_test",
    "is_imported",
    "cancelled_at",
    "cancel_reason",
    "paid_at",
    "erased_at",
)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("name", "contact", "placed_at", "show_total", "show_cod", "delivery_state")
    list_filter = ("cod_status", "delivery_state", "outcome", "is_test")
    list_select_related = ("contact",)
    search_fields = ("name", "phone", "email", "contact__last_name")
    ordering = ("-placed_at", "-pk")
    inlines = (OrderLineInline,)
    change_form_outer_after_template = "orders/admin/order_story.html"
    readonly_fields = (
        "show_total", "show_due", "show_address", "show_payment", "show_tags", "show_outcome",
        "show_language",
    )  # fmt: skip

    class Media:
        css = {"all": ["campaigns/campaigns.css", "orders/order.css"]}

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> tuple[str, ...]:
        """What there is to say of this order; what does not concern it is not there."""
        shown = ["name", "contact", "phone", "email", "show_address", "placed_at", "show_total"]
        if obj is None:
            return tuple(shown)
        shown += ["show_due"] if obj.is_cod else []
        shown += ["cod_status", "show_payment", "delivery_state", "show_outcome"]
        shown += [name for name in _IF_THERE if getattr(obj, name.removeprefix("show_"))]
        return (*shown, *(["show_tags"] if obj.tags else []))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        order = context["original"]
        card = card_url_for(request.user, order.contact_id)
        return super().render_change_form(
            request, context | story_of(order) | {"card_url": card}, *args, **kwargs
        )

    def get_urls(self) -> list[URLPattern]:
        pages = [
            self._page("figures/", "figures", FiguresPage),
            self._page("figures.csv", "figures_file", FiguresFile),
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*pages, *urls]

    def _page(self, address: str, name: str, view: Any) -> URLPattern:
        shown = self.admin_site.admin_view(view.as_view(model_admin=self))
        url: URLPattern = path(address, shown, name=f"orders_order_{name}")
        return url

    @display(description=_("total"), ordering="total_cents")  # type: ignore[untyped-decorator]
    def show_total(self, order: Order) -> str:
        return euros(order.total_cents)

    @display(description=_("to pay"))  # type: ignore[untyped-decorator]
    def show_due(self, order: Order) -> str:
        return money(order.amount_due_cents, order.due_currency, get_language() or "it")

    @display(description=_("shipping address"))  # type: ignore[untyped-decorator]
    def show_address(self, order: Order) -> str:
        line = address_line(order.shipping_address or {})
        if not line:
            return "–"
        if not lacks_house_number(order.shipping_address):
            return line
        return gettext("%(address)s (the house number is missing)") % {"address": line}

    @display(description=_("payment"))  # type: ignore[untyped-decorator]
    def show_payment(self, order: Order) -> str:
        word = order.financial_status
        return str(_PAYMENTS.get(word.lower(), word)) or "–"

    @display(description=_("language"))  # type: ignore[untyped-decorator]
    def show_language(self, order: Order) -> str:
        return language_name(order.language)

    @display(description=_("tags"))  # type: ignore[untyped-decorator]
    def show_tags(self, order: Order) -> str:
        return ", ".join(order.tags)

    @display(description=_("how it ended"))  # type: ignore[untyped-decorator]
    def show_outcome(self, order: Order) -> str:
        """With the rung of the ladder of evidence that says so."""
        ended = order.get_outcome_display()
        if order.outcome_source is None:
            return ended
        text = gettext("%(outcome)s (evidence %(rung)s of 7)")
        return text % {"outcome": ended, "rung": order.outcome_source}

    @display(  # type: ignore[untyped-decorator]
        description=_("cash on delivery"),
        # Every state: one left out is shown by its code.
        label=dict.fromkeys(Order.CodStatus, "default")
        | {
            Order.CodStatus.TO_ASK: "warning",
            Order.CodStatus.ASKED: "warning",
            Order.CodStatus.CHANGE_REQUESTED: "warning",
            Order.CodStatus.UNANSWERED: "danger",
            Order.CodStatus.CANCEL_REQUESTED: "danger",
            Order.CodStatus.CONFIRMED: "success",
        },
    )
    def show_cod(self, order: Order) -> tuple[str, str]:
        return order.cod_status, order.get_cod_status_display()
