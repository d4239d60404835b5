"""The board of one template: its versions, what used each of them, and the figures of all.

Three statements whatever the number of messages: the versions, the uses with their counts, and the
amounts of each added column.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Prefetch, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from audiences.models import Segment
from campaigns.missed import Group
from campaigns.models import Campaign, Flow, UseCount
from campaigns.policies import policy_in_force
from campaigns.scoreboard.columns import Column, FlowUse, columns
from campaigns.scoreboard.figures import NAMES, RATES, Figures, Rate, total
from campaigns.scoreboard.proportions import Share, Verdict, verdict
from templates_sync.models import Template, TemplateVersion

# What only comes in with time: judged later than what Spoki tells within the hour.
_SLOW = frozenset({"read", "replied", "opted_out"})
# What an added amount is of: a campaign, or a flow and a version.
Key = int | FlowUse
Amounts = Mapping[Key, Decimal]


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both included; None = open."""

    first: date | None = None
    last: date | None = None

    @property
    def is_open(self) -> bool:
        return self.first is None and self.last is None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the first moment of the period, and the first one after it."""
        after = self.last + timedelta(days=1) if self.last else None
        return _midnight(self.first), _midnight(after)


EVER = Period()


@dataclass(frozen=True, slots=True)
class Patience:
    """The moment of a look, and how long receipts, reads and answers are waited for before then."""

    now: datetime
    receipts: timedelta
    reads: timedelta


def patience_at(now: datetime) -> Patience:
    """Return how long the stop rules in force wait before they judge."""
    rules = policy_in_force().stop
    return Patience(now, receipts=rules.delivered_after, reads=rules.read_after)


@dataclass(frozen=True, slots=True)
class Use:
    """One campaign, what a version sent for one flow, or what it sent outside of both.

    `counted_at` None: nobody has counted it yet, and the figures say nothing.
    """

    version_id: int
    campaign: Campaign | None
    figures: Figures = field(default_factory=Figures)
    missed: tuple[Group, ...] = ()
    first_left_at: datetime | None = None
    last_left_at: datetime | None = None
    counted_at: datetime | None = None
    flow: Flow | None = None

    @property
    def key(self) -> Key | None:
        """Return by what its added amounts are found; None for single messages."""
        if self.campaign is not None:
            return self.campaign.pk
        return (self.flow.pk, self.version_id) if self.flow is not None else None

    def share(self, rate: Rate) -> Share:
        return share_of(self.figures, rate)


@dataclass(frozen=True, slots=True)
class Line:
    """One version with its uses, the newest first, and what they come to together."""

    version: TemplateVersion
    uses: tuple[Use, ...]
    figures: Figures

    @property
    def campaigns(self) -> list[Campaign]:
        return [use.campaign for use in self.uses if use.campaign is not None]

    @property
    def flows(self) -> list[Flow]:
        return [use.flow for use in self.uses if use.flow is not None]


@dataclass(frozen=True, slots=True)
class Board:
    """`lines` newest version first; `added` has the amounts of each added column, by use."""

    template: Template
    lines: tuple[Line, ...]
    added: tuple[tuple[Column, Amounts], ...] = ()

    @property
    def uses(self) -> list[Use]:
        return [use for line in self.lines for use in line.uses]

    @property
    def counted_at(self) -> datetime | None:
        """Return since when the figures may have changed: the oldest count of all."""
        return min((use.counted_at for use in self.uses if use.counted_at), default=None)

    @property
    def is_counted(self) -> bool:
        return all(use.counted_at for use in self.uses)


def board_of(template: Template, period: Period = EVER) -> Board:
    """Return the board of what began in `period`; a campaign is in or out as a whole."""
    uses = uses_of(Q(template_version__template=template), Q(version__template=template), period)
    versions = template.versions.order_by("-number")
    lines = tuple(_line(version, uses) for version in versions)
    return Board(template, lines, added_to(uses, period))


def uses_of(campaigns: Q, outside: Q, period: Period = EVER) -> list[Use]:
    """Return what was sent `outside` of campaigns by one use per version and flow, the launched
    `campaigns`, the newest first, and last one use per version for what was of neither."""
    began = Coalesce("started_at", "launched_at")
    found = Campaign.objects.filter(campaigns, launched_at__isnull=False).annotate(began_at=began)
    found = _within(found, "began_at", period.bounds())
    excluded = Prefetch("exclude_segments", queryset=Segment.objects.only("name"))
    rows = found.select_related(
        "use_count", "segment", "segment_version__segment", "launched_by", "approved_by",
        "number", "template_version__template",
    ).prefetch_related(excluded)  # fmt: skip
    of_campaigns = [_of_campaign(campaign) for campaign in rows.order_by("-began_at", "-pk")]
    others = _outside(outside, period)
    of_flows = [use for use in others if use.flow is not None]
    return [*of_flows, *of_campaigns, *(use for use in others if use.flow is None)]


def share_of(figures: Figures, rate: Rate) -> Share:
    return Share(getattr(figures, rate.key), getattr(figures, rate.of))


def missed_of(uses: Iterable[Use], *statuses: str) -> list[Group]:
    """Return the groups of all `uses` in one of `statuses`, the most frequent first."""
    people: Counter[tuple[str, str, str]] = Counter()
    for use in uses:
        for one in use.missed:
            if one.status in statuses:
                people[one.status, one.reason, one.code] += one.people
    return [Group(*key, count) for key, count in people.most_common()]


def is_early(uses: Iterable[Use], rate: Rate, patience: Patience) -> bool:
    """Return whether what `rate` counts is still coming in for one of `uses`.

    What waits has not left at all: as long as somebody does, everything is open.
    """
    wait = patience.reads if rate.key in _SLOW else patience.receipts
    since = patience.now - wait
    return any(
        use.figures.waiting > 0 or (use.last_left_at is not None and use.last_left_at > since)
        for use in uses
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """The share of several uses together. What is still coming in is left out of it: a campaign of
    two hours ago would drag the reads of a whole version down.

    `left_out` uses are. Where there is nothing else they stand for it, and `is_early`.
    """

    share: Share
    left_out: int = 0
    is_early: bool = False


def judged(uses: Sequence[Use], rate: Rate, patience: Patience) -> Judged:
    """Return what `uses` together say about `rate`."""
    used = [use for use in uses if use.figures.sent or use.figures.waiting]
    ripe = [use for use in used if not is_early([use], rate, patience)]
    share = share_of(total(use.figures for use in ripe or used), rate)
    if used and not ripe:
        return Judged(share, is_early=True)
    return Judged(share, left_out=len(used) - len(ripe))


def verdicts(first: Sequence[Use], second: Sequence[Use], patience: Patience) -> dict[str, Verdict]:
    """Return, by the key of each rate, how `second` stands beside `first`."""
    found = {}
    for rate in RATES:
        one, other = judged(first, rate, patience), judged(second, rate, patience)
        is_early = one.is_early or other.is_early
        found[rate.key] = verdict(one.share, other.share, is_early=is_early)
    return found


def added_to(uses: Iterable[Use], period: Period = EVER) -> tuple[tuple[Column, Amounts], ...]:
    """Return the added columns with what each knows of `uses`, by their keys.

    A campaign is in or out of a period as a whole, a flow counts with what left in it.
    """
    used = list(uses)
    campaigns = [use.campaign.pk for use in used if use.campaign]
    flows = {use.flow.pk for use in used if use.flow}
    return tuple(
        (column, {**column.amounts(campaigns), **flow_amounts(column, flows, period)})
        for column in columns()
    )


def flow_amounts(
    column: Column, flows: Collection[int], period: Period
) -> Mapping[FlowUse, Decimal]:
    """Return what the column knows of `flows`, by flow and version."""
    if column.of_flows is None or not flows:
        return {}
    return column.of_flows(flows, period.bounds())


def _line(version: TemplateVersion, uses: Iterable[Use]) -> Line:
    mine = tuple(use for use in uses if use.version_id == version.pk)
    return Line(version, mine, total(use.figures for use in mine))


def _of_campaign(campaign: Campaign) -> Use:
    assert campaign.template_version_id is not None  # noqa: S101 - nothing is launched without
    counted: UseCount | None = getattr(campaign, "use_count", None)
    if counted is None:
        return Use(campaign.template_version_id, campaign)
    return _use([counted], campaign)


def _outside(wanted: Q, period: Period) -> list[Use]:
    days = UseCount.objects.filter(wanted, day__isnull=False)
    if period.first:
        days = days.filter(day__gte=period.first)
    if period.last:
        days = days.filter(day__lte=period.last)
    by_use: dict[tuple[int, int | None], list[UseCount]] = {}
    ordered = days.order_by(F("flow__name").asc(nulls_last=True), "flow_id", "version_id", "day")
    for row in ordered.select_related("flow"):
        by_use.setdefault((row.version_id, row.flow_id), []).append(row)
    return [_use(rows, None) for rows in by_use.values()]


def _use(rows: Sequence[UseCount], campaign: Campaign | None) -> Use:
    """Add up the counts of one campaign, or of the days of one version and flow."""
    people: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        for status, reason, code, count in row.missed:
            people[status, reason, code] += count
    return Use(
        version_id=rows[0].version_id,
        campaign=campaign,
        figures=total(Figures(**{name: getattr(row, name) for name in NAMES}) for row in rows),
        missed=tuple(Group(*key, count) for key, count in people.most_common()),
        first_left_at=min((r.first_left_at for r in rows if r.first_left_at), default=None),
        last_left_at=max((r.last_left_at for r in rows if r.last_left_at), default=None),
        counted_at=min(row.counted_at for row in rows),
        flow=rows[0].flow,
    )


def _within(rows: Any, name: str, bounds: tuple[datetime | None, datetime | None]) -> Any:
    since, until = bounds
    if since:
        rows = rows.filter(**{f"{name}__gte": since})
    return rows.filter(**{f"{name}__lt": until}) if until else rows


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, datetime.min.time(), timezone.get_current_timezone())
