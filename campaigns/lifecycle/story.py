"""What every move shares: the lock, the check of the state, and the line in the story."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignEvent, TransitionRefused

Status = Campaign.Status


def lock(campaign: Campaign) -> Campaign:
    """Return the campaign as it is now, its row locked until the transaction ends."""
    return Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)


def require(campaign: Campaign, *allowed: Status) -> None:
    """:raises TransitionRefused: the campaign is in none of the `allowed` states."""
    if campaign.status not in allowed:
        raise TransitionRefused(
            _("The campaign is now “%(status)s”: this is no longer possible. Look at it again.")
            % {"status": campaign.get_status_display()}
        )


def record(
    campaign: Campaign,
    verb: str,
    *,
    by: User | None,
    now: datetime,
    **figures: object,
) -> None:
    """Add a line to the story; the caller holds the transaction of the change it tells."""
    CampaignEvent.objects.create(campaign=campaign, verb=verb, by=by, at=now, figures=figures)
