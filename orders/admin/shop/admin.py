"""The settings of the one shop: the list leads straight to its page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.admin.pages import PageAdmin
from orders.admin.shop.form import PLACES, ShopForm
from orders.models import Shop
from orders.notices import look_at_shop, missing_scopes
from orders.shops import current_shop, mark_connected

_PLACES = tuple(
    (f"kind_{number}", f"name_{number}", f"value_{number}", f"covers_{number}")
    for number in range(1, PLACES + 1)
)


@admin.register(Shop)
class ShopAdmin(PageAdmin):
    form = ShopForm
    change_form_outer_before_template = "orders/admin/shop_bar.html"
    fieldsets = (
        (gettext_lazy("Cash on delivery"), {"fields": ("seen", "others", "accepts_unnamed_cod")}),
        (
            gettext_lazy("Where consent to WhatsApp is found"),
            {
                "fields": ("writes_consent_back", "is_contract_basis", *_PLACES),
                "description": gettext_lazy(
                    "Of several places the latest word counts; a STOP in the chat beats everything older. Nothing written "
                    "is no consent, and the e-mail box is about e-mail."
                ),
            },
        ),
        (
            gettext_lazy("Confirmation"),
            {
                "fields": (
                    ("remind_after_minutes", "unanswered_after_minutes"),
                    ("courier_cutoff", "cod_holdout_share"),
                )
            },
        ),
        (
            gettext_lazy("Tags on Shopify"),
            {
                "fields": (
                    ("cod_tag", "confirmed_tag"),
                    ("changed_tag", "cancel_tag"),
                    ("unanswered_tag", "refused_tags"),
                ),
                "description": gettext_lazy("A tag left empty is not put on."),
            },
        ),
        (
            gettext_lazy("Refused parcels"),
            {"fields": ("refused_parcel_cents", ("storage_days", "unknown_after_days"))},
        ),
    )

    class Media:
        css = {"all": ["campaigns/campaigns.css", "orders/shop.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [path("connected/", view(self.connected_view), name="orders_shop_connected")]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one shop: its page is what was meant."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:orders_shop_change", current_shop().pk)

    def connected_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks, POST says that the app is installed again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        shop = current_shop()
        if request.method == "POST":
            now = timezone.now()
            if mark_connected(shop, now=now):
                look_at_shop(current_shop(), now=now)
                messages.success(request, _("Connected again: orders are read from now on."))
            else:
                messages.info(request, _("The shop is connected already."))
            return redirect("admin:orders_shop_change", shop.pk)
        context = self.page(request, _("Connected again?"), shop=shop)
        return TemplateResponse(request, "orders/admin/shop_connected.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shop: Shop = context["original"]
        context |= {
            "missing_scopes": missing_scopes(shop),
            "may_connect": bool(shop.uninstalled_at) and self.has_change_permission(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)
