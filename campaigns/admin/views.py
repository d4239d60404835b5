"""What the campaign's own pages share: the frame of the admin, one campaign, one permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.addresses import campaign_url
from campaigns.admin.verbs import offered
from campaigns.models import Campaign

STEPS = (
    ("draft", {"draft", "rejected"}),
    ("review", {"in_review"}),
    ("ready", {"approved", "launching"}),
    ("running", {"scheduled", "sending", "paused"}),
    ("ended", {"done", "cancelled"}),
)


class CampaignView(UnfoldModelAdminViewMixin, TemplateView):
    """A page about one campaign, inside the admin's frame."""

    title: Any = ""
    permission_required: ClassVar[Any] = "campaigns.view_campaign"
    request: HttpRequest

    def get_campaign(self) -> Campaign:
        """:raises Http404: there is no such campaign."""
        found = (
            Campaign.objects.select_related(
                "template_version__template", "segment", "number", "author", "last_editor",
                "approved_by", "launched_by", "snapshot",
            )
            .filter(pk=self.kwargs["pk"])
            .first()
        )  # fmt: skip
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign: Campaign = kwargs["campaign"]
        self.title = self.title or campaign.name
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | campaign_context(campaign, self.request.user)


def or_reload(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a live part whose reader is logged out reload its page, which asks to log in.

    Otherwise htmx would follow to the login page and show it inside the part.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request") and not admin.site.has_permission(request):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return view(request, *args, **kwargs)

    return answer


def campaign_context(campaign: Campaign, user: User | AnonymousUser) -> dict[str, Any]:
    """Return what every page of a campaign shows: where it is in its life, and its buttons."""
    return {
        "campaign": campaign,
        "steps": steps_of(campaign),
        "verbs": offered(campaign, user),
        "opts": Campaign._meta,
        "original": campaign,
    }


def steps_of(campaign: Campaign) -> list[dict[str, object]]:
    """Return the strip of steps, each past, current or to come."""
    labels = {
        "draft": _("Draft"),
        "review": _("Review"),
        "ready": _("Ready"),
        "running": _("Running"),
        "ended": _("Ended"),
    }
    current = next(n for n, (_key, states) in enumerate(STEPS) if campaign.status in states)
    return [
        {
            "number": number + 1,
            "label": labels[key],
            "is_current": number == current,
            "is_past": number < current,
        }
        for number, (key, _states) in enumerate(STEPS)
    ]


def say_no(request: HttpRequest, campaign: Campaign, text: str) -> HttpResponse:
    """Bring the person back to the campaign with the reason why nothing was done."""
    messages.error(request, text)
    return HttpResponseRedirect(campaign_url(campaign))
