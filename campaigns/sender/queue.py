"""What waits in the outbox: which campaigns are at work, in which zones people may be written to."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from django.db import connection
from django.db.models import F

from campaigns.models import Campaign, SpokiAccount
from campaigns.sender.allowance import Wait
from campaigns.sender.crowds import Crowd, look, sleep_waits
from campaigns.sender.gates import Gate, gates_of
from campaigns.sender.holds import Hold
from campaigns.sender.hours import WritingHours
from campaigns.sender.numbers import Numbers
from campaigns.sender.streams import Stream, Streams

_COUNTS = """
SELECT zone, count(*) FROM campaigns_outboundmessage
WHERE campaign_id = %s AND lane = 2 AND status = 'queued'
  AND due_at <= statement_timestamp() AND (expires_at IS NULL OR expires_at > statement_timestamp())
  AND (lease_until IS NULL OR lease_until <= statement_timestamp())
GROUP BY zone
"""

_URGENT_ZONES = """
SELECT DISTINCT zone FROM campaigns_outboundmessage
WHERE account_id = %s AND lane < 2 AND status = 'queued' AND due_at <= %s
"""


# Whatever takes turns at the marketing that may start.
Source = Campaign | Stream

# The counts only steer the pace and the words on the page, and may be this old.
COUNTS_AGE_SECONDS = 2.0
# Counting a queue of a million takes its time: then it is counted less often, so that it never
# takes more than this share of ours.
COUNTING_SHARE = 0.05


@dataclass(slots=True)
class QueueCounts:
    """How many people wait per campaign and zone, counted again every two seconds.

    `refresh` does so before the account is locked: nobody waits for a long count.
    """

    _known: dict[int, dict[str, int]] = field(default_factory=dict)
    _due: dict[int, float] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=Numbers)
    streams: Streams = field(default_factory=Streams)

    def refresh(self) -> None:
        """Count again what is out of date; forget campaigns that are not at work any more."""
        self.numbers.refresh()
        self.streams.refresh(age=COUNTS_AGE_SECONDS, share=COUNTING_SHARE)
        sending = Campaign.objects.filter(status=Campaign.Status.SENDING)
        at_work = set(sending.values_list("pk", flat=True))
        for campaign_id in at_work:
            if time.monotonic() >= self._due.get(campaign_id, 0.0):
                self._count(campaign_id)
        for campaign_id in self._known.keys() - at_work:
            del self._known[campaign_id], self._due[campaign_id]

    def of(self, campaign: Campaign) -> dict[str, int]:
        if campaign.pk not in self._known:
            self._count(campaign.pk)
        return self._known[campaign.pk]

    def _count(self, campaign_id: int) -> None:
        began = time.monotonic()
        self._known[campaign_id] = _waiting_by_zone(campaign_id)
        took = time.monotonic() - began
        self._due[campaign_id] = began + max(COUNTS_AGE_SECONDS, took / COUNTING_SHARE)


@dataclass(slots=True)
class Backlog:
    """Marketing that could leave now, and what keeps the rest; flows stand among the campaigns."""

    campaigns: list[Source] = field(default_factory=list)
    zones: dict[int, list[str]] = field(default_factory=dict)
    crowds: list[Crowd] = field(default_factory=list)
    # Campaigns that are not open to everybody yet.
    gates: dict[int, Gate] = field(default_factory=dict)
    opens_at: datetime | None = None
    waits: list[Wait] = field(default_factory=list)
    is_at_work: bool = False
    # One of the numbers that would send is rated medium: marketing goes at half speed.
    is_yellow: bool = False

    def zones_of(self, campaign_id: int) -> list[str]:
        return self.zones.get(campaign_id, [])


def urgent_zones(account: SpokiAccount, *, now: datetime) -> list[str]:
    """Return the zones of replies and order messages that are due; empty if there are none."""
    with connection.cursor() as cursor:
        cursor.execute(_URGENT_ZONES, [account.pk, now])
        return [zone for (zone,) in cursor.fetchall()]


def marketing_backlog(
    *, now: datetime, hours: WritingHours, counts: QueueCounts, held: Mapping[int, Hold]
) -> Backlog:
    """Return the campaigns and flows at work whose people may be written to at `now`, longest wait
    first.

    `held` are template versions that may not be sent now. The rows of the campaigns are locked in
    the order in which everybody takes them (campaign, then messages); one that somebody is just
    cancelling is left out of this look rather than waited for.
    """
    sending = Campaign.objects.filter(status=Campaign.Status.SENDING)
    free = sending.select_for_update(skip_locked=True, no_key=True)
    found = list(free.order_by(F("pace_at").asc(nulls_first=True), "started_at", "pk"))
    streams = list(counts.streams)
    backlog = Backlog(is_at_work=bool(found or streams) or sending.exists())
    backlog.gates = gates_of(found, now=now)
    for source in _by_turn(found, streams, now=now):
        gate = backlog.gates.get(source.pk)
        if gate is not None:
            backlog.waits.append(gate.wait)
        if source.template_version_id in held:
            backlog.waits.append(Wait("template_stale", {"campaign": source.pk}))
        elif (number := counts.numbers.of(source.number_id)).stops:
            figures: dict[str, object] = {"campaign": source.pk, "number": number.name}
            backlog.waits.append(Wait(number.stops, figures))
        elif gate is not None and gate.room <= 0:
            continue
        else:
            backlog.is_yellow |= number.is_yellow
            waiting = source.waiting if isinstance(source, Stream) else counts.of(source)
            _add(backlog, source, waiting, now=now, hours=hours)
    return backlog


def _by_turn(
    campaigns: Sequence[Campaign], streams: Sequence[Stream], *, now: datetime
) -> Sequence[Source]:
    """Return them all, who waited longest for a turn first; `campaigns` come in that order."""
    if not streams:
        return campaigns
    turns: list[tuple[float, Source]] = [
        *((_seconds(stream.turn(now=now)), stream) for stream in streams),
        *((_seconds(campaign.pace_at), campaign) for campaign in campaigns),
    ]
    return [source for _turn, source in sorted(turns, key=itemgetter(0))]


def _seconds(moment: datetime | None) -> float:
    return float("-inf") if moment is None else moment.timestamp()


def _add(
    backlog: Backlog,
    campaign: Source,
    waiting: dict[str, int],
    *,
    now: datetime,
    hours: WritingHours,
) -> None:
    seen = look(waiting, now=now, hours=hours)
    backlog.waits += sleep_waits(seen.asleep, campaign=campaign.pk)
    wakes = [moment for moment in (backlog.opens_at, seen.opens_at) if moment is not None]
    backlog.opens_at = min(wakes, default=None)
    if seen.awake:
        backlog.campaigns.append(campaign)
        backlog.zones[campaign.pk] = [crowd.zone for crowd in seen.awake]
        backlog.crowds += seen.awake


def _waiting_by_zone(campaign_id: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [campaign_id])
        return dict(cursor.fetchall())
