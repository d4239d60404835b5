"""How far a campaign is, from the rows themselves: counters that always add up to the total."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.account import current_account
from campaigns.forecasting import foresee_rest
from campaigns.models import Campaign, OutboundMessage, SenderReport
from campaigns.reasons import in_words, moment, sentence, why_paused

RATE_WINDOW = timedelta(minutes=5)
# The sender reports every few seconds: after this it is not running.
SILENT_AFTER = timedelta(minutes=2)

Status = Campaign.Status
RUNNING = frozenset({Status.SCHEDULED, Status.SENDING})
ENDED = frozenset({Status.DONE, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Counters:
    """Each recipient is in exactly one state; `replied` counts across states."""

    queued: int = 0
    sending: int = 0
    accepted: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    expired: int = 0
    replied: int = 0

    @property
    def total(self) -> int:
        counted: dict[str, int] = asdict(self)
        return sum(counted.values()) - self.replied

    @property
    def handed_over(self) -> int:
        """How many left: nothing is waiting, left out or late among them."""
        return self.total - self.queued - self.skipped - self.expired

    @property
    def is_settled(self) -> bool:
        """Whether no news can change a counter any more, except a late receipt."""
        return self.queued + self.sending + self.accepted + self.sent == 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What the progress page and the API tell; `rate_per_minute` is real, of the last 5 minutes."""

    status: str
    counters: Counters
    waiting_for: tuple[str, ...]
    rate_per_minute: float
    finish_at: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """Return the shape of the API."""
        return {
            "status": self.status,
            "total": self.counters.total,
            **asdict(self.counters),
            "waiting_for": list(self.waiting_for),
            "rate_per_minute": self.rate_per_minute,
            "finish_at": self.finish_at,
        }


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One reason why people were not reached, and how many."""

    status: str
    reason: str
    code: str
    meaning: str
    count: int


def progress_of(campaign: Campaign, *, now: datetime) -> Progress:
    """Return where `campaign` is at `now`."""
    counters = count_messages(campaign)
    return Progress(
        status=campaign.status,
        counters=counters,
        waiting_for=tuple(waiting_for(campaign, now=now)),
        rate_per_minute=_rate_per_minute(campaign, now=now),
        finish_at=_finish_at(campaign, counters, now=now),
    )


def count_messages(campaign: Campaign) -> Counters:
    """Count the campaign's messages by state, and the replies, in one statement."""
    rows = (
        campaign.messages.order_by()
        .values_list("status")
        .annotate(people=Count("pk"), replies=Count("pk", filter=Q(replied_at__isnull=False)))
    )
    found = {status: (people, replies) for status, people, replies in rows}
    states = {status: people for status, (people, _replies) in found.items()}
    return Counters(**states, replied=sum(replies for _people, replies in found.values()))


def error_lines(campaign: Campaign) -> list[ErrorLine]:
    """Return who was not reached and why, the most frequent reason first."""
    missed = [
        OutboundMessage.Status.FAILED,
        OutboundMessage.Status.SKIPPED,
        OutboundMessage.Status.UNKNOWN,
        OutboundMessage.Status.EXPIRED,
    ]
    rows = (
        campaign.messages.filter(status__in=missed)
        .order_by()
        .values_list("status", "reason", "error_code")
        .annotate(people=Count("pk"))
        .order_by("-people", "reason", "error_code")
    )
    return [
        ErrorLine(status, reason, error, sentence(reason) or error, people)
        for status, reason, error, people in rows
    ]


def waiting_for(campaign: Campaign, *, now: datetime) -> list[str]:
    """Return in words why nothing leaves, or not faster; empty where there is nothing to wait for."""
    if campaign.status == Status.PAUSED:
        return [why_paused(campaign.pause_code, campaign.pause_detail)]
    if campaign.status not in RUNNING:
        return []
    if campaign.send_after is not None and campaign.send_after > now:
        return [sentence("send_after", until=moment(campaign.send_after, now=now))]
    return _sender_says(campaign, now=now)


def _sender_says(campaign: Campaign, *, now: datetime) -> list[str]:
    report = SenderReport.objects.filter(account=current_account()).first()
    if report is None or now - report.at > SILENT_AFTER:
        return [_("The sender is not running: nothing leaves until it is started.")]
    waits = [wait for wait in report.waits if wait.get("campaign") in {None, campaign.pk}]
    return [_in_words(wait, now=now) for wait in waits]


def _in_words(wait: Mapping[str, Any], *, now: datetime) -> str:
    figures = {name: value for name, value in wait.items() if name not in {"code", "campaign"}}
    return in_words(str(wait.get("code") or ""), figures, now=now)


def _rate_per_minute(campaign: Campaign, *, now: datetime) -> float:
    """Return starts per minute over the last five, or since the start if that is less."""
    if campaign.started_at is None or campaign.status in ENDED:
        return 0.0
    since = max(now - RATE_WINDOW, campaign.started_at)
    started = campaign.messages.filter(sending_at__gt=since, sending_at__lte=now).count()
    minutes = max((now - since) / timedelta(minutes=1), 1.0)
    return round(started / minutes, 1)


def _finish_at(campaign: Campaign, counters: Counters, *, now: datetime) -> datetime | None:
    if campaign.status in ENDED:
        return campaign.ended_at
    if campaign.status not in RUNNING:
        return None
    return foresee_rest(campaign, now=now).finish_at
