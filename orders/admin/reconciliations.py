"""When Shopify was asked what changed, and what that brought."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from orders import reconciling, tasks
from orders.models import Reconciliation
from orders.shopify_words import sentence
from templates_sync.admin.readonly import ReadOnlyAdmin

TONES = {"done": "success", "running": "warning", "trouble": "danger"}


@require_POST
@permission_required("orders.import_shop", raise_exception=True)
def check_now(request: HttpRequest) -> HttpResponse:
    """Begin the checks; a second click finds them under way."""
    reconciling.begin_now(now=timezone.now())
    if tasks.wake_reconciliation():
        messages.success(request, _("Shopify is asked what changed: reload the page in a while."))
    else:
        messages.warning(
            request,
            _("The background workers cannot be reached: it begins as soon as they are back."),
        )
    return redirect("admin:orders_reconciliation_changelist")


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "show_kind",
        "since",
        "show_state",
        "seen",
        "brought",
        "unreadable",
        "show_error",
    )
    list_display_links = None
    list_filter = ("kind", "error", "started_at")
    list_filter_sheet = True
    ordering = ("-started_at", "-pk")
    list_before_template = "orders/admin/reconciliations_bar.html"

    class Media:
        css = {"all": ["campaigns/campaigns.css"]}

    @display(description=gettext_lazy("what"), ordering="kind")  # type: ignore[untyped-decorator]
    def show_kind(self, run: Reconciliation) -> str:
        return run.get_kind_display()

    @display(description=gettext_lazy("state"), label=TONES)  # type: ignore[untyped-decorator]
    def show_state(self, run: Reconciliation) -> tuple[str, str]:
        if run.error:
            return "trouble", _("waits")
        return ("done", _("complete")) if run.finished_at else ("running", _("under way"))

    @display(description=gettext_lazy("error"))  # type: ignore[untyped-decorator]
    def show_error(self, run: Reconciliation) -> str:
        return sentence(run.error, run.error_detail) or "–"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("now/", self.admin_site.admin_view(check_now), name="orders_reconciliation_now")
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        known = [
            (kind.label, reconciling.known_until(kind, now=now)) for kind in Reconciliation.Kind
        ]
        shown = {"known": known, "may_check": request.user.has_perm("orders.import_shop")}
        return super().changelist_view(request, (extra_context or {}) | shown)
