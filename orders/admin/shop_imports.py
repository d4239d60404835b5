"""Reading the whole shop once: start, progress, stop, go on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display

from audiences.admin.pages import ReadOnlyAdmin, user_of
from orders import tasks
from orders.importing import starting
from orders.importing.report import report_of
from orders.importing.starting import ImportRefused
from orders.models import ShopImport
from orders.shopify_words import sentence
from orders.shops import current_shop, is_connected

Status = ShopImport.Status
TONES = {
    Status.RUNNING: "warning",
    Status.STOPPED: "warning",
    Status.DONE: "success",
    Status.FAILED: "danger",
}


@admin.register(ShopImport)
class ShopImportAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "show_status", "started_by", "finished_at", "show_error")
    list_filter = ("status",)
    list_select_related = ("started_by",)
    ordering = ("-started_at", "-pk")
    list_before_template = "orders/admin/shop_imports_bar.html"

    @display(description=gettext_lazy("status"), label=TONES)  # type: ignore[untyped-decorator]
    def show_status(self, shop_import: ShopImport) -> tuple[str, str]:
        is_over = shop_import.status == Status.DONE
        word = pgettext("import of the shop", "complete") if is_over else None
        return shop_import.status, word or shop_import.get_status_display()

    @display(description=gettext_lazy("error"))  # type: ignore[untyped-decorator]
    def show_error(self, shop_import: ShopImport) -> str:
        return sentence(shop_import.error, shop_import.error_detail) or "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("start/", view(self.start_view), name="orders_shopimport_start"),
            path(
                "<int:pk>/state/",
                view(require_GET(self.state_view)),
                name="orders_shopimport_state",
            ),
            path(
                "<int:pk>/stop/", view(require_POST(self.stop_view)), name="orders_shopimport_stop"
            ),
            path(
                "<int:pk>/go-on/",
                view(require_POST(self.go_on_view)),
                name="orders_shopimport_go_on",
            ),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        running = ShopImport.objects.filter(status=Status.RUNNING).first()
        shown = {"may_import": may_import(request), "running": running}
        return super().changelist_view(request, (extra_context or {}) | shown)

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks; POST begins. A second click finds it under way, and shows it."""
        check(request)
        if request.method != "POST":
            context = self.page(
                request, _("Read the whole shop?"), is_connected=is_connected(current_shop())
            )
            return TemplateResponse(request, "orders/admin/shop_import_start.html", context)
        if not is_connected(current_shop()):
            messages.error(request, sentence("not_connected"))
            return redirect("admin:orders_shopimport_changelist")
        try:
            begun = starting.start(by=user_of(request), now=timezone.now())
        except ImportRefused:
            messages.info(request, _("An import is under way already."))
            running = ShopImport.objects.filter(status=Status.RUNNING).first()
            return _to(running.pk) if running else redirect("admin:orders_shopimport_changelist")
        _wake(request)
        return _to(begun.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The progress and the result."""
        shop_import = self.get_object(request, object_id)
        if shop_import is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        context = self.page(request, _("Import of the shop"), **state(request, shop_import))
        return TemplateResponse(request, "orders/admin/shop_import.html", context)

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer only the state, for the page that waits for the end."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = state(request, get_object_or_404(ShopImport, pk=pk))
        return TemplateResponse(request, "orders/admin/parts/shop_import_state.html", shown)

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        check(request)
        try:
            starting.stop(shop_import=get_object_or_404(ShopImport, pk=pk), now=timezone.now())
        except ImportRefused:
            messages.info(request, _("This import was not under way any more."))
        return _to(pk)

    def go_on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        check(request)
        try:
            starting.go_on(shop_import=get_object_or_404(ShopImport, pk=pk), now=timezone.now())
        except ImportRefused:
            messages.error(request, _("It cannot go on: it is done, or another one is under way."))
        else:
            _wake(request)
        return _to(pk)


def may_import(request: HttpRequest) -> bool:
    return request.user.has_perm("orders.import_shop")


def check(request: HttpRequest) -> None:
    if not may_import(request):
        raise PermissionDenied


def state(request: HttpRequest, shop_import: ShopImport) -> dict[str, Any]:
    return {
        "shop_import": shop_import,
        "report": report_of(shop_import),
        "is_running": shop_import.status == Status.RUNNING,
        "may_go_on": shop_import.status in {Status.STOPPED, Status.FAILED},
        "may_import": may_import(request),
    }


def _wake(request: HttpRequest) -> None:
    if not tasks.wake_import():
        messages.warning(
            request,
            _("The background workers cannot be reached: it begins as soon as they are back."),
        )


def _to(pk: int) -> HttpResponse:
    return redirect("admin:orders_shopimport_change", pk)
