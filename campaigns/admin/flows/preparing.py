"""The page that writes down the flows that come with the house: what there is, and what is missing."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.access import user_of
from campaigns.admin.flows.views import flow_url
from campaigns.flows import shipped, triggers
from campaigns.flows.shipped import Prepared, ShippedFlow
from campaigns.models import Flow
from campaigns.refusals import CampaignRefused
from templates_sync.models import TemplateVersion
from templates_sync.rendering import bubble_html


class PrepareView(UnfoldModelAdminViewMixin, TemplateView):
    """GET shows the flows that ship with their texts, POST writes down what is missing."""

    template_name = "campaigns/admin/flows/prepare.html"
    permission_required: ClassVar[Any] = ("campaigns.add_flow", "templates_sync.add_templatedraft")
    title: Any = gettext_lazy("Ready-made flows")
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        context: dict[str, Any] = super().get_context_data(**kwargs)
        flows = {flow.shipped_key: flow for flow in Flow.objects.exclude(shipped_key="")}
        lines = [_line(one, flows.get(one.key)) for one in shipped.all_shipped()]
        is_complete = shipped.is_complete(now=now)
        return context | {"opts": Flow._meta, "lines": lines, "is_complete": is_complete}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            prepared = shipped.prepare(by=user_of(request), now=timezone.now())
        except CampaignRefused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)
        messages.success(request, _told(prepared))
        return HttpResponseRedirect(reverse("admin:campaigns_flow_changelist"))


def _line(one: ShippedFlow, flow: Flow | None) -> dict[str, Any]:
    trigger = triggers.find(one.trigger)
    return {
        "shipped": one,
        "flow": flow,
        "url": flow_url(flow) if flow else "",
        "is_marketing": trigger is not None and trigger.is_marketing,
        "is_possible": trigger is not None,
        "bubble": _bubble(one),
    }


def _bubble(one: ShippedFlow) -> Any:
    """Draw the text as the customer would see it, filled with its examples."""
    wording = one.wording
    version = TemplateVersion(
        header=wording.header,
        body=wording.body,
        footer=wording.footer,
        buttons=wording.button_rows,
        variables=wording.variables,
    )
    return bubble_html(version, dict(wording.examples))


def _told(prepared: Prepared) -> str:
    if prepared.is_nothing:
        return _("Everything was there already: nothing was changed.")
    told = []
    if count := len(prepared.flows):
        told.append(
            ngettext(
                "%(count)d flow was written, off.", "%(count)d flows were written, off.", count
            )
            % {"count": count}
        )
    if count := len(prepared.completed):
        told.append(
            ngettext(
                "%(count)d flow got its template.", "%(count)d flows got their template.", count
            )
            % {"count": count}
        )
    if count := len(prepared.drafts):
        told.append(
            ngettext(
                "%(count)d text waits among the template drafts to be handed to Meta.",
                "%(count)d texts wait among the template drafts to be handed to Meta.",
                count,
            )
            % {"count": count}
        )
    return " ".join(told)
