"""What the pages of a flow share: the frame of the admin, one flow, one permission."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.admin.flows.verbs import offered
from campaigns.models import Flow
from campaigns.reasons import sentence

_READ = ("template_version__template", "number", "author", "last_editor", "enabled_by", "requested_by")  # fmt: skip


def flow_url(flow: Flow, name: str = "change") -> str:
    """Return the address of one of the flow's pages: change (its page), edit, enable, people, …"""
    return reverse(f"admin:campaigns_flow_{name}", args=[flow.pk])


class FlowView(UnfoldModelAdminViewMixin, TemplateView):
    """A page about one flow, inside the admin's frame."""

    title: Any = ""
    permission_required: ClassVar[Any] = "campaigns.view_flow"
    request: HttpRequest

    def get_flow(self) -> Flow:
        """:raises Http404: there is no such flow."""
        found = Flow.objects.select_related(*_READ).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        flow: Flow = kwargs["flow"]
        self.title = self.title or flow.name
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | flow_context(flow, self.request.user)


def flow_context(flow: Flow, user: User | AnonymousUser) -> dict[str, Any]:
    """Return what every page of a flow shows: its state, and its buttons."""
    may_edit = user.has_perm("campaigns.change_flow") and flow.status == Flow.Status.DISABLED
    return {
        "flow": flow,
        "verbs": offered(flow, user),
        "may_edit": may_edit,
        "may_try": user.has_perm("campaigns.change_flow") or user.has_perm("campaigns.enable_flow"),
        "state": state_of(flow),
        "stopped_because": sentence(flow.stop_code, detail=flow.stop_detail),
        "opts": Flow._meta,
        "original": flow,
    }


def state_of(flow: Flow) -> dict[str, str]:
    """Return the state as a label: its words, and the tone of its colour."""
    if flow.status == Flow.Status.ENABLED:
        return {"words": pgettext("flow", "On"), "tone": "good"}
    if flow.stop_code:
        return {"words": pgettext("flow", "Stopped"), "tone": "bad"}
    if flow.requested_at is not None:
        return {"words": pgettext("flow", "Waits to be switched on"), "tone": "warn"}
    return {"words": pgettext("flow", "Off"), "tone": "plain"}


def say_no(request: HttpRequest, flow: Flow, text: str) -> HttpResponse:
    """Bring the person back to the flow with the reason why nothing was done."""
    messages.error(request, text)
    return HttpResponseRedirect(flow_url(flow))
