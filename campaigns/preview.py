"""What a campaign would do, shown while it is written: the message, the people, the money, the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audiences import parameters, segments
from audiences.models import Contact, SegmentVersion, Snapshot
from audiences.selection import AudienceCount
from campaigns.blockers import UNCOUNTABLE, Assessment, assess
from campaigns.cost import LONGEST_PREFIX, CostEstimate, estimate_cost, market_of, scaled
from campaigns.definition import Definition, definition_of, reachable
from campaigns.forecasting import foresee_with_help
from campaigns.models import Campaign
from campaigns.outlook import Outlook
from campaigns.rates import rates_in_use
from campaigns.refusals import Blocker, CampaignRefused
from campaigns.sender.remedies import Remedy
from templates_sync.rendering import bubble_html

SAMPLE_SIZE = 8
# How many are looked at to find some who have every value.
SAMPLE_POOL = 60
MISSING = "missing_value"
# Where somebody without a time zone is taken to live.
HOME = "Europe/Rome"


@dataclass(frozen=True, slots=True)
class Preview:
    """Parts that cannot be known yet are None: no template, no segment, a wrong variable."""

    blockers: tuple[Blocker, ...]
    sample: tuple[Contact, ...]
    contact: Contact | None
    bubble: SafeString | None
    audience: AudienceCount | None
    warnings: tuple[str, ...]
    cost: CostEstimate | None
    outlook: Outlook | None
    remedies: tuple[Remedy, ...] = ()


def preview_campaign(
    campaign: Campaign, definition: Definition, *, contact_id: int | None, now: datetime
) -> Preview:
    """Return the preview of `campaign`, saved or not, with the values of one of its people.

    `contact_id` outside the sample counts as none given.
    """
    found = assess(campaign, definition, now=now)
    sample = sample_of(campaign, definition.version, now=now)
    chosen = [contact for contact in sample if contact.pk == contact_id]
    contact = next(iter([*chosen, *sample]), None)
    outlook, remedies = _outlook(campaign, definition, found.audience, now=now)
    return Preview(
        blockers=found.blockers,
        sample=tuple(sample),
        contact=contact,
        bubble=_bubble(campaign, contact),
        audience=found.audience,
        warnings=tuple(_warnings(found)),
        cost=cost_of(campaign, definition, found.audience, now=now),
        outlook=outlook,
        remedies=tuple(remedies),
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many, at what cost, until when; `left_out` by reason; what would help it to end sooner."""

    recipients: int
    left_out: dict[str, int]
    outlook: Outlook
    cost: CostEstimate | None
    remedies: tuple[Remedy, ...] = ()


def forecast_of(campaign: Campaign, *, now: datetime) -> Forecast:
    """Return the forecast: of the frozen audience once launched, else of today's.

    :raises CampaignRefused: the audience cannot be counted, for the reasons given.
    """
    if campaign.snapshot is not None:
        return _forecast_of_frozen(campaign, campaign.snapshot, now=now)
    definition = definition_of(campaign)
    found = assess(campaign, definition, now=now)
    if found.audience is None:
        raise CampaignRefused(
            [blocker for blocker in found.blockers if blocker.field in UNCOUNTABLE]
        )
    people = people_by_zone(definition, found.audience, now=now)
    outlook, remedies = foresee_with_help(campaign, people=people, now=now)
    return Forecast(
        recipients=found.audience.will_receive,
        left_out=found.audience.excluded,
        outlook=outlook,
        cost=cost_of(campaign, definition, found.audience, now=now),
        remedies=tuple(remedies),
    )


def _forecast_of_frozen(campaign: Campaign, snapshot: Snapshot, *, now: datetime) -> Forecast:
    members = snapshot.members.filter(is_holdout=False)
    version = campaign.template_version
    category = version.category if version else ""
    people = people_by_market(members)
    outlook, remedies = foresee_with_help(campaign, people=None, now=now)
    return Forecast(
        recipients=campaign.total,
        left_out=snapshot.counts,
        outlook=outlook,
        cost=estimate_cost(
            category=category,
            people=people,
            on=_price_day(campaign, now=now),
            rates=rates_in_use(),
        ),
        remedies=tuple(remedies),
    )


