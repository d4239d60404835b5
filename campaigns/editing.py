"""Writing a campaign down: the one way for the form and for the API."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from audiences.models import Segment
from campaigns.blockers import MAY_COME_LATER, content_blockers
from campaigns.definition import definition_from
from campaigns.lifecycle.story import Status, lock, record, require
from campaigns.models import Campaign
from campaigns.refusals import Blocker, CampaignRefused

FIELDS = (
    "name",
    "template_version",
    "segment",
    "number",
    "variables",
    "send_after",
    "send_before",
    "spread_hours",
    "canary_share",
    "holdout_share",
)


def draft_blockers(
    campaign: Campaign, left_out: Iterable[Segment], *, now: datetime
) -> list[Blocker]:
    """Return what forbids saving this draft: wrong choices, not choices still to be made."""
    definition = definition_from(campaign.segment, left_out)
    found = content_blockers(campaign, definition, now=now)
    return [blocker for blocker in found if blocker.code not in MAY_COME_LATER]


@transaction.atomic
def create_campaign(
    *, fields: Mapping[str, Any], left_out: Iterable[Segment] = (), by: User, now: datetime
) -> Campaign:
    """Write a new draft. `fields` are those of `FIELDS`.

    :raises CampaignRefused: with every wrong choice found.
    """
    segments = list(left_out)
    campaign = Campaign(author=by, last_editor=by, created_at=now, updated_at=now, **fields)
    _require_good(campaign, segments, now=now)
    campaign.save()
    campaign.exclude_segments.set(segments)
    record(campaign, "created", by=by, now=now)
    return campaign


@transaction.atomic
def edit_campaign(
    *,
    campaign: Campaign,
    changes: Mapping[str, Any],
    left_out: Iterable[Segment] | None = None,
    by: User,
    now: datetime,
) -> Campaign:
    """Change a draft; a rejected one becomes a draft again. None leaves the exclusions as they are.

    :raises TransitionRefused: it is in review, approved or launched.
    :raises CampaignRefused: with every wrong choice found.
    """
    locked = lock(campaign)
    require(locked, *Campaign.EDITABLE)
    segments = list(locked.exclude_segments.all() if left_out is None else left_out)
    for name, value in changes.items():
        setattr(locked, name, value)
    _require_good(locked, segments, now=now)
    locked.status = Status.DRAFT
    locked.last_editor, locked.updated_at = by, now
    locked.save()
    locked.exclude_segments.set(segments)
    record(locked, "edited", by=by, now=now, fields=sorted(changes))
    return locked


def _require_good(campaign: Campaign, left_out: Iterable[Segment], *, now: datetime) -> None:
    if blockers := draft_blockers(campaign, left_out, now=now):
        raise CampaignRefused(blockers)
