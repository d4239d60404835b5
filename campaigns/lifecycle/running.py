"""While it runs: pause, resume, go on in spite of a stop rule, cancel. What has left cannot be called back."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.alerts import STOPPED, end_alerts
from campaigns.blockers import going_on_blockers, resume_blockers
from campaigns.lifecycle.story import Status, lock, record, require
from campaigns.models import Campaign, OutboundMessage, TransitionRefused
from campaigns.outbox import skip_rest
from campaigns.policies import policy_in_force
from campaigns.reasons import STOP_CODES
from campaigns.refusals import Blocker, CampaignRefused
from campaigns.sender.rollout import go_on, open_rollout


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
def continue_campaign(*, campaign: Campaign, by: User, why: str, now: datetime) -> Campaign:
    """Go on although a stop rule or the first share says no; what has left is not judged again.

    :raises TransitionRefused: no stop rule holds it (any more).
    :raises CampaignRefused: no reason is given, or something else stands against sending.
    """
    locked = lock(campaign)
    require(locked, Status.PAUSED)
    if locked.pause_code not in STOP_CODES:
        raise TransitionRefused(_("No stop rule holds this campaign: resume it."))
    if not why.strip():
        text = _("Say why it may go on: whoever asks later will read it.")
        raise CampaignRefused([Blocker("no_reason", "why", text)])
    if blockers := going_on_blockers(locked, now=now):
        raise CampaignRefused(blockers)
    stopped_for = {"code": locked.pause_code, "detail": locked.pause_detail}
    policy = policy_in_force()
    rollout = open_rollout(campaign=locked, now=now, policy=policy)
    goes_on = Status.SENDING if locked.started_at else Status.SCHEDULED
    locked.move_to(goes_on, now=now, pause_code="", pause_detail="")
    record(locked, "continued", by=by, now=now, reason=why.strip(), despite=stopped_for)
    go_on(rollout, now=now, policy=policy)
    end_alerts(codes=STOPPED, campaign=locked, now=now)
    return locked


def cancel_campaign(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """End it for good; whoever was not written to is skipped.

    From the first commit on nothing starts any more; the messages follow some at a time, so that no
    sender waits for them. What a crash leaves of them the sender skips itself.

    :raises TransitionRefused: it has ended, or is being launched this very moment.
    """
    locked = _cancel(campaign, by=by, now=now)
    skip_rest(campaign=locked, reason="campaign_cancelled", now=now)
    return locked


@transaction.atomic
def _cancel(campaign: Campaign, *, by: User, now: datetime) -> Campaign:
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
    waiting = locked.messages.filter(status=OutboundMessage.Status.QUEUED).count()
    end_alerts(codes=STOPPED, campaign=locked, now=now)
    record(locked, "cancelled", by=by, now=now, skipped=waiting)
    return locked
