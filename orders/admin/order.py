"""Orders, to look up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin
from orders.admin.figures.views import FiguresFile, FiguresPage
from orders.admin.money import euros
from orders.models import Order, OrderLine


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


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("name", "contact", "placed_at", "show_total", "show_cod", "delivery_state")
    list_filter = ("cod_status", "delivery_state")
    list_select_related = ("contact",)
    search_fields = ("name", "phone", "email", "contact__last_name")
    ordering = ("-placed_at", "-pk")
    inlines = (OrderLineInline,)
    fields = (
        "name",
        "contact",
        "phone",
        "email",
        "placed_at",
        "show_total",
        "cod_status",
        "delivery_state",
        "cancelled_at",
    )
    readonly_fields = ("show_total",)

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
