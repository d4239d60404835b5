"""The progress page: one fragment that asks again every five seconds until nothing moves."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.access import may_see_phones
from campaigns.account import current_account
from campaigns.admin.meanings import what_is_done
from campaigns.admin.plan import outlook_context
from campaigns.admin.views import CampaignView, campaign_context
from campaigns.export import missed_lines
from campaigns.forecasting import foresee_with_help
from campaigns.health import health_of
from campaigns.models import Campaign
from campaigns.policies import policy_in_force
from campaigns.progress import ENDED, RUNNING, Counters, Progress, error_lines, progress_of
from campaigns.routes import way_out
from campaigns.usage import usage_of

logger = logging.getLogger(__name__)
# Receipts that come later than this are still counted, but no page waits for them.
RECEIPTS_AWAITED = timedelta(hours=24)
# htmx stops polling at this status (htmx, Polling).
STOP_POLLING = 286
# The bars and figures of the page: label, counters that make it up, icon.
TILES = (
    ("queued", ("queued", "sending"), "hourglass_top"),
    ("sent", ("accepted", "sent"), "send"),
    ("delivered", ("delivered",), "done_all"),
    ("read", ("read",), "visibility"),
    ("failed", ("failed",), "error"),
    ("skipped", ("skipped", "expired"), "person_off"),
    ("unknown", ("unknown",), "help"),
)


class ProgressPage(CampaignView):
    template_name = "campaigns/admin/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        context = {"campaign": campaign, **progress_context(campaign), **forecast_context(campaign)}
        return self.render_to_response(self.get_context_data(**context))


class ProgressFragment(CampaignView):
    """The part that moves."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        context = campaign_context(campaign, request.user) | progress_context(campaign)
        is_over = is_at_rest(campaign, context["progress"].counters, now=context["now"])
        status = STOP_POLLING if is_over else 200
        return render(request, "campaigns/admin/parts/progress.html", context, status=status)


class MissedFile(CampaignView):
    """CSV of who did not get it, and why; phones only for who may export people."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        campaign = self.get_campaign()
        shows_phones = may_see_phones(request.user)
        logger.info(
            "campaign %s: missed recipients exported by user %s, phones %s",
            campaign.pk, request.user.pk, shows_phones,
        )  # fmt: skip
        name = f"{slugify(campaign.name) or campaign.pk}-{_('not-reached')}.csv"
        return StreamingHttpResponse(
            missed_lines(campaign, shows_phones=shows_phones),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def progress_context(campaign: Campaign) -> dict[str, Any]:
    """Return what the fragment shows at this moment."""
    now = timezone.now()
    progress = progress_of(campaign, now=now)
    account = current_account()
    usage = usage_of(account, now=now)
    return {
        "now": now,
        "progress": progress,
        "tiles": tiles_of(progress),
        "percent": percent_done(progress.counters),
        "errors": [(line, what_is_done(line)) for line in error_lines(campaign)],
        "account": account,
        "usage": usage,
        "way_out": way_out(campaign, policy=policy_in_force()),
        "health": health_of(campaign, policy=policy_in_force(), now=now),
        "unknown": progress.counters.unknown,
    }


def forecast_context(campaign: Campaign) -> dict[str, object]:
    """Return the curve of those who still wait; nothing for a campaign that does not run."""
    if campaign.status not in RUNNING:
        return {"outlook": None}
    now = timezone.now()
    outlook, remedies = foresee_with_help(campaign, people=None, now=now)
    return outlook_context(outlook, remedies, now=now)


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


def tiles_of(progress: Progress) -> list[dict[str, Any]]:
    """Return the counters that add up to the total, and the replies beside them."""
    labels = {
        "queued": pgettext("recipients", "Queued"),
        "sent": pgettext("recipients", "Sent"),
        "delivered": pgettext("recipients", "Delivered"),
        "read": pgettext("recipients", "Read"),
        "failed": pgettext("recipients", "Failed"),
        "skipped": pgettext("recipients", "Left out"),
        "unknown": pgettext("recipients", "Unknown"),
    }
    total = progress.counters.total or 1
    tiles = []
    for key, parts, icon in TILES:
        count = sum(getattr(progress.counters, part) for part in parts)
        tiles.append({"key": key, "label": labels[key], "count": count, "icon": icon})
    replied = progress.counters.replied
    tiles.append(
        {
            "key": "replied",
            "label": pgettext("recipients", "Replies"),
            "count": replied,
            "icon": "reply",
        }
    )
    return [tile | {"percent": round(100 * tile["count"] / total, 1)} for tile in tiles]
