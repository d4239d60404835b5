"""Flows in the admin: the list as cards, the form, and the addresses of their pages."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from campaigns.access import user_of
from campaigns.addresses import address_name
from campaigns.admin.flows.confirm import ConfirmView
from campaigns.admin.flows.form import FlowForm
from campaigns.admin.flows.page import CompareView, FlowPage
from campaigns.admin.flows.parts import (
    FlowConditionsView,
    FlowPanelView,
    FlowRowsView,
    conditions_context,
)
from campaigns.admin.flows.people import PeopleView
from campaigns.admin.flows.preparing import PrepareView
from campaigns.admin.flows.shown import cards_of, story_of
from campaigns.admin.flows.trying import TryView
from campaigns.admin.flows.verbs import VERBS
from campaigns.admin.flows.views import flow_context, flow_url
from campaigns.admin.views import or_reload
from campaigns.flows import editing, shipped
from campaigns.flows.figures import Span
from campaigns.models import Flow, TransitionRefused
from campaigns.refusals import CampaignRefused

Status = Flow.Status
# The figures of a card are those of so many days.
LATELY: Final = 30


@admin.register(Flow)
class FlowAdmin(ModelAdmin):
    form = FlowForm
    change_form_template = "campaigns/admin/flows/form.html"
    fields = ("name", "trigger", "template_version", "number")

    def get_urls(self) -> list[URLPattern]:
        verbs = [
            self._page(f"<int:pk>/{verb.path}/", address_name(verb.path), ConfirmView, verb=verb)
            for verb in VERBS.values()
        ]
        pages = [
            self._page("<int:pk>/people/", "people", PeopleView),
            self._page("<int:pk>/compare/", "compare", CompareView),
            self._page("<int:pk>/try/", "try", TryView),
            self._page("ready/", "ready", PrepareView),
        ]
        parts = [
            path(
                f"{name}/",
                self.admin_site.admin_view(view.as_view()),
                name=f"campaigns_flow_{name}",
            )
            for name, view in (
                ("panel", FlowPanelView),
                ("variables", FlowRowsView),
                ("conditions", FlowConditionsView),
            )
        ]
        edit = path(
            "<int:pk>/edit/", self.admin_site.admin_view(self.edit_view), name="campaigns_flow_edit"
        )
        urls: list[URLPattern] = super().get_urls()
        return [*verbs, *pages, *parts, edit, *urls]

    def _page(self, address: str, name: str, view: Any, **fields: Any) -> URLPattern:
        shown = view.as_view(model_admin=self, **fields)
        safe = or_reload(self.admin_site.admin_view(shown))
        url: URLPattern = path(address, safe, name=f"campaigns_flow_{name}")
        return url

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[FlowForm]:
        return FlowForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flow]:
        return Flow.objects.select_related("template_version__template", "number")

    def has_change_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        may = bool(super().has_change_permission(request, obj))
        return may and (obj is None or obj.status == Status.DISABLED)

    def has_delete_permission(self, request: HttpRequest, obj: Flow | None = None) -> bool:
        """Nobody: its story is kept, and one that is off does no harm."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show all flows as cards: they are few, and are read as sentences."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        cards = cards_of(list(_in_order()), Span(now - timedelta(days=LATELY)), now=now)
        may_prepare = all(request.user.has_perm(verb) for verb in PrepareView.permission_required)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Flows"),
            "cards": cards,
            "days": LATELY,
            "may_add": self.has_add_permission(request),
            "may_prepare": may_prepare and not shipped.is_complete(now=now),
        }
        return TemplateResponse(request, "campaigns/admin/flows/list.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the page of the flow; its form has an address of its own."""
        flow = self.get_object(request, object_id)
        if flow is None:
            missing: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
            return missing
        return FlowPage.as_view(model_admin=self)(request, pk=flow.pk)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form of a flow that is off to who may change it, its page to others."""
        flow = self.get_object(request, str(pk))
        if flow is not None and not self.has_change_permission(request, flow):
            if request.method == "POST" or super().has_change_permission(request):
                messages.error(request, _("The flow is on: switch it off first, then change it."))
            return HttpResponseRedirect(flow_url(flow))
        page: HttpResponse = super().change_view(request, str(pk))
        return page

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save through the services; what they refuse after the form's own look is told, not lost."""
        try:
            page: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except (TransitionRefused, CampaignRefused) as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)
        return page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        context |= {
            "form": form,
            "rows": form.variable_rows,
            "groups": form.parameters,
            "is_marketing": form.trigger_now is not None and form.trigger_now.is_marketing,
            "may_request": request.user.has_perm("campaigns.request_flow"),
        } | conditions_context(form.builder)
        flow = kwargs.get("obj")
        if flow is not None:
            context |= flow_context(flow, request.user) | {"story": story_of(flow)}
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def save_model(self, request: HttpRequest, obj: Flow, form: FlowForm, change: bool) -> None:
        by, now = user_of(request), timezone.now()
        if change:
            editing.edit_flow(flow=obj, changes=form.changes(), by=by, now=now)
        else:
            obj.pk = editing.create_flow(fields=form.changes(), by=by, now=now).pk
        obj.refresh_from_db()

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Write nothing more: the services have written everything."""

    def response_add(
        self, request: HttpRequest, obj: Flow, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self._onward(request, obj)

    def response_change(self, request: HttpRequest, obj: Flow) -> HttpResponse:
        return self._onward(request, obj)

    def _onward(self, request: HttpRequest, flow: Flow) -> HttpResponse:
        if "_request" in request.POST:
            return HttpResponseRedirect(flow_url(flow, "request"))
        messages.success(request, _("“%(name)s” is saved.") % {"name": flow.name})
        return HttpResponseRedirect(
            flow_url(flow, "edit" if "_continue" in request.POST else "change")
        )


def _in_order() -> QuerySet[Flow]:
    """Return what waits for somebody first, then what is on, then the rest."""
    place = Case(
        When(~Q(stop_code=""), then=0),
        When(status=Status.DISABLED, requested_at__isnull=False, then=1),
        When(status=Status.ENABLED, then=2),
        default=3,
    )
    flows = Flow.objects.select_related("template_version__template", "number")
    return flows.annotate(place=place).order_by("place", "pk")
