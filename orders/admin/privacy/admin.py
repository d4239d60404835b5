"""What people asked about their data, how long there is still, and the way to answer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin
from orders.admin.privacy.pages import PrivacyPages
from orders.models import PrivacyRequest
from orders.privacy.requests import URGENT
from orders.privacy.words import error_in_words, figures_in_words

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(PrivacyPages, ReadOnlyAdmin):
    list_display = ("asked_at", "show_kind", "show_whose", "show_state", "show_term", "done_at")
    list_filter = ("state", "kind")
    ordering = ("-asked_at", "-pk")
    change_form_outer_before_template = "orders/admin/privacy_bar.html"
    readonly_fields = ("show_whose", "show_term", "show_figures", "show_error", "show_orders")

    class Media:
        css = {"all": ["campaigns/campaigns.css"]}

    @display(description=gettext_lazy("request"), ordering="kind")  # type: ignore[untyped-decorator]
    def show_kind(self, row: PrivacyRequest) -> str:
        return row.get_kind_display()

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("state"),
        label={State.WAITING: "warning", State.DONE: "success", State.REFUSED: "default"},
    )
    def show_state(self, row: PrivacyRequest) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=gettext_lazy("whose"))  # type: ignore[untyped-decorator]
    def show_whose(self, row: PrivacyRequest) -> str:
        named = [row.email, row.phone]
        if row.customer_id:
            named.insert(0, _("customer %(id)s") % {"id": row.customer_id})
        return " · ".join(text for text in named if text) or "–"

    @display(description=gettext_lazy("term"), ordering="term_at")  # type: ignore[untyped-decorator]
    def show_term(self, row: PrivacyRequest) -> str:
        if row.state != State.WAITING:
            return "–"
        days = row.days_left(now=timezone.now())
        if days < 0:
            return _("over since %(days)s days") % {"days": -days}
        return _("%(days)s days left") % {"days": days}

    @display(description=gettext_lazy("orders named"))  # type: ignore[untyped-decorator]
    def show_orders(self, row: PrivacyRequest) -> str:
        return ", ".join(str(pk) for pk in row.order_ids) or "–"

    @display(description=gettext_lazy("what was done"))  # type: ignore[untyped-decorator]
    def show_figures(self, row: PrivacyRequest) -> str:
        return (
            ", ".join(f"{label}: {count}" for label, count in figures_in_words(row.figures)) or "–"
        )

    @display(description=gettext_lazy("what stands against it"))  # type: ignore[untyped-decorator]
    def show_error(self, row: PrivacyRequest) -> str:
        return error_in_words(row.error) or "–"

    def get_fields(
        self, request: HttpRequest, obj: PrivacyRequest | None = None
    ) -> tuple[str, ...]:
        shown = ["kind", "state", "show_whose", "show_orders", "shop_domain", "asked_at", "term_at"]
        if obj is not None and obj.state == State.WAITING:
            shown.append("show_term")
        if obj is not None and obj.error:
            shown.append("show_error")
        if obj is not None and obj.kind == Kind.DATA_REQUEST:
            shown += ["downloaded_at", "downloaded_by"]
        return (*shown, "done_at", "done_by", "show_figures")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/file/", view(self.file_view), name="orders_privacyrequest_file"),
            path("<int:pk>/close/", view(self.close_view), name="orders_privacyrequest_close"),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row: PrivacyRequest = context["original"]
        is_open = row.state == State.WAITING and self.has_answer_permission(request)
        context |= {
            "is_data": row.kind == Kind.DATA_REQUEST,
            "may_take": row.kind == Kind.DATA_REQUEST and self.has_answer_permission(request),
            "may_close": is_open,
            "is_urgent": is_open and row.term_at - timezone.now() <= URGENT,
        }
        return super().render_change_form(request, context, *args, **kwargs)
