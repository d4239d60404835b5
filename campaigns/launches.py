"""Who freezes the audience of a launch: whoever clicked, or a worker where it takes long.

Whether a worker gets to it or dies on the way, the row says LAUNCHING and `recover_stuck_launches`
looks after it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import User
from kombu.exceptions import OperationalError

from campaigns import lifecycle
from campaigns.alerts import end_alerts, raise_alert
from campaigns.models import Campaign, TransitionRefused
from campaigns.reasons import sentence
from campaigns.refusals import Blocker, CampaignRefused, LaunchFailed

logger = logging.getLogger(__name__)
REFUSED = "launch_refused"


def launch(
    *,
    campaign: Campaign,
    by: User,
    confirm: str,
    now: datetime,
    hand_over: Callable[[Campaign, User], object],
) -> Campaign:
    """Launch a small campaign, or claim the launch of a large one and `hand_over` the rest.

    Returns it SCHEDULED, or LAUNCHING where it is handed over.

    :raises LaunchFailed: no worker can be reached; the campaign is approved as before.
    :raises CampaignRefused, TransitionRefused: as `lifecycle.launch_campaign`.
    """
    lifecycle.claim_launch(campaign=campaign, by=by, confirm=confirm, now=now)
    end_alerts(codes=(REFUSED,), campaign=campaign, now=now)
    if not lifecycle.is_large(campaign):
        return lifecycle.finish_launch(campaign=campaign, by=by, now=now)
    try:
        hand_over(campaign, by)
    except OperationalError as error:
        why = Blocker("no_worker", "", sentence("no_worker"))
        lifecycle.give_up_launch(campaign, why=why, now=now)
        raise LaunchFailed(why.text) from error
    campaign.refresh_from_db()
    return campaign


def finish(*, campaign_id: int, by_id: int, now: datetime) -> None:
    """Freeze what was handed over; where that is refused, tell people wherever they are by now.

    A second delivery, or one that comes after the launch was given up, does nothing.
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    try:
        lifecycle.finish_launch(campaign=campaign, by=User.objects.get(pk=by_id), now=now)
    except TransitionRefused:
        logger.info("the launch of campaign %s is over already", campaign_id)
    except CampaignRefused as refused:
        _tell(campaign, refused.blockers[0], now=now)
    except LaunchFailed:
        logger.exception("the audience of campaign %s could not be frozen", campaign_id)
        _tell(campaign, Blocker("freeze_failed", "", ""), now=now)


def _tell(campaign: Campaign, why: Blocker, *, now: datetime) -> None:
    campaign.refresh_from_db()
    if campaign.status == Campaign.Status.APPROVED:
        figures = {"why": why.code, **why.figures}
        raise_alert(code=REFUSED, campaign=campaign, figures=figures, now=now)
