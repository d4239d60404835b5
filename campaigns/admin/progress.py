"""The progress page: one fragment that asks again every five seconds until nothing moves."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.access import may_see_phones, user_of
from campaigns.account import current_account
from campaigns.admin.plan import outlook_context
from campaigns.admin.tiles import tiles_of
from campaigns.admin.views import CampaignView, campaign_context
from campaigns.counters import Counters
from campaigns.export import missed_lines
from campaigns.forecasting import foresee_with_help
from campaigns.health import health_of
from campaigns.missed import HELD, MISSED
from campaigns.models import Campaign
from campaigns.policies import policy_in_force
from campaigns.progress import Progress, progress_of
from campaigns.reasons import moment, sentence
from campaigns.routes import way_out
from campaigns.usage import usage_of
from campaigns.waiting import ENDED, RUNNING

logger = logging.getLogger(__name__)
# Receipts that come later than this are still counted, but no page waits for them.
RECEIPTS_AWAITED = timedelta(hours=24)
# What would have helped before the launch, and cannot be changed any more.
TOO_LATE = frozenset({"help_no_spread", "help_start_earlier", "help_start_later"})
# htmx stops polling at this status (htmx, Polling).
STOP_POLLING = 286


class ProgressPage(CampaignView):
    template_name = "campaigns/admin/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        moving = progress_context(campaign, user_of(request))
        curve = forecast_context(campaign, moving["progress"])
        context = {"campaign": campaign, **moving, **curve}
        return self.render_to_response(self.get_context_data(**context))


class ProgressFragment(CampaignView):
    """The part that moves."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        user = user_of(request)
        context = campaign_context(campaign, user) | progress_context(campaign, user)
        is_over = is_at_rest(campaign, context["progress"].counters, now=context["now"])
        status = STOP_POLLING if is_over else 200
        return render(request, "campaigns/admin/parts/progress.html", context, status=status)


class MissedFile(CampaignView):
    """CSV of who did not get it, and why; phones only for who may export people.

    `?state=` asks for one state of `MISSED`, or for those that Meta holds.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        campaign = self.get_campaign()
        state = request.GET.get("state", "")
        if state not in {"", HELD, *MISSED}:
            raise Http404
        shows_phones = may_see_phones(request.user)
        logger.info(
            "campaign %s: missed recipients exported by user %s, phones %s",
            campaign.pk, request.user.pk, shows_phones,
        )  # fmt: skip
        what = state or _("not-reached")
        name = f"{slugify(campaign.name) or campaign.pk}-{what}.csv"
        return StreamingHttpResponse(
            missed_lines(campaign, shows_phones=shows_phones, state=state),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def progress_context(campaign: Campaign, user: User) -> dict[str, Any]:
    """Return what the fragment shows at this moment."""
    now = timezone.now()
    progress = progress_of(campaign, now=now)
    account = current_account()
    return {
        "now": now,
        "progress": progress,
        "finish": moment(progress.finish_at, now=now) if progress.finish_at else "",
        "is_running": campaign.status in RUNNING,
        "is_ended": campaign.status in ENDED,
        "tiles": tiles_of(campaign, progress, sees_list=_sees_list(user)),
        "percent": percent_done(progress.counters),
        "account": account,
        "usage": usage_of(account, now=now),
        "way_out": way_out(campaign, policy=policy_in_force()),
        "health": health_of(campaign, policy=policy_in_force(), now=now),
        "unknown": progress.counters.unknown,
        "not_launched": why_not_launched(campaign),
    }


def forecast_context(campaign: Campaign, progress: Progress) -> dict[str, object]:
    """Return the curve of those who still wait; nothing while nobody can tell when they leave."""
    if campaign.status not in RUNNING or progress.finish_at is None:
        return {"outlook": None}
    now = timezone.now()
    outlook, remedies = foresee_with_help(campaign, people=None, now=now)
    remedies = [remedy for remedy in remedies if remedy.code not in TOO_LATE]
    return outlook_context(outlook, remedies, now=now)


def why_not_launched(campaign: Campaign) -> str:
    """Return why the last launch of an approved campaign froze nothing; empty if none failed."""
    if campaign.status != Campaign.Status.APPROVED:
        return ""
    last = campaign.events.order_by("-at", "-pk").first()
    if last is None or last.verb not in {"launch_failed", "launch_recovered"}:
        return ""
    return sentence(
        str(last.figures.get("code") or "freeze_failed"), detail=last.figures.get("detail") or ""
    )


def _sees_list(user: User) -> bool:
    return user.has_perm("campaigns.view_outboundmessage")


def is_at_rest(campaign: Campaign, counters: Counters, *, now: datetime) -> bool:
    """Return whether nobody needs to ask again: ended, and no receipt to wait for any longer."""
    if campaign.status not in ENDED:
        return False
    ended = campaign.ended_at or now
    return counters.is_settled or now - ended > RECEIPTS_AWAITED


def percent_done(counters: Counters) -> float:
    """Return the share of recipients whose turn has come, in percent with one decimal."""
    if counters.total == 0:
        return 0.0
    waiting = counters.queued + counters.sending
    return round(100 * (counters.total - waiting) / counters.total, 1)
