"""The live parts of the form: the panel beside it, and the rows of variables."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from audiences import parameters
from campaigns.admin.form import CampaignForm, definition_in
from campaigns.admin.plan import plan_context
from campaigns.models import Campaign
from campaigns.preview import preview_campaign


class FormPartView(View):
    """Reads the form as it is typed, saves nothing."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        verbs = ("campaigns.add_campaign", "campaigns.change_campaign")
        if not any(request.user.has_perm(verb) for verb in verbs):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def typed(self, request: HttpRequest) -> CampaignForm:
        """Return the form as typed, checked."""
        pk = request.POST.get("campaign", "")
        instance = Campaign.objects.filter(pk=int(pk)).first() if pk.isdigit() else None
        form = CampaignForm(request.POST, instance=instance)
        form.is_valid()
        return form


class PanelView(FormPartView):
    """Message, people, money and end of what is typed."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.typed(request)
        chosen = request.POST.get("preview_contact", "")
        now = timezone.now()
        preview = preview_campaign(
            form.candidate,
            definition_in(form),
            contact_id=int(chosen) if chosen.isdigit() else None,
            now=now,
        )
        context = plan_context(form.candidate, preview, now=now) | {"is_live": True}
        return render(request, "campaigns/admin/parts/plan.html", context)


class VariableRowsView(FormPartView):
    """The rows that the chosen template asks for; what was typed for the same names stays."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.typed(request)
        context = {"rows": form.variable_rows, "parameters": parameters.choices()}
        response = render(request, "campaigns/admin/parts/variables.html", context)
        # The panel is asked again once the new rows are there.
        response["HX-Trigger-After-Settle"] = "variables-changed"
        return response
