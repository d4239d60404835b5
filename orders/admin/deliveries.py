"""What Shopify delivered, what became of it, and a second try by hand."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orders.admin.again import AgainPage
from orders.delivery_figures import Figures, figures
from orders.delivery_words import outcome_in_words
from orders.models import Order, ShopifyDelivery
from templates_sync.admin.readonly import ReadOnlyAdmin

STATE_TONES = {
    ShopifyDelivery.State.RECEIVED: "warning",
    ShopifyDelivery.State.DONE: "success",
    ShopifyDelivery.State.IGNORED: "default",
    ShopifyDelivery.State.FAILED: "danger",
}
_ABOUT_ORDERS = ("order", "fulfillment", "refund", "return")


@admin.register(ShopifyDelivery)
class ShopifyDeliveryAdmin(AgainPage, ReadOnlyAdmin):
    list_display = ("received_at", "topic", "show_state", "show_outcome", "attempts", "error")
    list_filter = ("state", "topic", "outcome")
    list_filter_sheet = True
    list_per_page = 25
    search_fields = ("webhook_id", "event_id")
    search_help_text = _("An identifier of Shopify: of an order, a customer, a delivery.")
    ordering = ("-received_at",)
    list_before_template = "orders/admin/deliveries_bar.html"
    readonly_fields = ("show_outcome", "show_about", "show_body")
    change_form_outer_before_template = "orders/admin/delivery_bar.html"

    class Media:
        css = {"all": ["campaigns/campaigns.css", "orders/deliveries.css"]}

    @display(description=_("state"), label=STATE_TONES)  # type: ignore[untyped-decorator]
    def show_state(self, delivery: ShopifyDelivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @display(description=_("outcome"))  # type: ignore[untyped-decorator]
    def show_outcome(self, delivery: ShopifyDelivery) -> str:
        return outcome_in_words(delivery.outcome)

    @display(description=_("about"))  # type: ignore[untyped-decorator]
    def show_about(self, delivery: ShopifyDelivery) -> SafeString | str:
        if delivery.object_id is None:
            return "–"
        order = None
        if delivery.topic.startswith(_ABOUT_ORDERS):
            order = Order.objects.filter(shopify_id=delivery.object_id).first()
        if order is None:
            return str(delivery.object_id)
        url = reverse("admin:orders_order_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, order.name)

    @display(description=_("as it came"))  # type: ignore[untyped-decorator]
    def show_body(self, delivery: ShopifyDelivery) -> SafeString:
        return format_html('<pre class="od-body" tabindex="0">{}</pre>', readable(delivery.text))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopifyDelivery]:
        found: QuerySet[ShopifyDelivery] = super().get_queryset(request)
        # Bodies are large, and no list shows them.
        return found.defer("body")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        wanted = search_term.strip()
        if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19:
            return queryset.filter(object_id=int(wanted)), False
        return super().get_search_results(request, queryset, search_term)

    def get_fields(
        self, request: HttpRequest, obj: ShopifyDelivery | None = None
    ) -> tuple[str, ...]:
        waits = obj is not None and obj.state == ShopifyDelivery.State.RECEIVED
        return (
            "topic",
            "shop_domain",
            "triggered_at",
            "received_at",
            "state",
            "show_outcome",
            "attempts",
            "error",
            "due_at" if waits else "processed_at",
            "show_about",
            "api_version",
            "show_body",
        )

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.again_view)
        own = [path("again/", again, name="orders_shopifydelivery_again")]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = figures(now=timezone.now())
        shown = {"tiles": tiles(found), "figures": found}
        return super().changelist_view(request, (extra_context or {}) | shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery = context["original"]
        context["may_process_again"] = (
            delivery.state != ShopifyDelivery.State.RECEIVED
            and self.has_process_permission(request)
            and bool(delivery.body or delivery.outcome == "unreadable")
        )
        return super().render_change_form(request, context, *args, **kwargs)


def tiles(found: Figures) -> list[dict[str, Any]]:
    """Return the counters above the list, each with the address of what it counts."""
    address = reverse("admin:orders_shopifydelivery_changelist")
    texts = {
        "received": _("To process"),
        "failed": _("Failed"),
        "done": _("Done in 24 hours"),
        "ignored": _("Not used in 24 hours"),
    }
    return [
        {
            "state": state,
            "text": text,
            "count": getattr(found, state),
            "link": f"{address}?state__exact={state}",
        }
        for state, text in texts.items()
    ]


def readable(text: str) -> str:
    """Return JSON with its lines broken, anything else as it came."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
