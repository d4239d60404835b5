"""When a campaign will be finished: the account as it is now, and all campaigns at work, fed to the
pure forecast.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from campaigns.forecast_world import gates_of, step_for, world_of
from campaigns.models import Campaign, Lane, OutboundMessage, Rollout, SpokiAccount
from campaigns.outlook import Outlook
from campaigns.routes import usable
from campaigns.sender.forecast import foresee
from campaigns.sender.remedies import Remedy, remedies_for
from campaigns.sender.sharing import spread_rate
from campaigns.sender.virtual import NEVER, Wave, World

AT_WORK = (Campaign.Status.SCHEDULED, Campaign.Status.SENDING)

PeopleByZone = Mapping[str, int]


def foresee_campaign(campaign: Campaign, *, people: PeopleByZone, now: datetime) -> Outlook:
    """Return the outlook of a campaign not launched yet, started at `now` or when it is planned.

    `people` are its recipients by time zone. The campaigns at work share the account with it.
    """
    return _stage(campaign, people, total=sum(people.values()), sent=0, now=now).outlook()


def foresee_rest(campaign: Campaign, *, now: datetime) -> Outlook:
    """Return the outlook of those who still wait in the queue of a launched campaign."""
    return _stage_of_rest(campaign, now=now).outlook()


def foresee_with_help(
    campaign: Campaign, *, people: PeopleByZone | None, now: datetime
) -> tuple[Outlook, list[Remedy]]:
    """Return the outlook, and what would bring its end to the day of its start.

    `people` None: the campaign is launched, and those who still wait are foreseen.
    """
    if people is None:
        stage = _stage_of_rest(campaign, now=now)
    else:
        stage = _stage(campaign, people, total=sum(people.values()), sent=0, now=now)
    outlook = stage.outlook()
    zone = timezone.get_default_timezone()
    if outlook.finishes_on_its_first_day(zone) or stage.ours.waiting == 0:
        return outlook, []
    return outlook, remedies_for(stage.world, stage.waves, stage.ours.key, zone=zone)


def waiting_by_zone(campaigns: Collection[int]) -> dict[int, dict[str, int]]:
    """Return campaign id → time zone → people in its queue, in one statement at most."""
    if not campaigns:
        return {}
    rows = (
        OutboundMessage.objects.filter(
            campaign_id__in=campaigns, status=OutboundMessage.Status.QUEUED
        )
        .order_by()
        .values_list("campaign_id", "zone")
        .annotate(people=Count("pk"))
    )
    found: dict[int, dict[str, int]] = {}
    for campaign_id, zone, people in rows:
        found.setdefault(campaign_id, {})[zone] = people
    return found


@dataclass(frozen=True, slots=True)
class _Stage:
    """The account and every campaign on it, ours first."""

    account: SpokiAccount
    world: World
    waves: list[Wave]

    @property
    def ours(self) -> Wave:
        return self.waves[0]

    def outlook(self) -> Outlook:
        step = step_for(sum(wave.waiting for wave in self.waves), self.account)
        return foresee(self.world, self.waves, step=step)[self.ours.key]


def _stage_of_rest(campaign: Campaign, *, now: datetime) -> _Stage:
    people = waiting_by_zone([campaign.pk]).get(campaign.pk, {})
    total = max(campaign.total, sum(people.values()))
    return _stage(campaign, people, total=total, sent=total - sum(people.values()), now=now)


def _stage(
    campaign: Campaign, people: PeopleByZone, *, total: int, sent: int, now: datetime
) -> _Stage:
    account = SpokiAccount.objects.order_by("pk").first() or SpokiAccount()
    world = world_of(account, now=now)
    others = _at_work(but=campaign)
    flows = _waves_of_flows(world)
    routed = _routed([campaign, *(other for other, _people in others)])
    ours = _wave(campaign, people, total=total, sent=sent, world=world, routed=routed)
    waves = [
        _wave(
            other, waiting, total=other.total, sent=other.total - sum(waiting.values()),
            world=world, routed=routed,
        )
        for other, waiting in others
    ]  # fmt: skip
    return _Stage(account, world, [ours, *waves, *flows])


def _waves_of_flows(world: World) -> list[Wave]:
    """Return what flows have written and not sent of marketing: it takes turns with the campaigns."""
    waiting = OutboundMessage.objects.filter(
        campaign=None, lane=Lane.MARKETING, status=OutboundMessage.Status.QUEUED
    )
    rows = waiting.order_by().values_list("template_version_id", "number_id", "zone")
    found: dict[str, dict[str, int]] = {}
    for version, number, zone, people in rows.annotate(people=Count("pk")):
        found.setdefault(f"flows-{version}-{number}", {})[zone] = people
    return [Wave(key=key, people=people, start_at=world.now) for key, people in found.items()]


def _at_work(*, but: Campaign) -> list[tuple[Campaign, dict[str, int]]]:
    """Return the other campaigns that share the account, with who waits in them."""
    campaigns = list(Campaign.objects.filter(status__in=AT_WORK).exclude(pk=but.pk))
    waiting = waiting_by_zone([campaign.pk for campaign in campaigns])
    return [(campaign, waiting[campaign.pk]) for campaign in campaigns if campaign.pk in waiting]


def _wave(
    campaign: Campaign,
    people: PeopleByZone,
    *,
    total: int,
    sent: int,
    world: World,
    routed: Collection[int],
) -> Wave:
    share = float(campaign.canary_share)
    rollout = Rollout.objects.filter(campaign_id=campaign.pk).first() if campaign.pk else None
    return Wave(
        key=str(campaign.pk or "new"),
        people=people,
        start_at=max(world.now, campaign.send_after or world.now),
        ends_at=campaign.send_before,
        per_second=spread_rate(people=total, hours=float(campaign.spread_hours)),
        sent=max(0, sent),
        gates=() if _is_open(rollout) else gates_of(total, share=share, policy=world.policy),
        held_until=_held_until(rollout),
        by_automation=campaign.template_version_id in routed,
    )


def _is_open(rollout: Rollout | None) -> bool:
    return rollout is not None and rollout.phase == Rollout.Phase.OPEN


def _held_until(rollout: Rollout | None) -> datetime | None:
    """Return when the share that is watched now is judged; who waits for a person waits for ever."""
    if rollout is not None and rollout.phase == Rollout.Phase.HELD:
        return NEVER
    return None if rollout is None else rollout.judge_at


def _routed(campaigns: Collection[Campaign]) -> frozenset[int]:
    """Return the template versions of `campaigns` that leave by an automation."""
    versions = {campaign.template_version_id for campaign in campaigns} - {None}
    if not versions:
        return frozenset()
    return frozenset(usable().filter(version_id__in=versions).values_list("version_id", flat=True))
