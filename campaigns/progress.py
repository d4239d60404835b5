"""How far a campaign is: what the page and the API tell, both from this one look."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.counters import Counters, Tally
from campaigns.missed import ErrorLine, error_lines
from campaigns.models import Campaign
from campaigns.outlook import Outlook
from campaigns.shared_looks import shared_end, shared_tally
from campaigns.waiting import ENDED, RUNNING, Sender, look_at_sender, waiting_for

RATE_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Expiring:
    """How many will not be written to, because the campaign's last hour comes first, `at` then."""

    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What the progress page and the API tell; `rate_per_minute` is real, of the last 5 minutes.

    `finish_at` is when it ended, or will; None while nobody can tell. `held` are accepted ones that
    Meta keeps for now, `retrying` queued ones that wait for another try.
    """

    status: str
    counters: Counters
    waiting_for: tuple[str, ...]
    rate_per_minute: float
    finish_at: datetime | None
    expiring: Expiring | None = None
    held: int = 0
    retrying: int = 0
    errors: tuple[ErrorLine, ...] = field(default=())
    # What it waits for is nothing but the pace at which it may go.
    is_on_pace: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the shape of the API."""
        return {
            "status": self.status,
            "total": self.counters.total,
            **asdict(self.counters),
            "waiting_for": list(self.waiting_for),
            "rate_per_minute": self.rate_per_minute,
            "finish_at": self.finish_at,
            "expiring": self.expiring,
            "held": self.held,
            "retrying": self.retrying,
            "missed": list(self.errors),
        }


def progress_of(campaign: Campaign, *, now: datetime) -> Progress:
    """Return where `campaign` is at `now`."""
    since = now - RATE_WINDOW
    tally = shared_tally(campaign, since=since, now=now)
    sender = look_at_sender(now=now)
    outlook = _outlook(campaign, tally, sender, now=now)
    waits = waiting_for(campaign, tally, sender=sender, outlook=outlook, now=now)
    return Progress(
        status=campaign.status,
        counters=tally.counters,
        waiting_for=tuple(waits),
        rate_per_minute=_rate_per_minute(campaign, tally, now=now),
        finish_at=_finish_at(campaign, tally, outlook, now=now),
        expiring=_expiring(campaign, outlook),
        held=tally.held,
        retrying=tally.retrying,
        errors=tuple(error_lines(tally.groups)),
        is_on_pace=_is_on_pace(campaign, tally, sender, outlook, now=now),
    )


def _outlook(campaign: Campaign, tally: Tally, sender: Sender, *, now: datetime) -> Outlook | None:
    """Foresee the queue; None where nothing is queued, or nobody can tell when it goes on."""
    is_moving = campaign.status in RUNNING and tally.counters.queued > 0
    if not is_moving or not sender.may_finish(campaign, now=now):
        return None
    return shared_end(campaign, sender.account, now=now)


def _is_on_pace(
    campaign: Campaign, tally: Tally, sender: Sender, outlook: Outlook | None, *, now: datetime
) -> bool:
    is_moving = campaign.status == Campaign.Status.SENDING and outlook is not None
    is_whole = outlook is not None and not outlook.expired
    return is_moving and is_whole and not tally.retrying and sender.only_paces(campaign, now=now)


def _rate_per_minute(campaign: Campaign, tally: Tally, *, now: datetime) -> float:
    """Return starts per minute over the last five, or since the start if that is less."""
    if campaign.started_at is None or campaign.status in ENDED:
        return 0.0
    since = max(now - RATE_WINDOW, campaign.started_at)
    # A handful of seconds says nothing yet.
    minutes = max((now - since) / timedelta(minutes=1), 0.25)
    return round(tally.departed / minutes, 1)


def _finish_at(
    campaign: Campaign, tally: Tally, outlook: Outlook | None, *, now: datetime
) -> datetime | None:
    """Return the end; never in the past, never before the last try that is still to come."""
    if campaign.status in ENDED:
        return campaign.ended_at
    if outlook is None or outlook.finish_at is None:
        return None
    latest = max(now, outlook.finish_at, tally.last_retry_at or now)
    return min(latest, campaign.send_before) if campaign.send_before else latest


def _expiring(campaign: Campaign, outlook: Outlook | None) -> Expiring | None:
    if outlook is None or not outlook.expired or campaign.send_before is None:
        return None
    return Expiring(outlook.expired, campaign.send_before)
