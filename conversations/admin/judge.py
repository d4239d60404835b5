"""The page of messages that perhaps unsubscribe: each is read, and settled by one of two buttons."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from audiences.customer_card import card_url
from campaigns.access import user_of
from conversations import judging
from conversations.answered import last_before
from conversations.models import Message

# What a person reads before she looks again.
MOST = 25
SEE, SETTLE = "conversations.view_message", "audiences.change_contact"


class JudgePage(UnfoldModelAdminViewMixin, TemplateView):
    template_name = "conversations/admin/to_judge.html"
    title: Any = gettext_lazy("Perhaps they unsubscribe")
    permission_required: ClassVar[Any] = SEE
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        waiting = judging.to_judge()
        return context | {
            "opts": Message._meta,
            "rows": [_row(message) for message in waiting[:MOST]],
            "count": waiting.count(),
            "most": MOST,
            "may_settle": self.request.user.has_perm(SETTLE),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = HttpResponseRedirect(reverse("admin:conversations_message_judge"))
        answer, asked = request.POST.get("answer"), request.POST.get("message", "")
        if not request.user.has_perm(SETTLE):
            return HttpResponse(status=403)
        if answer not in {"stop", "keep"} or not (asked.isascii() and asked.isdigit()):
            return HttpResponse(status=400)
        try:
            judging.judge(
                message_id=int(asked[:18]),
                unsubscribes=answer == "stop",
                by=user_of(request),
                now=timezone.now(),
            )
        except judging.JudgeRefused:
            messages.info(request, _("Nothing was changed: a colleague has settled it already."))
        else:
            messages.success(request, _DONE[answer])
        return here


_DONE = {
    "stop": gettext_lazy("Unsubscribed: no more marketing goes to this person."),
    "keep": gettext_lazy("Settled: the person stays subscribed."),
}


def _row(message: Message) -> dict[str, Any]:
    contact = message.contact
    before = last_before(message, contact) if contact else None
    return {
        "message": message,
        "contact": contact,
        "consent": contact.get_marketing_consent_display() if contact else "",
        "answers": before,
        "link": card_url(contact.pk) if contact else "",
    }
