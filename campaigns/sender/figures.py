"""The counts that the stop rules judge, read in one statement over one campaign."""

from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Campaign, Rollout
from campaigns.sender.policy import StopRules
from campaigns.sender.stop_rules import Figures

# A person who stopped marketing (131050) is an opt-out, not a failure. A message that nobody has
# heard of since its send counts among those whose receipt is due: silence is no good news.
_FIGURES = """
SELECT
  count(*),
  count(*) FILTER (WHERE status IN ('accepted', 'sent', 'delivered', 'read', 'failed')),
  count(*) FILTER (WHERE status = 'failed' AND reason NOT IN ('undeliverable', 'stopped_marketing')),
  count(*) FILTER (WHERE status = 'failed' AND reason = 'undeliverable'),
  count(*) FILTER (WHERE status IN ('delivered', 'read')),
  count(*) FILTER (WHERE opted_out_at IS NOT NULL
    OR (status = 'failed' AND reason = 'stopped_marketing')),
  count(*) FILTER (WHERE sending_at <= %(ripe)s),
  count(*) FILTER (WHERE sending_at <= %(ripe)s AND status IN ('delivered', 'read')),
  count(*) FILTER (WHERE status IN ('delivered', 'read')
    AND coalesce(delivered_at, sending_at) <= %(readable)s),
  count(*) FILTER (WHERE status = 'read' AND coalesce(delivered_at, sending_at) <= %(readable)s)
FROM campaigns_outboundmessage
WHERE campaign_id = %(campaign)s
  AND status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'unknown')
  AND sending_at > %(since)s
"""
_EVER = timedelta(days=36_500)
# So long a campaign that few read counts against the next one of its template.
BORED_FOR = timedelta(days=30)


def figures_of(
    campaign_id: int, *, since: datetime | None = None, rules: StopRules, now: datetime
) -> Figures:
    """Count what became of the messages that began to leave after `since` (None = all)."""
    values: dict[str, datetime | int] = {
        "campaign": campaign_id,
        "since": since or now - _EVER,
        "ripe": now - rules.delivered_after,
        "readable": now - rules.read_after,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        counts = map(int, cursor.fetchone())
    bored_before = _bored_before(campaign_id, rules=rules, now=now)
    return Figures(*counts, bored_before=bored_before)


def _bored_before(campaign_id: int, *, rules: StopRules, now: datetime) -> bool:
    """Return whether another campaign of the template was read less than `read_least` lately."""
    template = Campaign.objects.filter(pk=campaign_id).values("template_version__template_id")
    judged = Rollout.objects.filter(
        campaign__template_version__template_id__in=template, judged_at__gt=now - BORED_FOR
    ).exclude(campaign_id=campaign_id)
    least = 100 * rules.read_least
    return any(
        str(finding.get("code")).endswith("stop_read") and finding.get("percent", 100) < least
        for findings in judged.values_list("findings", flat=True)
        for finding in findings
    )
