"""Whom a campaign addresses: the pinned wording of its segments, or today's while it is a draft."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.db.models import QuerySet

from audiences import segments
from audiences.models import ConsentState, Contact, Segment, SegmentVersion
from audiences.selection import AudienceCount
from audiences.snapshots import count_audience
from campaigns.models import Campaign
from campaigns.variables import room_for_values


@dataclass(frozen=True, slots=True)
class Definition:
    """The versions that decide; `version` is None while nothing usable was chosen."""

    version: SegmentVersion | None
    excluded: tuple[SegmentVersion, ...] = ()


def definition_of(campaign: Campaign) -> Definition:
    """Return what was pinned at submission, else the current version of the chosen segments."""
    if campaign.segment_version is not None:
        return Definition(campaign.segment_version, tuple(campaign.exclude_versions.order_by("pk")))
    left_out = campaign.exclude_segments.order_by("pk") if campaign.pk else ()
    return definition_from(campaign.segment, left_out)


def definition_from(segment: Segment | None, left_out: Iterable[Segment] = ()) -> Definition:
    """Return the current versions of the segments a form holds, saved or not."""
    chosen = latest_version(segment)
    others = [latest_version(other) for other in left_out]
    return Definition(chosen, tuple(other for other in others if other is not None))


def latest_version(segment: Segment | None) -> SegmentVersion | None:
    """Return the newest wording of `segment`, None before its first one."""
    return None if segment is None else segment.versions.order_by("-number").first()


def count(campaign: Campaign, definition: Definition, *, now: datetime) -> AudienceCount | None:
    """Return how many it would reach at `now`; None while there is no segment.

    :raises audiences.segments.BrokenSegment: a rule means nothing any more.
    :raises audiences.parameters.UnknownParameter: a variable asks for what nobody offers.
    """
    if definition.version is None:
        return None
    return count_audience(
        segment_version=definition.version,
        exclude=definition.excluded,
        now=now,
        **choice_of(campaign),
    )


def reachable(version: SegmentVersion, *, now: datetime) -> QuerySet[Contact]:
    """Return the people of a segment who may be written to, those left out for more reasons too."""
    return segments.members(version.rules, now=now).filter(
        marketing_consent=ConsentState.GIVEN, can_receive_whatsapp=True
    )


class Choice(TypedDict):
    """What a count and the freeze must be told alike, so that both choose the same people."""

    variables: Mapping[str, Mapping[str, str]]
    holdout_share: float
    holdout_key: str
    room: int | None


def choice_of(campaign: Campaign) -> Choice:
    """Return the choice of `campaign`: its values, its control group, the room of its template."""
    version = campaign.template_version
    return Choice(
        variables=campaign.variables,
        holdout_share=float(campaign.holdout_share),
        holdout_key=f"campaign-{campaign.pk}" if campaign.pk else "",
        room=room_for_values(version) if version and version.variables else None,
    )
