"""What a flow's messages said of a person is blanked after its time; the rows stay, as evidence.

The values of an order message hold what was bought and where it went: the same term counts as for
the members of a snapshot (see `audiences.retention`).
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

ROWS_AT_ONCE = 1_000
_BLANK = """
UPDATE campaigns_outboundmessage SET params = '{}'
WHERE id = ANY (ARRAY(
  SELECT m.id FROM campaigns_outboundmessage m
  JOIN campaigns_flowentry e ON e.message_id = m.id
  WHERE m.campaign_id IS NULL AND m.template_version_id IS NOT NULL AND m.created_at < %(before)s
    AND m.status NOT IN ('queued', 'sending') AND m.params <> '{}'
  LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED))
"""


def forget_old_values(*, now: datetime, kept_days: int | None = None) -> int:
    """Blank the values of messages written more than `kept_days` (the setting) ago; return how many.

    Some at a time, each in a commit of its own: it may be stopped anywhere and run again.
    """
    days = settings.SNAPSHOT_RETENTION_DAYS if kept_days is None else kept_days
    values: dict[str, Any] = {"before": now - timedelta(days=days), "most": ROWS_AT_ONCE}
    blanked = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_BLANK, values)
            blanked += cursor.rowcount
            if cursor.rowcount < ROWS_AT_ONCE:
                return int(blanked)
