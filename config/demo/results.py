"""What became of a campaign that ended before the demo began: states and times as webhooks bring them."""

import json
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from campaigns.models import Campaign, CampaignEvent
from campaigns.sender.codes import failure_reason

# Most are read, some only delivered, a few never reach a phone. Each share ends where the next begins.
_RESULTS = """
WITH numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM campaigns_outboundmessage WHERE campaign_id = %(campaign)s
), timed AS (
    SELECT id, place, pg_temp.draw('outcome', place) AS outcome,
        %(started)s::timestamptz + place * interval '1 minute' / %(per_minute)s AS left_at
    FROM numbered
), ended AS (
    SELECT *,
        CASE WHEN outcome < 0.018 THEN 'failed' WHEN outcome < 0.05 THEN 'sent'
            WHEN outcome < 0.27 THEN 'delivered' ELSE 'read' END AS state,
        CASE WHEN outcome < 0.012 THEN %(undeliverable)s WHEN outcome < 0.018 THEN %(held_back)s
            ELSE '' END AS error,
        left_at + interval '3 seconds'
            + interval '20 minutes' * power(pg_temp.draw('delivered', place), 6) AS arrived_at
    FROM timed
), seen AS (
    SELECT *, arrived_at + interval '20 seconds'
        + interval '20 hours' * power(pg_temp.draw('read', place), 4) AS seen_at
    FROM ended
)
UPDATE campaigns_outboundmessage AS message SET
    status = state,
    attempts = 1,
    sending_at = left_at,
    accepted_at = left_at + interval '400 milliseconds',
    sent_at = CASE WHEN state <> 'failed' THEN left_at + interval '1 second' END,
    delivered_at = CASE WHEN state IN ('delivered', 'read') THEN arrived_at END,
    read_at = CASE WHEN state = 'read' THEN seen_at END,
    replied_at = CASE WHEN state = 'read' AND pg_temp.draw('replied', place) < 0.06
        THEN seen_at + interval '90 seconds' END,
    ended_at = CASE WHEN state = 'failed' THEN arrived_at END,
    error_code = error,
    reason = coalesce(%(reasons)s::jsonb ->> error, ''),
    provider_uuid = md5(key::text)
FROM seen WHERE seen.id = message.id
"""

_UNDELIVERABLE = "whatsapp::131026"
_HELD_BACK = "whatsapp::131049"
# A little less than the sender's own pace at 60 a minute.
_PER_MINUTE = 56


def write_results(campaign: Campaign, *, started_at: datetime) -> None:
    """Bring a campaign that was just launched to its end; its people heard from it at `started_at`.

    The caller holds the transaction: a sender that runs meanwhile never sees it waiting.
    """
    campaign.move_to(Campaign.Status.SENDING, now=started_at, started_at=started_at)
    CampaignEvent.objects.create(campaign=campaign, at=started_at, verb="started")
    _write_messages(campaign, started_at=started_at)
    last_left_at = campaign.messages.aggregate(at=Max("sending_at"))["at"] or started_at
    ended_at = last_left_at + timedelta(seconds=2)
    campaign.move_to(Campaign.Status.DONE, now=ended_at, ended_at=ended_at)
    CampaignEvent.objects.create(campaign=campaign, at=ended_at, verb="done")


def _write_messages(campaign: Campaign, *, started_at: datetime) -> None:
    reasons = {code: failure_reason(code) for code in (_UNDELIVERABLE, _HELD_BACK)}
    with connection.cursor() as cursor:
        cursor.execute(
            _RESULTS,
            {
                "campaign": campaign.pk,
                "started": started_at,
                "per_minute": _PER_MINUTE,
                "undeliverable": _UNDELIVERABLE,
                "held_back": _HELD_BACK,
                "reasons": json.dumps(reasons),
            },
        )
