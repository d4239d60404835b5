"""The page that sends a flow's message to a phone of one's own."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from campaigns.access import user_of
from campaigns.admin.flows.confirm import UNPROCESSABLE
from campaigns.admin.flows.views import FlowView, flow_url
from campaigns.flows.trial import is_markable, last_phone_of, marked, trial_values, try_flow
from campaigns.models import Flow, FlowTest
from campaigns.refusals import CampaignRefused
from templates_sync.rendering import bubble_html

# The newest tests, with what became of them.
SHOWN = 5


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=gettext_lazy("Your phone"),
        max_length=30,
        help_text=gettext_lazy("With the prefix of the country, such as +39 333 1234567."),
        widget=forms.TextInput(
            attrs={"class": " ".join(INPUT_CLASSES), "type": "tel", "autocomplete": "tel"}
        ),
    )


class TryView(FlowView):
    """GET shows the message as it will arrive, POST sends it."""

    template_name = "campaigns/admin/flows/try.html"

    def has_permission(self) -> bool:
        """Let in who writes flows, and who has to judge them."""
        user = self.request.user
        return user.has_perm("campaigns.change_flow") or user.has_perm("campaigns.enable_flow")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PhoneForm(initial={"phone": last_phone_of(user_of(request))})
        return self._page(self.get_flow(), form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow, form = self.get_flow(), PhoneForm(request.POST)
        if not form.is_valid():
            return self._page(flow, form, status=UNPROCESSABLE)
        try:
            message = try_flow(
                flow=flow,
                phone=form.cleaned_data["phone"],
                by=user_of(request),
                allowlist=settings.SEND_ALLOWLIST,
                now=timezone.now(),
            )
        except CampaignRefused as refused:
            for blocker in refused.blockers:
                form.add_error("phone" if blocker.field == "phone" else None, blocker.text)
            return self._page(flow, form, status=UNPROCESSABLE)
        told = _("A test is on its way to %(phone)s. It counts in no figure.")
        messages.success(request, told % {"phone": message.phone})
        return HttpResponseRedirect(flow_url(flow, "try"))

    def _page(self, flow: Flow, form: PhoneForm, *, status: int = 200) -> HttpResponse:
        self.title = _("Send a test of “%(name)s”") % {"name": flow.name}
        version = flow.template_version
        values = marked(trial_values(flow), version) if version else {}
        context = {
            "flow": flow,
            "form": form,
            "bubble": bubble_html(version, values) if version else None,
            "is_markable": is_markable(version),
            "is_limited": bool(settings.SEND_ALLOWLIST),
            "tests": _tests(flow, user_of(self.request).pk),
        }
        return self.render_to_response(self.get_context_data(**context), status=status)


def _tests(flow: Flow, user_id: int) -> list[FlowTest]:
    mine = flow.tests.filter(by=user_id).select_related("message")
    return list(mine.order_by("-at", "-pk")[:SHOWN])
