"""The list of automation routes, and the addresses of their pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.readonly import ReadOnlyAdmin
from campaigns.admin.routes import views
from campaigns.models import AutomationRoute
from campaigns.reasons import sentence

State = AutomationRoute.State


@admin.register(AutomationRoute)
class AutomationRouteAdmin(ReadOnlyAdmin):
    list_display = ("version", "automation_name", "show_state", "proven_at", "show_trouble")
    list_select_related = ("version__template",)
    list_filter = ("state",)
    search_fields = ("automation_name", "version__template__name")
    ordering = ("version__template__name", "version__template__language")
    list_before_template = "campaigns/admin/parts/route_intro.html"

    @display(  # type: ignore[untyped-decorator]
        description=_("state"),
        ordering="state",
        label={
            State.OFF: "default",
            State.PROBING: "warning",
            State.PROVEN: "info",
            State.ON: "success",
            State.BROKEN: "danger",
        },
    )
    def show_state(self, route: AutomationRoute) -> tuple[str, str]:
        return route.state, route.get_state_display()

    @display(description=_("last error"))  # type: ignore[untyped-decorator]
    def show_trouble(self, route: AutomationRoute) -> str:
        return sentence(route.error_code) or "—"

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm("campaigns.add_automationroute"))

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("choose/", "choose", views.ChooseRoute),
            ("<int:pk>/edit/", "edit", views.ChangeRoute),
            ("<int:pk>/probe/", "probe", views.ProbeRoute),
            ("<int:pk>/live/", "live", views.RouteFragment),
            ("<int:pk>/switch-on/", "switch_on", views.SwitchOn),
            ("<int:pk>/switch-off/", "switch_off", views.SwitchOff),
        ]
        own = [
            path(
                address,
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=f"campaigns_automationroute_{name}",
            )
            for address, name, view in pages
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return views.AddRoute.as_view(model_admin=self)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        known = self.get_object(request, object_id)
        pk = known.pk if known is not None else 0
        return views.RoutePage.as_view(model_admin=self)(request, pk=pk)
