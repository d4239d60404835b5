"""What Shopify was told, or could not be told, with another try by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from audiences.models import ConsentState
from orders import shop_calls
from orders.models import ShopCall
from orders.shopify_words import sentence
from templates_sync.admin.readonly import ReadOnlyAdmin

TONES = {
    ShopCall.State.WAITING: "warning",
    ShopCall.State.DONE: "success",
    ShopCall.State.FAILED: "danger",
    ShopCall.State.SKIPPED: "info",
}
_CONSENTS = {
    ConsentState.WITHDRAWN.value: gettext_lazy("WhatsApp: unsubscribed"),
    ConsentState.GIVEN.value: gettext_lazy("WhatsApp: subscribed again"),
}
ADDRESS_LINES = ("address1", "address2", "zip", "city", "province_code", "country_code")


@admin.register(ShopCall)
class ShopCallAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "show_whom",
        "kind",
        "show_what",
        "show_state",
        "attempts",
        "show_error",
    )
    list_filter = ("state", "kind", "created_at")
    list_filter_sheet = True
    list_select_related = ("order", "contact")
    search_fields = ("order__name", "=contact__phone", "contact__last_name")
    search_help_text = gettext_lazy("Number of an order, phone or surname")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("show_whom", "show_what", "show_error")
    change_form_outer_before_template = "orders/admin/shop_call_bar.html"

    class Media:
        css = {"all": ["campaigns/campaigns.css", "orders/calls.css"]}

    @display(description=gettext_lazy("order or person"), ordering="order__name")  # type: ignore[untyped-decorator]
    def show_whom(self, call: ShopCall) -> SafeString:
        url = reverse("admin:orders_order_change", args=[call.order_id]) if call.order else ""
        if call.contact is not None:
            url = reverse("admin:audiences_contact_change", args=[call.contact.pk])
        return format_html('<a class="cp-link" href="{}">{}</a>', url, whom(call))

    @display(description=gettext_lazy("content"))  # type: ignore[untyped-decorator]
    def show_what(self, call: ShopCall) -> str:
        return said_in(call) or "–"

    @display(description=gettext_lazy("state"), label=TONES)  # type: ignore[untyped-decorator]
    def show_state(self, call: ShopCall) -> tuple[str, str]:
        return call.state, call.get_state_display()

    @display(description=gettext_lazy("reason"))  # type: ignore[untyped-decorator]
    def show_error(self, call: ShopCall) -> str:
        return sentence(call.error, call.error_detail) or "–"

    def get_fields(self, request: HttpRequest, obj: ShopCall | None = None) -> tuple[str, ...]:
        waits = obj is not None and obj.state == ShopCall.State.WAITING
        when = "due_at" if waits else "done_at"
        return (
            "show_whom",
            "kind",
            "show_what",
            "state",
            "show_error",
            "attempts",
            "created_at",
            when,
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.repeat_view)
        own = [path("<int:pk>/repeat/", view, name="orders_shopcall_repeat")]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call = context["original"]
        is_repeatable = ShopCall.objects.filter(shop_calls.IS_REPEATABLE, pk=call.pk).exists()
        context["may_repeat"] = is_repeatable and may_repeat(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def repeat_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks; POST has it tried again."""
        if not may_repeat(request):
            raise PermissionDenied
        call = get_object_or_404(ShopCall.objects.select_related("order", "contact"), pk=pk)
        if request.method != "POST":
            return self._question(request, call)
        try:
            shop_calls.repeat(call=call, now=timezone.now())
        except shop_calls.RepeatRefused:
            messages.error(
                request, _("Nothing was changed: it is not failed any more, or a later one counts.")
            )
        else:
            messages.success(request, _("It is tried again: reload the page in a few seconds."))
        return redirect("admin:orders_shopcall_change", call.pk)

    def _question(self, request: HttpRequest, call: ShopCall) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Tell Shopify again?"),
            "opts": self.opts,
            "call": call,
            "whom": whom(call),
            "what": said_in(call),
            "error": sentence(call.error, call.error_detail),
        }
        return TemplateResponse(request, "orders/admin/shop_call_repeat.html", context)


def may_repeat(request: HttpRequest) -> bool:
    return request.user.has_perm("orders.repeat_shopcall")


def whom(call: ShopCall) -> str:
    """Return the number of the order, or the name of the person, that a call is about."""
    return call.order.name if call.order is not None else str(call.contact)


def said_in(call: ShopCall) -> str:
    """Return what a call says, on one line: tags, a note, an address, a consent."""
    payload: dict[str, Any] = call.payload
    if call.kind == ShopCall.Kind.WRITE_CONSENT:
        return str(_CONSENTS.get(str(payload.get("state")), ""))
    if tags := payload.get("tags"):
        return ", ".join(str(tag) for tag in tags)
    address = payload.get("address")
    if isinstance(address, dict):
        return ", ".join(str(address[part]) for part in ADDRESS_LINES if address.get(part))
    return str(payload.get("text") or payload.get("staff_note") or "")
