"""The way from a template or a segment to a campaign that begins with it, and to what came of it."""

from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audiences import onward as from_segments
from audiences.models import Segment
from templates_sync import onward as from_templates
from templates_sync import page_links
from templates_sync.models import TemplateVersion

_FIGURES = page_links.PageLink(
    label=_("History and figures"),
    icon="monitoring",
    permission="campaigns.view_campaign",
    address="admin:campaigns_campaign_figures",
)


def register_onward() -> None:
    from_templates.register("campaigns", _with_template)
    from_templates.register("flows", _in_a_flow)
    from_segments.register("campaigns", _to_segment)
    page_links.register("figures", _FIGURES)


def _with_template(
    version: TemplateVersion, user: User | AnonymousUser
) -> from_templates.Onward | None:
    if not user.has_perm("campaigns.add_campaign"):
        return None
    address = _new_campaign(template_version=version.pk)
    return from_templates.Onward(_("Write a campaign with it"), address)


def _in_a_flow(
    version: TemplateVersion, user: User | AnonymousUser
) -> from_templates.Onward | None:
    if not user.has_perm("campaigns.add_flow"):
        return None
    begun = urlencode({"template_version": version.pk})
    return from_templates.Onward(
        _("Use it in a flow"), f"{reverse('admin:campaigns_flow_add')}?{begun}"
    )


def _to_segment(segment: Segment, user: User | AnonymousUser) -> from_segments.Onward | None:
    if not user.has_perm("campaigns.add_campaign"):
        return None
    address = _new_campaign(segment=segment.pk)
    return from_segments.Onward(_("Write a campaign to these people"), address)


def _new_campaign(**fields: int) -> str:
    return f"{reverse('admin:campaigns_campaign_add')}?{urlencode(fields)}"
