"""Background work of campaigns: each task translates, makes one call, and is safe to repeat."""

import logging
import threading
from datetime import datetime

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.module_loading import import_string

from campaigns import account, launches, lifecycle, route_probe, routes, telling, watchdog
from campaigns.flows import due, retention, watching
from campaigns.models import Campaign
from campaigns.policies import policy_in_force
from campaigns.scoreboard import counting
from campaigns.sender import housekeeping
from campaigns.sender.ledger import database_now
from campaigns.sender.running import drain_account, undecided_after
from spoki import SpokiError

logger = logging.getLogger(__name__)

# A turn ends after a quarter of an hour, so that nothing grows old in it; the next follows at once.
TURN_SECONDS = 900.0
# Counting the figures of templates goes on at the next run, should there be so much of it.
COUNT_SECONDS = 60.0
# Beat looks every minute who is due in a flow; another worker may be at it all the same.
FLOW_SECONDS = 50.0
_stop = threading.Event()


@worker_shutting_down.connect
def _end_turn(**_: object) -> None:
    """Let the running turn land what flies: the worker was asked to stop."""
    _stop.set()


@shared_task
def drain(**_: object) -> None:
    """Run the sender for a turn; at once again if it was ours. Beat starts it every 10 seconds."""
    if drain_account(stop=_stop, seconds=TURN_SECONDS) and not _stop.is_set():
        drain.delay()


@shared_task
def finish_launch(campaign_id: int, by_id: int, **_: object) -> None:
    """Freeze a large audience behind the page that launched it."""
    launches.finish(campaign_id=campaign_id, by_id=by_id, now=timezone.now())


def launch(*, campaign: Campaign, by: User, confirm: str, now: datetime) -> Campaign:
    """Launch a campaign from a page or the API; a large one is finished by a worker."""
    return launches.launch(
        campaign=campaign, by=by, confirm=confirm, now=now, hand_over=_hand_over_launch
    )


def _hand_over_launch(campaign: Campaign, by: User) -> None:
    finish_launch.delay(campaign_id=campaign.pk, by_id=by.pk)


@shared_task
def settle_unknown(**_: object) -> None:
    """Give up what was in flight when a sender died, what nobody tells of, stuck launches, silent
    probes."""
    now = database_now()
    housekeeping.give_up_undecided(after=undecided_after(), now=now)
    housekeeping.give_up_silent(after=policy_in_force().unknown_after, now=now)
    lifecycle.recover_stuck_launches(now=now)
    route_probe.give_up_silent(now=now)
    routes.reseal()


@shared_task
def watch_sending(**_: object) -> None:
    """Look whether anything about the sending needs a person; beat asks every minute."""
    watchdog.watch_sending(now=timezone.now())


@shared_task
def carry_out_flows(**_: object) -> None:
    """Write to whoever's wait in a flow is over; beat asks every minute."""
    now = timezone.now()
    watching.watch_flows(now=now)
    due.carry_out_due(now=now, seconds=FLOW_SECONDS)


@shared_task
def forget_flow_values(**_: object) -> None:
    """Blank what old messages of flows said of people; beat asks every night."""
    retention.forget_old_values(now=timezone.now())


@shared_task
def tell_alerts(**_: object) -> None:
    """Mail what nobody has been told yet."""
    telling.tell_alerts(now=timezone.now())


@shared_task
def count_uses(**_: object) -> None:
    """Bring the figures of the templates' scoreboard up to date; beat asks every 5 minutes."""
    counting.count_for(seconds=COUNT_SECONDS)


@shared_task
def refresh_account(**_: object) -> None:
    """Read limits, quality and credit from Spoki; what cannot be read now is read next time."""
    gateway = import_string(settings.SPOKI_GATEWAY)()
    try:
        account.refresh_account(gateway=gateway, now=timezone.now())
    except (SpokiError, account.NoAccount) as error:
        logger.warning("the account could not be read: %s", error)
    finally:
        gateway.close()
