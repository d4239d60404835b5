"""While it runs: pause, resume, cancel. What has left cannot be called back."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from campaigns.alerts import STOPPED, end_alerts
from campaigns.blockers import resume_blockers
from campaigns.lifecycle.story import Status, lock, record, require
from campaigns.models import Campaign
from campaigns.outbox import skip_rest
from campaigns.refusals import CampaignRefused


@transaction.atomic
def pause_campaign(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """Stop after what is already leaving. :raises TransitionRefused: it is not running."""
    locked = lock(campaign)
    require(locked, Status.SCHEDULED, Status.SENDING)
    locked.move_to(Status.PAUSED, now=now, pause_code="", pause_detail="")
    record(locked, "paused", by=by, now=now)
    return locked


@transaction.atomic
def resume_campaign(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """Go on from where it stopped.

    :raises TransitionRefused: it is not paused.
    :raises CampaignRefused: what paused it, or something else, still stands against sending.
    """
    locked = lock(campaign)
    require(locked, Status.PAUSED)
    if blockers := resume_blockers(locked, now=now):
        raise CampaignRefused(blockers)
    why = locked.pause_code
    goes_on = Status.SENDING if locked.started_at else Status.SCHEDULED
    locked.move_to(goes_on, now=now, pause_code="", pause_detail="")
    end_alerts(codes=STOPPED, campaign=locked, now=now)
    record(locked, "resumed", by=by, now=now, paused_for=why)
    return locked


@transaction.atomic
def cancel_campaign(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """End it for good; whoever was not written to is skipped.

    :raises TransitionRefused: it has ended, or is being launched this very moment.
    """
    locked = lock(campaign)
    require(
        locked,
        Status.DRAFT,
        Status.IN_REVIEW,
        Status.REJECTED,
        Status.APPROVED,
        Status.SCHEDULED,
        Status.SENDING,
        Status.PAUSED,
    )
    locked.move_to(Status.CANCELLED, now=now, ended_at=now)
    skipped = skip_rest(campaign=locked, reason="campaign_cancelled", now=now)
    end_alerts(codes=STOPPED, campaign=locked, now=now)
    record(locked, "cancelled", by=by, now=now, skipped=skipped)
    return locked
