"""What a new installation still needs before the first campaign, for the first page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact, Segment
from campaigns.models import Campaign
from templates_sync.models import Template


@dataclass(frozen=True, slots=True)
class Step:
    """`link` is empty where the reader's role does not open the page."""

    text: str | Promise
    link: str
    is_done: bool


STEPS = (
    (Template, _("Read the templates from Spoki"), "admin:templates_sync_template_changelist", "templates_sync.sync_template"),
    (Contact, _("Import the contacts, with their consent"), "admin:audiences_contact_import", "audiences.add_contact"),
    (Segment, _("Say in a segment whom to write to"), "admin:audiences_segment_add", "audiences.add_segment"),
    (Campaign, _("Prepare the first campaign"), "admin:campaigns_campaign_add", "campaigns.add_campaign"),
)  # fmt: skip


def first_steps(request: HttpRequest) -> list[Step]:
    """Return the steps in their order; none once a campaign is there, or where the role has none."""
    if Campaign.objects.exists():
        return []
    steps = [
        Step(text, reverse(address) if request.user.has_perm(permission) else "",
             model._default_manager.exists())
        for model, text, address, permission in STEPS
    ]  # fmt: skip
    return steps if any(step.link for step in steps) else []
