"""The page that says why a customer got a campaign, or did not."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from conversations.access import for_colleagues
from conversations.card.frame import Elsewhere, card_url, framed, person_or_404
from conversations.card.received import campaign_lines, flow_lines
from conversations.card.why import why


@never_cache
@require_safe
@for_colleagues()
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """One line per campaign and flow; `campaign` is told in full, `q` looks for names."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return HttpResponseRedirect(card_url(elsewhere.contact_id))
    wanted = request.GET.get("q", "")[:120].replace("\x00", "").strip()
    campaign = _asked(request.GET.get("campaign", ""))
    shown = {
        "contact": contact,
        "wanted": wanted,
        "lines": campaign_lines(contact, wanted=wanted),
        "flows": flow_lines(contact) if not wanted else [],
        "campaign": campaign,
    }
    if campaign is not None:
        shown["verdict"] = why(contact=contact, campaign=campaign, now=timezone.now())
    name = contact.full_name or contact.phone or str(contact.pk)
    title = _("What %(name)s received, and why") % {"name": name}
    return framed(request, "conversations/card/why.html", shown, title=title)


def _asked(campaign: str) -> Campaign | None:
    """:raises Http404: there is no such campaign."""
    if not campaign:
        return None
    is_number = campaign.isdecimal() and len(campaign) < 18
    known = Campaign.objects.select_related(
        "snapshot", "segment_version", "template_version", "segment"
    )
    found = known.filter(pk=int(campaign)).first() if is_number else None
    if found is None:
        raise Http404
    return found
