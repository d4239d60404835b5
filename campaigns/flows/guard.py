"""What the sender asks before a message of a flow leaves: does it still hold?"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from audiences.models import ConsentState
from campaigns.flows import triggers
from campaigns.models import Flow, FlowEntry, Lane, OutboundMessage
from campaigns.policies import policy_in_force
from campaigns.sender import guards
from campaigns.sender.guards import Later, Moment, Verdict
from campaigns.sender.hours import WritingHours, zone_named
from campaigns.sender.limits import marketing_hours
from campaigns.sender.reserve import Reserved
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

_COLUMNS = (
    "message_id",
    "subject",
    "flow__status",
    "flow__stop_code",
    "flow__trigger",
    "version__definition",
    "message__lane",
    "message__zone",
    "message__template_version__category",
    "message__contact__orders_consent",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message of a flow, and what may have changed since it was written."""

    message_id: int
    subject: str
    flow_status: str
    stop_code: str
    trigger: str
    definition: Mapping[str, object]
    lane: int
    zone: str
    category: str
    orders_consent: str

    @property
    def keeps_marketing_hours(self) -> bool:
        """Whether hours stricter than those of its lane are asked for."""
        hours = self.definition.get("hours")
        return self.lane == Lane.TRANSACTIONAL and hours == Flow.Hours.MARKETING


def flow_guard(rows: Sequence[Reserved], moment: Moment) -> Mapping[int, Verdict]:
    """Name the messages of flows that must not leave, or not now; those of campaigns cost nothing."""
    ids = [row.id for row in rows if _may_be_of_a_flow(row)]
    if not ids:
        return {}
    entries = FlowEntry.objects.filter(message_id__in=ids).values_list(*_COLUMNS)
    asked = [_Asked(*values) for values in entries]
    found: dict[int, Verdict] = {}
    left: dict[str, list[_Asked]] = defaultdict(list)
    for one in asked:
        if reason := _standing_reason(one):
            found[one.message_id] = reason
        else:
            left[one.trigger].append(one)
    for key, group in left.items():
        found |= _ask(key, group, now=moment.now)
    return _with_hours(asked, found, now=moment.now)


def _may_be_of_a_flow(row: Reserved) -> bool:
    is_template = row.kind == OutboundMessage.Kind.TEMPLATE
    return row.campaign_id is None and is_template and row.lane != Lane.REPLY


def _standing_reason(one: _Asked) -> str:
    """Return what forbids it whatever the trigger's owner says."""
    if one.flow_status == Flow.Status.DISABLED and not one.stop_code:
        return "flow_disabled"
    if one.lane == Lane.MARKETING:
        return ""
    if one.category == TemplateVersion.Category.MARKETING:
        return "template_is_marketing"
    return "orders_withdrawn" if one.orders_consent == ConsentState.WITHDRAWN else ""


def _ask(key: str, group: Sequence[_Asked], *, now: datetime) -> dict[int, Verdict]:
    """Ask the trigger's owner; where that breaks these wait, and nobody else does."""
    trigger = triggers.find(key)
    if trigger is None:
        return {one.message_id: Later() for one in group}
    try:
        reasons = trigger.why_not([one.subject for one in group], now)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("the trigger %s could not be asked: its messages wait", key)
        return {one.message_id: Later() for one in group}
    return {one.message_id: reasons[one.subject] for one in group if reasons.get(one.subject)}


def _with_hours(
    asked: Sequence[_Asked], found: dict[int, Verdict], *, now: datetime
) -> dict[int, Verdict]:
    strict = [one for one in asked if one.keeps_marketing_hours and one.message_id not in found]
    if not strict:
        return found
    hours = _hours_of([one.message_id for one in strict])
    for one in strict:
        opens = hours[one.message_id].next_open(now, zone_named(one.zone))
        if opens is None or opens > now:
            found[one.message_id] = Later(opens)
    return found


def _hours_of(ids: Sequence[int]) -> dict[int, WritingHours]:
    messages = OutboundMessage.objects.filter(pk__in=ids).select_related("account")
    policy = policy_in_force()
    return {message.pk: marketing_hours(message.account, policy) for message in messages}


def register_guard() -> None:
    """Have the sender ask; called when the application starts."""
    guards.register("flow", flow_guard)
