"""The page of a campaign that cannot be edited: what it says, to whom, and its story."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audiences import parameters
from campaigns.admin.plan import plan_context
from campaigns.admin.views import CampaignView
from campaigns.definition import definition_of
from campaigns.models import Campaign, CampaignEvent
from campaigns.policies import policy_in_force
from campaigns.preview import preview_campaign
from campaigns.reasons import sentence
from campaigns.sender.policy import Policy

VERB_LABELS = {
    "created": _("Written"),
    "edited": _("Changed"),
    "submitted": _("Sent to review"),
    "approved": _("Approved"),
    "rejected": _("Rejected"),
    "returned_to_draft": _("Brought back to draft"),
    "approval_voided": _("Approval void: something had changed"),
    "launched": _("Launched"),
    "launch_failed": _("Launch failed, nothing was queued"),
    "launch_recovered": _("Launch interrupted, approved again"),
    "started": _("Started"),
    "paused": _("Paused"),
    "resumed": _("Resumed"),
    "cancelled": _("Stopped for good"),
    "done": _("Finished"),
    "share_out": _("The share is out and watched"),
    "share_next": _("It went well: the next share follows"),
    "share_rest": _("It went well: everybody else follows"),
    "continued": _("Continued in spite of a stop rule"),
    "reopened": _("Opened again for messages that are sent again"),
    "settled_assumed_sent": _("Unknown messages: assumed sent"),
    "doubled": _("Somebody got it twice: the first attempt had left after all"),
    "settled_released": _("Unknown messages: sent again, with the risk of doubles"),
}
# States in which today's audience and cost still say something.
PLANNED = frozenset({Campaign.Status.DRAFT, Campaign.Status.REJECTED, Campaign.Status.IN_REVIEW,
                     Campaign.Status.APPROVED})  # fmt: skip


class CampaignPage(CampaignView):
    template_name = "campaigns/admin/campaign_page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.get_campaign()
        context = {
            "campaign": campaign,
            "story": story_of(campaign),
            "values": values_in_words(campaign),
            "first_share": first_share_in_words(campaign, policy_in_force()),
        }
        if campaign.status in PLANNED:
            now = timezone.now()
            preview = preview_campaign(campaign, definition_of(campaign), contact_id=None, now=now)
            context |= plan_context(campaign, preview, now=now)
        return self.render_to_response(self.get_context_data(**context))


def values_in_words(campaign: Campaign) -> list[dict[str, str]]:
    """Return where each variable takes its value from, in the order of the template."""
    version = campaign.template_version
    labels = dict(parameters.choices())
    values = []
    for name in version.variables if version else []:
        entry = campaign.variables.get(name) or {}
        source = str(entry.get("parameter", ""))
        fixed, fallback = str(entry.get("value", "")), str(entry.get("fallback", ""))
        label = labels.get(source, source)
        values.append({"name": name, "source": label, "fixed": fixed, "fallback": fallback})
    return values


def first_share_in_words(campaign: Campaign, policy: Policy) -> str:
    """Return how many leave first, and for how long they are watched."""
    percent = f"{localize((campaign.canary_share * 100).normalize() + 0)}%"
    minutes = int(policy.canary_hold.total_seconds() // 60)
    return gettext("%(percent)s, at most %(most)s people, watched for %(minutes)s minutes") % {
        "percent": percent,
        "most": policy.canary_size,
        "minutes": minutes,
    }


def story_of(campaign: Campaign) -> list[dict[str, object]]:
    """Return what happened, newest first, in words."""
    events: QuerySet[CampaignEvent] = campaign.events.select_related("by").order_by("-at", "-pk")
    return [
        {
            "at": event.at,
            "what": VERB_LABELS.get(event.verb, event.verb),
            "by": event.by,
            "recipients": event.figures.get("recipients"),
            "reason": _why(event.figures),
        }
        for event in events
    ]


def _why(figures: dict[str, Any]) -> str:
    """Return a person's own words, or those of the code with which a machine acted."""
    if reason := figures.get("reason"):
        return str(reason)
    return sentence(str(figures.get("code") or ""), detail=figures.get("detail") or "")
