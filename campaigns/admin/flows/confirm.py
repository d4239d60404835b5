"""The page that asks before a flow moves: GET shows what is bound, only POST acts."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.admin.flows.shown import facts_of
from campaigns.admin.flows.verbs import VERBS, Verb, arguments
from campaigns.admin.flows.views import FlowView, flow_url, say_no
from campaigns.flows.figures import NOTHING, figures_by_flow
from campaigns.flows.fingerprint import fingerprint
from campaigns.flows.preview import preview_flow
from campaigns.models import Flow, TransitionRefused
from campaigns.refusals import CampaignRefused

UNPROCESSABLE = 422


class ConfirmView(FlowView):
    """One verb on one flow."""

    template_name = "campaigns/admin/flows/confirm.html"
    # Given by `as_view`, which takes only what the class already has.
    verb: Verb = next(iter(VERBS.values()))

    def has_permission(self) -> bool:
        return self.request.user.has_perm(self.verb.permission)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow = self.get_flow()
        if not self.verb.is_offered(flow, request.user):
            return say_no(request, flow, self._why_not(flow))
        return self._page(flow, self.verb.form(initial={"seen": fingerprint(flow)}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow = self.get_flow()
        form = self.verb.form(request.POST)
        if not form.is_valid():
            return self._page(flow, form, status=UNPROCESSABLE)
        said = arguments(self.verb, form.cleaned_data)
        try:
            moved = self.verb.move(flow=flow, by=request.user, now=timezone.now(), **said)
        except TransitionRefused as refused:
            return say_no(request, flow, str(refused))
        except CampaignRefused as refused:
            return self._refuse(flow, refused)
        messages.success(request, str(self.verb.done) % {"name": moved.name})
        return HttpResponseRedirect(flow_url(moved))

    def _why_not(self, flow: Flow) -> str:
        is_own = self.request.user.pk in {flow.author_id, flow.last_editor_id}
        if self.verb.path == "enable" and is_own and flow.status == Flow.Status.DISABLED:
            return _("Who wrote or edited a flow cannot switch it on: ask another person.")
        return _("This is not possible now: look at its state.")

    def _refuse(self, flow: Flow, refused: CampaignRefused) -> HttpResponse:
        """Show the flow as it is now with why nothing was done, and let it be looked at anew."""
        flow = self.get_flow()
        if not self.verb.is_offered(flow, self.request.user):
            return say_no(self.request, flow, str(refused))
        form = self.verb.form(initial={"seen": fingerprint(flow)})
        return self._page(
            flow, form, status=UNPROCESSABLE, refusals=[b.text for b in refused.blockers]
        )

    def _page(self, flow: Flow, form: Form, *, status: int = 200, **more: Any) -> HttpResponse:
        self.title = str(self.verb.question)
        context = {"flow": flow, "form": form, "verb": self.verb, **more}
        if self.verb.shows_plan:
            preview = preview_flow(flow, now=timezone.now())
            context |= {"preview": preview, "facts": facts_of(flow)}
        else:
            context["waiting"] = figures_by_flow([flow.pk]).get(flow.pk, NOTHING).waiting
        return self.render_to_response(self.get_context_data(**context), status=status)