def sample_of(
    campaign: Campaign, version: SegmentVersion | None, *, now: datetime
) -> Sequence[Contact]:
    """Return a few real people of the segment who may be written to; none from a broken one.

    Those who have every value come first: they are the ones who would receive it.
    """
    if version is None or segments.problems_of(version.rules):
        return []
    people = reachable(version, now=now).order_by("pk")
    values = parameters.params_expression(_usable(campaign))
    found = list(people.annotate(filled=values)[:SAMPLE_POOL])
    found.sort(key=lambda contact: not all(contact.filled.values()))
    return found[:SAMPLE_SIZE]


def cost_of(
    campaign: Campaign, definition: Definition, audience: AudienceCount | None, *, now: datetime
) -> CostEstimate | None:
    """Return the cost of writing to `audience`, None while template or audience are not known."""
    version = campaign.template_version
    if version is None or audience is None or definition.version is None:
        return None
    people = scaled(
        people_by_market(reachable(definition.version, now=now)), total=audience.will_receive
    )
    return estimate_cost(
        category=version.category,
        people=people,
        on=_price_day(campaign, now=now),
        rates=rates_in_use(),
    )


def _price_day(campaign: Campaign, *, now: datetime) -> date:
    """Return the day whose rates count: when it started, else when it is to start."""
    planned = max(now, campaign.send_after) if campaign.send_after else now
    return timezone.localdate(campaign.started_at or planned)


def people_by_market(people: QuerySet[Any]) -> dict[str, int]:
    """Count rows that have a `phone` by the market of its calling code."""
    rows = (
        people.order_by()
        .values_list(Left("phone", LONGEST_PREFIX + 1))
        .annotate(people=Count("pk"))
    )
    counted: dict[str, int] = {}
    for prefix, count in rows:
        market = market_of(prefix)
        counted[market] = counted.get(market, 0) + count
    return counted


def _bubble(campaign: Campaign, contact: Contact | None) -> SafeString | None:
    """Return the bubble with what can be filled in; the rest stays visible as missing."""
    version = campaign.template_version
    if version is None:
        return None
    usable = _usable(campaign)
    values = parameters.values_for(contact, usable) if contact and usable else {}
    return bubble_html(version, values)


def _usable(campaign: Campaign) -> dict[str, Any]:
    """Return the variables that can be filled in: what is wrong stays visible in the bubble."""
    version = campaign.template_version
    names = version.variables if version else []
    return {
        name: entry
        for name, entry in campaign.variables.items()
        if name in names and not parameters.variable_problems([name], {name: entry})
    }


def _warnings(found: Assessment) -> list[str]:
    audience = found.audience
    if audience is None:
        return []
    warnings = []
    if missing := audience.excluded.get(MISSING, 0):
        text = _(
            "%(count)d people lack a value and are left out: write what to put where it is missing."
        )
        warnings.append(text % {"count": missing})
    if found.other_language:
        text = _("%(count)d people of the segment expect another language than the template's.")
        warnings.append(text % {"count": found.other_language})
    return warnings


def people_by_zone(
    definition: Definition, audience: AudienceCount, *, now: datetime
) -> dict[str, int]:
    """Return the recipients by time zone, as the people of the segment live there."""
    if definition.version is None:
        return {}
    rows = (
        reachable(definition.version, now=now)
        .order_by()
        .values_list("timezone")
        .annotate(people=Count("pk"))
    )
    counted = {zone or HOME: people for zone, people in rows}
    return scaled(counted or {HOME: 1}, total=audience.will_receive)


def _outlook(
    campaign: Campaign, definition: Definition, audience: AudienceCount | None, *, now: datetime
) -> tuple[Outlook | None, list[Remedy]]:
    if audience is None:
        return None, []
    people = people_by_zone(definition, audience, now=now)
    return foresee_with_help(campaign, people=people, now=now)
