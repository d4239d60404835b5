"""Writing a flow down while it is off: the one way for the form and for the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from audiences.segments import BrokenSegment
from campaigns.flows import conditions, triggers
from campaigns.flows.blockers import draft_blockers
from campaigns.flows.story import lock, record, require_off
from campaigns.models import Flow, Lane
from campaigns.refusals import CampaignRefused

FIELDS = (
    "name",
    "trigger",
    "template_version",
    "variables",
    "number",
    "delay_minutes",
    "conditions",
    "lane",
    "hours",
    "holdout_share",
)


@transaction.atomic
def create_flow(*, fields: Mapping[str, Any], by: User, now: datetime) -> Flow:
    """Write a new flow, off. `fields` are those of `FIELDS`; delay, lane and hours left out are the
    trigger's own.

    :raises CampaignRefused: with every wrong choice found.
    """
    flow = Flow(author=by, last_editor=by, created_at=now, updated_at=now, **fields)
    trigger = triggers.find(flow.trigger)
    if trigger is not None and "delay_minutes" not in fields:
        flow.delay_minutes = trigger.default_delay_minutes
    raise_lane(flow, fields)
    _settle_conditions(flow)
    _require_good(flow, now=now)
    flow.save()
    record(flow, "created", by=by, now=now)
    return flow


@transaction.atomic
def edit_flow(*, flow: Flow, changes: Mapping[str, Any], by: User, now: datetime) -> Flow:
    """Change a flow that is off; whoever was asked to enable it is not asked any more.

    People who wait in it go on under the wording under which they came.

    :raises TransitionRefused: it is on.
    :raises CampaignRefused: with every wrong choice found.
    """
    locked = lock(flow)
    require_off(locked)
    for name, value in changes.items():
        setattr(locked, name, value)
    raise_lane(locked, changes)
    _settle_conditions(locked)
    _require_good(locked, now=now)
    locked.last_editor, locked.updated_at = by, now
    locked.requested_by = locked.requested_at = None
    locked.save()
    record(locked, "edited", by=by, now=now, fields=sorted(changes))
    return locked


def raise_lane(flow: Flow, said: Mapping[str, Any]) -> None:
    """Raise lane and hours to marketing where that follows from the rest and nobody said otherwise."""
    trigger = triggers.find(flow.trigger)
    if trigger is not None and trigger.is_marketing and "lane" not in said:
        flow.lane = Lane.MARKETING
    if flow.lane == Lane.MARKETING and "hours" not in said:
        flow.hours = Flow.Hours.MARKETING


def _settle_conditions(flow: Flow) -> None:
    """Keep the one form of the tree; what is wrong with it is told with everything else."""
    try:
        flow.conditions = conditions.canonical(flow.conditions, triggers.find(flow.trigger))
    except BrokenSegment:
        return


def _require_good(flow: Flow, *, now: datetime) -> None:
    if blockers := draft_blockers(flow, now=now):
        raise CampaignRefused(blockers)
