"""The live parts of the form: the panel beside it, the rows of variables, the conditions."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from audiences.admin.builder import Builder, offered
from audiences.admin.segments import MODES
from campaigns.admin.flows.form import FlowForm
from campaigns.flows.preview import preview_flow
from campaigns.models import Flow


class FlowPartView(View):
    """Reads the form as it is typed, saves nothing."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        verbs = ("campaigns.add_flow", "campaigns.change_flow")
        if not any(request.user.has_perm(verb) for verb in verbs):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def typed(self, request: HttpRequest) -> FlowForm:
        """Return the form as typed, checked."""
        pk = request.POST.get("flow", "")
        instance = Flow.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None
        form = FlowForm(request.POST, instance=instance)
        form.is_valid()
        return form


class FlowPanelView(FlowPartView):
    """Sentence, message and what stands against what is typed."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.typed(request)
        context = {"preview": preview_flow(form.candidate, now=timezone.now()), "is_live": True}
        return render(request, "campaigns/admin/flows/parts/panel.html", context)


class FlowRowsView(FlowPartView):
    """The rows that template and trigger ask for; what was typed for the same names stays."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.typed(request)
        context = {"rows": form.variable_rows, "groups": form.parameters}
        response = render(request, "campaigns/admin/flows/parts/variables.html", context)
        # The panel is asked again once the new rows are there.
        response["HX-Trigger-After-Settle"] = "variables-changed"
        return response


class FlowConditionsView(FlowPartView):
    """The conditions after a button or a list was used, or after another trigger was chosen."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.typed(request)
        builder = form.builder
        builder.do(request.POST.get("do", ""))
        for group in builder.groups:
            for row in group.rows:
                row.check()
        builder.spare_untouched()
        context = conditions_context(builder)
        response = render(request, "audiences/admin/parts/builder.html", context)
        response["HX-Trigger-After-Settle"] = "variables-changed"
        return response


def conditions_context(builder: Builder) -> dict[str, Any]:
    """Return what the rows of conditions are drawn with."""
    return {
        "builder": builder,
        "modes": MODES,
        "conditions": offered(builder.own),
        "builder_url": reverse("admin:campaigns_flow_conditions"),
    }
