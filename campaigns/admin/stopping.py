"""Stop and go for the whole account: a page that asks, with room for the reason; only POST acts."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import INPUT_CLASSES

from campaigns.access import user_of
from campaigns.account import current_account, resume_account, stop_account
from campaigns.models import SpokiAccount
from campaigns.reasons import sentence


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why? (optional, for your colleagues)"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES)}),
    )


class _AccountQuestion(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]
    """One question about the whole account."""

    form_class = ReasonForm
    template_name = "campaigns/admin/account_question.html"
    permission_required: ClassVar[Any] = ()
    request: HttpRequest
    title: Any = ""
    explanation: Any = ""
    label: Any = ""
    is_danger = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = current_account()
        why = sentence(account.pause_code or "person", detail=account.pause_detail)
        own = {
            "explanation": self.explanation,
            "label": self.label,
            "is_danger": self.is_danger,
            "why": why if account.is_paused else "",
            "back": _address(),
            "opts": SpokiAccount._meta,
        }
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | own


class StopView(_AccountQuestion):
    permission_required: ClassVar[Any] = "campaigns.pause_campaign"
    title = gettext_lazy("Stop all sending?")
    explanation = gettext_lazy(
        "Nothing more leaves within two seconds: no campaign, no order message, no reply. What "
        "waits keeps its place. An Admin lets it go on."
    )
    label = gettext_lazy("Stop all sending")
    is_danger = True

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        by, reason = user_of(self.request), form.cleaned_data["reason"]
        if stop_account(by=by, reason=reason, now=timezone.now()):
            messages.success(self.request, _("All sending is stopped."))
        else:
            messages.info(self.request, _("It was stopped already."))
        return HttpResponseRedirect(_address())


class ResumeView(_AccountQuestion):
    permission_required: ClassVar[Any] = "campaigns.change_spokiaccount"
    title = gettext_lazy("Resume sending?")
    explanation = gettext_lazy(
        "Everything that waits goes on within the limits. Do it once what stopped the sending is "
        "put right."
    )
    label = gettext_lazy("Resume sending")

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        by, reason = user_of(self.request), form.cleaned_data["reason"]
        if resume_account(by=by, reason=reason):
            messages.success(self.request, _("Sending goes on."))
        else:
            messages.info(self.request, _("It was not stopped."))
        return HttpResponseRedirect(_address())


def _address() -> str:
    return reverse("admin:campaigns_spokiaccount_changelist")
