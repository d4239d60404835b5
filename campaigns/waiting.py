"""What a campaign waits for, in words with figures: its own state first, then what the sender says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from campaigns.account import current_account
from campaigns.counters import Tally
from campaigns.models import Campaign, SenderReport, SpokiAccount
from campaigns.outlook import Outlook
from campaigns.reasons import STOP_CODES, in_words, moment, sentence, why_paused

# The sender reports every few seconds: after this it is not running.
SILENT_AFTER = timedelta(minutes=2)
Status = Campaign.Status
RUNNING = frozenset({Status.SCHEDULED, Status.SENDING})
ENDED = frozenset({Status.DONE, Status.CANCELLED})
# While the sender waits for one of these nobody can tell when it goes on: no end is foreseen.
_OPEN_ENDED = frozenset(
    {
        "account_paused",
        "canary_held",
        "canary_not_ready",
        "guard_failed",
        "number_not_ready",
        "number_red",
        "number_unreadable",
        "quality_red",
        "quality_unreadable",
        "template_stale",
    }
)
# How fast it goes, not what keeps it.
_PACES = frozenset({"campaign_spread", "even_pace", "shared_pace", "shared_with_flows"})


@dataclass(frozen=True, slots=True)
class Sender:
    """The account, and what the sender last reported; `waits` is None while it is silent."""

    account: SpokiAccount
    waits: tuple[Mapping[str, Any], ...] | None

    def waits_of(self, campaign: Campaign, *, now: datetime) -> list[Mapping[str, Any]]:
        """Return what keeps `campaign`, or everybody; what was only true until now is left out."""
        return [
            wait
            for wait in self.waits or ()
            if wait.get("campaign") in {None, campaign.pk}
            and wait.get("code") != "account_paused"
            and not _is_over(wait, now=now)
        ]

    def may_finish(self, campaign: Campaign, *, now: datetime) -> bool:
        """Return whether an end can be told: it runs, and waits for nothing without an end."""
        if self.waits is None or self.account.is_paused:
            return False
        return not any(w.get("code") in _OPEN_ENDED for w in self.waits_of(campaign, now=now))

    def only_paces(self, campaign: Campaign, *, now: datetime) -> bool:
        """Return whether nothing keeps `campaign` but the pace at which it may go."""
        return all(w.get("code") in _PACES for w in self.waits_of(campaign, now=now))


def look_at_sender(*, now: datetime) -> Sender:
    """Read what the sender says; a report older than two minutes is none."""
    account = current_account()
    report = SenderReport.objects.filter(account=account).first()
    is_fresh = report is not None and now - report.at <= SILENT_AFTER
    return Sender(account, tuple(report.waits) if report is not None and is_fresh else None)


def waiting_for(
    campaign: Campaign, tally: Tally, *, sender: Sender, outlook: Outlook | None, now: datetime
) -> list[str]:
    """Return in words why nothing leaves, or not faster; empty where there is nothing to wait for."""
    if campaign.status == Status.PAUSED:
        return [*_pause(campaign, tally, now=now), *_account(sender)]
    if campaign.status in ENDED:
        return _undecided(tally)
    if campaign.status not in RUNNING:
        return []
    return list(_running(campaign, tally, sender=sender, outlook=outlook, now=now))


def _running(
    campaign: Campaign, tally: Tally, *, sender: Sender, outlook: Outlook | None, now: datetime
) -> Iterator[str]:
    yield from _account(sender)
    if sender.waits is None:
        yield sentence("sender_not_running")
    if campaign.send_after is not None and campaign.send_after > now:
        yield sentence("send_after", until=moment(campaign.send_after, now=now))
    elif sender.waits is not None and not sender.account.is_paused:
        for wait in sender.waits_of(campaign, now=now):
            yield _in_words(wait, now=now)
    if campaign.status == Status.SENDING:
        yield from _queue(tally, now=now)
    if outlook is not None and outlook.expired and campaign.send_before is not None:
        until = moment(campaign.send_before, now=now)
        yield sentence("will_expire", count=outlook.expired, until=until)


def _queue(tally: Tally, *, now: datetime) -> Iterator[str]:
    """What the queue itself shows: tries to come, the last ones leaving, those that Meta holds."""
    if tally.retrying and tally.retry_at is not None:
        until = moment(tally.retry_at, now=now)
        yield sentence("retry_later", count=tally.retrying, until=until)
    if tally.counters.queued == 0 and tally.counters.sending:
        yield sentence("last_leaving", count=tally.counters.sending)
    if tally.held:
        yield sentence("held_by_meta", count=tally.held)


def _account(sender: Sender) -> list[str]:
    """Why nothing leaves the whole account, read from its own row: no report is newer."""
    account = sender.account
    if not account.is_paused:
        return []
    why = account.pause_code or "person"
    return [sentence("account_paused", why=why, detail=account.pause_detail)]


def _pause(campaign: Campaign, tally: Tally, *, now: datetime) -> Iterator[str]:
    """Who or what paused it, and what happens once somebody lets it go on."""
    yield _who_paused(campaign, now=now)
    if tally.counters.sending:
        yield sentence("last_leaving", count=tally.counters.sending)
    if waiting := tally.counters.queued:
        code = "if_continued" if campaign.pause_code in STOP_CODES else "if_resumed"
        yield sentence(code, count=waiting)
        if campaign.send_before is not None:
            until = moment(campaign.send_before, now=now)
            yield sentence("paused_expires", until=until)
    if tally.held:
        yield sentence("held_by_meta", count=tally.held)


def _who_paused(campaign: Campaign, *, now: datetime) -> str:
    if campaign.pause_code:
        return why_paused(campaign.pause_code, campaign.pause_detail)
    event = campaign.events.filter(verb="paused").select_related("by").last()
    if event is None or event.by is None:
        return why_paused("", "")
    name = event.by.get_full_name() or event.by.get_username()
    return sentence("paused_by", name=name, at=moment(event.at, now=now))


def _undecided(tally: Tally) -> list[str]:
    unknown = tally.counters.unknown
    return [sentence("left_unknown", count=unknown)] if unknown else []


def _is_over(wait: Mapping[str, Any], *, now: datetime) -> bool:
    until = parse_datetime(str(wait.get("until") or ""))
    return until is not None and until <= now


def _in_words(wait: Mapping[str, Any], *, now: datetime) -> str:
    figures = {name: value for name, value in wait.items() if name not in {"code", "campaign"}}
    return in_words(str(wait.get("code") or ""), figures, now=now)
