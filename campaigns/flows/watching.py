"""Flows that are on and should not be: looked for every minute, before anybody else is written to."""

import json
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from campaigns.flows import conditions, triggers
from campaigns.flows.stopping import stop_flow
from campaigns.flows.values import variable_problems
from campaigns.models import Flow, Lane
from campaigns.policies import policy_in_force
from campaigns.sender.holds import hold_of
from campaigns.sender.policy import StopRules
from campaigns.sender.stop_rules import Figures, Level, judge
from templates_sync.models import TemplateVersion

# So far back the stop rules look: a flow never ends, and its first weeks say little of today.
JUDGED_OVER = timedelta(days=7)
# One read of all templates failed: the next one should not wait its full turn.
UNREAD_AFTER = timedelta(minutes=11)
# Each flow is judged every so many minutes, not all of them in the same one.
EVERY_MINUTES = 10

# As a campaign's figures are counted (see `sender.figures`); receipts that come late count as well.
_FIGURES = """
SELECT
  count(*),
  count(*) FILTER (WHERE m.status IN ('accepted', 'sent', 'delivered', 'read', 'failed')),
  count(*) FILTER (WHERE m.status = 'failed'
    AND m.reason NOT IN ('undeliverable', 'stopped_marketing')),
  count(*) FILTER (WHERE m.status = 'failed' AND m.reason = 'undeliverable'),
  count(*) FILTER (WHERE m.status IN ('delivered', 'read')),
  count(*) FILTER (WHERE m.opted_out_at IS NOT NULL
    OR (m.status = 'failed' AND m.reason = 'stopped_marketing'))
FROM campaigns_outboundmessage m
JOIN campaigns_flowentry e ON e.message_id = m.id AND e.flow_id = %(flow)s
WHERE m.campaign_id IS NULL AND m.template_version_id IS NOT NULL AND m.created_at >= %(since)s
  AND m.sending_at >= %(since)s
  AND m.status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'unknown')
"""


def watch_flows(*, now: datetime) -> int:
    """Switch off every flow that cannot or should not go on, and tell people; return how many."""
    on = Flow.objects.filter(status=Flow.Status.ENABLED)
    stopped = 0
    for flow in on.select_related("template_version__template").order_by("pk"):
        why = why_stop(flow, now=now) or _why_badly(flow, now=now)
        if why is not None:
            code, detail = why
            stopped += stop_flow(flow_id=flow.pk, code=code, detail=detail, now=now)
    return stopped


def why_stop(flow: Flow, *, now: datetime) -> tuple[str, str] | None:
    """Return code and detail of what keeps an enabled flow from writing to anybody, if so."""
    trigger = triggers.find(flow.trigger)
    if trigger is None:
        return "trigger_gone", flow.trigger
    if (held := _why_held(flow, now=now)) is not None:
        return held
    if conditions.problems_of(flow.conditions, trigger):
        return "conditions_broken", ""
    if variable_problems(flow.variables, flow.template_version, trigger):
        return "value_vanished", ""
    return None


def _why_held(flow: Flow, *, now: datetime) -> tuple[str, str] | None:
    """Return what keeps its template from being sent, or from being sent as an order message."""
    version = flow.template_version
    if version is None:
        return "template_not_sendable", "gone"
    if (hold := hold_of(version, now=now)) is not None:
        return hold.pause_code, hold.code
    is_marketing = version.category == TemplateVersion.Category.MARKETING
    return ("template_is_marketing", "") if is_marketing and flow.lane != Lane.MARKETING else None


def is_template_unread() -> bool:
    """Return whether a template that a flow sends was not read from Spoki for too long."""
    before = timezone.now() - UNREAD_AFTER
    on = Flow.objects.filter(status=Flow.Status.ENABLED)
    return on.filter(template_version__last_seen_at__lt=before).exists()


def figures_of(flow: Flow, *, now: datetime) -> Figures:
    """Count what became of the flow's messages of the last days, since it was enabled."""
    since = max(now - JUDGED_OVER, flow.enabled_at or now)
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"flow": flow.pk, "since": since})
        return Figures(*map(int, cursor.fetchone()))


def _why_badly(flow: Flow, *, now: datetime) -> tuple[str, str] | None:
    """Return what the stop rules of the policy say against the flow, if it is its turn."""
    minute = int(now.timestamp() // 60)
    if (minute + flow.pk) % EVERY_MINUTES:
        return None
    return why_stop_rules(figures_of(flow, now=now), policy_in_force().stop)


def why_stop_rules(figures: Figures, rules: StopRules) -> tuple[str, str] | None:
    """Return code and figures (as JSON) of the stop rule that is broken, if one is. Pure."""
    verdict = judge(figures, rules)
    if verdict.level is not Level.STOP:
        return None
    worst = verdict.findings[0]
    return str(worst["code"]), json.dumps(worst)
