"""The page that asks before a campaign moves: GET shows figures, only POST acts."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.addresses import campaign_url
from campaigns.admin.plan import plan_context
from campaigns.admin.verbs import VERBS, Verb, arguments
from campaigns.admin.views import CampaignView, say_no
from campaigns.definition import definition_of
from campaigns.fingerprint import fingerprint
from campaigns.lifecycle.launching import has_moved
from campaigns.models import Campaign, TransitionRefused
from campaigns.preview import preview_campaign
from campaigns.reasons import STOP_CODES, why_paused
from campaigns.refusals import AlreadyLaunched, CampaignRefused, LaunchFailed

UNPROCESSABLE = 422


class ConfirmView(CampaignView):
    """One verb on one campaign."""

    template_name = "campaigns/admin/confirm.html"
    # Given by `as_view`, which takes only what the class already has.
    verb: Verb = next(iter(VERBS.values()))

    def has_permission(self) -> bool:
        return self.request.user.has_perm(self.verb.permission)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        if not self.verb.is_offered(campaign, request.user):
            return say_no(request, campaign, _("This is not possible now: look at its state."))
        form = self.verb.form(initial={"seen": fingerprint(campaign)})
        return self._page(campaign, form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        form = self.verb.form(request.POST)
        if not form.is_valid():
            return self._page(campaign, form, status=UNPROCESSABLE)
        try:
            moved = self.verb.move(
                campaign=campaign,
                by=request.user,
                now=timezone.now(),
                **arguments(self.verb, form.cleaned_data),
            )
        except AlreadyLaunched as refused:
            messages.info(request, str(refused))
            return HttpResponseRedirect(campaign_url(campaign, "progress"))
        except TransitionRefused as refused:
            return say_no(request, campaign, str(refused))
        except LaunchFailed as failed:
            form.add_error(None, str(failed))
            return self._page(campaign, form, status=UNPROCESSABLE)
        except CampaignRefused as refused:
            return self._refuse(campaign, form, refused)
        messages.success(request, _done(self.verb, moved))
        return HttpResponseRedirect(_after(moved))

    def _refuse(self, campaign: Campaign, form: Form, refused: CampaignRefused) -> HttpResponse:
        campaign.refresh_from_db()
        if not self.verb.is_offered(campaign, self.request.user):
            return say_no(self.request, campaign, str(refused))
        for blocker in refused.blockers:
            form.add_error(blocker.field if blocker.field in form.fields else None, blocker.text)
        return self._page(campaign, form, status=UNPROCESSABLE)

    def _page(self, campaign: Campaign, form: Form, *, status: int = 200) -> HttpResponse:
        self.title = str(self.verb.question)
        context = {"campaign": campaign, "form": form, "verb": self.verb}
        if self.verb.shows_plan:
            context |= _plan(campaign)
        if campaign.pause_code in STOP_CODES:
            context["stopped_because"] = why_paused(campaign.pause_code, campaign.pause_detail)
        return self.render_to_response(self.get_context_data(**context), status=status)


def _done(verb: Verb, moved: Campaign) -> str:
    if moved.status == Campaign.Status.LAUNCHING:
        text = _("“%(name)s” is being launched: you can leave this page.")
        return text % {"name": moved.name}
    return str(verb.done) % {"name": moved.name}


def _after(campaign: Campaign) -> str:
    is_running = campaign.snapshot_id is not None or campaign.status == Campaign.Status.LAUNCHING
    return campaign_url(campaign, "progress" if is_running else "change")


def _plan(campaign: Campaign) -> dict[str, object]:
    now = timezone.now()
    preview = preview_campaign(campaign, definition_of(campaign), contact_id=None, now=now)
    approved = campaign.approved_recipients
    found = preview.audience.will_receive if preview.audience else 0
    moved = approved is not None and has_moved(approved=approved, found=found)
    return plan_context(campaign, preview, now=now) | {"has_moved": moved}
