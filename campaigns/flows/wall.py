"""A flow whose messages meet the same refusal again and again stops, as a campaign does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.flows.stopping import stop_flow
from campaigns.models import Flow, FlowEntry
from campaigns.sender.breaker import NO_ANSWER, Seen, wall
from campaigns.sender.policy import Policy

# A night and a Sunday lie between what was written and what leaves; what is older says little.
LATELY = timedelta(days=3)
_RECENT = """
SELECT m.status, m.reason, m.error_code, m.accepted_at IS NOT NULL, m.sending_at
FROM campaigns_outboundmessage m
JOIN campaigns_flowentry e ON e.message_id = m.id AND e.flow_id = %(flow)s
WHERE m.campaign_id IS NULL AND m.template_version_id IS NOT NULL AND m.created_at > %(lately)s
  AND m.sending_at >= %(since)s AND m.status NOT IN ('queued', 'sending')
ORDER BY m.sending_at DESC LIMIT %(most)s
"""


def flow_of(key: UUID) -> Flow | None:
    """Return the flow that the message with this key is of, None for any other message."""
    entry = FlowEntry.objects.filter(message__key=key).select_related("flow").first()
    return entry.flow if entry is not None else None


def stop_message_flow(*, key: UUID, code: str, detail: str, now: datetime) -> bool:
    """Switch off the flow of this message; False if it is of none, or that is off already."""
    flow = flow_of(key)
    return flow is not None and stop_flow(flow_id=flow.pk, code=code, detail=detail, now=now)


def stop_at_wall(*, key: UUID, policy: Policy, now: datetime) -> bool:
    """Switch off the flow of this message if too many of its messages met the same wall."""
    flow = flow_of(key)
    if flow is None or flow.status != Flow.Status.ENABLED:
        return False
    code = wall(_recent(flow, policy=policy, now=now), policy=policy)
    if not code:
        return False
    why = "repeated_unknown" if code == NO_ANSWER else "repeated_refusals"
    return stop_flow(flow_id=flow.pk, code=why, detail=code, now=now)


def _recent(flow: Flow, *, policy: Policy, now: datetime) -> list[Seen]:
    values: dict[str, Any] = {
        "flow": flow.pk,
        "lately": now - LATELY,
        "since": flow.enabled_at,
        "most": 2 * policy.breaker_sample,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, values)
        return [Seen(*row) for row in cursor.fetchall()]
