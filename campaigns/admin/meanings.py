"""What the system does about each reason why somebody was not reached, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import OutboundMessage
from campaigns.progress import ErrorLine

Text = str | Promise

_BY_REASON: Mapping[str, Text] = {
    "undeliverable": _("Not tried again in this campaign."),
    "stopped_marketing": _("Marketing consent is withdrawn: never written to again."),
    "consent_withdrawn": _("Never written to again without a new consent."),
    "marketing_cap": _("Left alone in this campaign."),
    "campaign_cancelled": _("Nothing: the campaign was stopped."),
    "send_before_passed": _("Nothing: its last moment had passed."),
    "frequency_cap": _("Left alone until enough time has passed."),
    "too_many_attempts": _("Given up."),
    "refused": _("Not tried again: the same message would be refused again."),
}
_BY_STATUS: Mapping[str, Text] = {
    OutboundMessage.Status.FAILED: _("Not tried again."),
    OutboundMessage.Status.SKIPPED: _("Not written to in this campaign."),
    OutboundMessage.Status.EXPIRED: _("Not written to in this campaign."),
    OutboundMessage.Status.UNKNOWN: _("Never sent again by itself: news from Spoki settles it."),
}


def what_is_done(line: ErrorLine) -> Text:
    """Return what the system does about the people of `line`."""
    return _BY_REASON.get(line.reason) or _BY_STATUS.get(line.status, "")
