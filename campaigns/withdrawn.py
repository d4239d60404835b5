"""What a withdrawal means for messages, however it came: which one set it off, and those that need not wait any more.

A withdrawal is effective by the sender's own look at the consent, in any case. This makes it visible at once.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from audiences import withdrawals
from audiences.models import ConsentPurpose, ConsentRecord

# A wish for no more marketing is laid at the door of the last message of so long ago.
OPT_OUT_AFTER: Final = timedelta(hours=24)
# A message's own doing is blamed where it is known which: a STOP that quotes, or Meta's refusal of this very one.
_BLAMED_ALREADY: Final = "whatsapp"
# An import of thousands is left to the sender, who asks before each message.
_MOST: Final = 500

# Whoever writes down a status of the same message may be about to write to this person: nobody waits for the other.
_BLAME: Final = """
WITH blamed AS (
  SELECT DISTINCT ON (said.contact_id) m.id, said.at
  FROM jsonb_to_recordset(%(said)s::jsonb) AS said (contact_id bigint, at timestamptz)
  JOIN campaigns_outboundmessage m ON m.contact_id = said.contact_id AND m.lane = 2
    AND m.sending_at <= said.at AND m.sending_at > said.at - %(within)s
    AND m.status NOT IN ('queued', 'skipped', 'expired', 'failed')
  ORDER BY said.contact_id, m.sending_at DESC, said.at
), free AS (
  SELECT id FROM campaigns_outboundmessage WHERE id IN (SELECT id FROM blamed) FOR UPDATE SKIP LOCKED
)
UPDATE campaigns_outboundmessage AS o SET opted_out_at = blamed.at FROM blamed JOIN free ON free.id = blamed.id
WHERE o.id = blamed.id AND (o.opted_out_at IS NULL OR o.opted_out_at > blamed.at)
"""
# Flows tell their own what became of a message: theirs are left to the sender.
_LET_GO: Final = """
UPDATE campaigns_outboundmessage SET status = 'skipped', reason = 'consent_withdrawn', ended_at = %(now)s,
    lease_until = NULL, leased_by = NULL
WHERE id = ANY (ARRAY(
  SELECT o.id FROM campaigns_outboundmessage o
  JOIN audiences_contact c ON c.id = o.contact_id AND c.marketing_consent = 'withdrawn'
  WHERE o.contact_id = ANY(%(contacts)s) AND o.lane = 2 AND o.status = 'queued' AND o.campaign_id IS NOT NULL
  FOR UPDATE OF o SKIP LOCKED))
"""


def follow_withdrawals(records: Sequence[ConsentRecord], now: datetime) -> None:
    """Lay each at the door of the last marketing of the day before it, and let go of what still waits."""
    marketing = [r for r in records if r.purpose == ConsentPurpose.WHATSAPP_MARKETING]
    if not marketing:
        return
    said = [
        {"contact_id": record.contact_id, "at": record.at.isoformat()}
        for record in marketing
        if not record.source.startswith(_BLAMED_ALREADY)
    ]
    contacts = sorted({record.contact_id for record in marketing})
    with connection.cursor() as cursor:
        if said:
            within: Any = OPT_OUT_AFTER
            cursor.execute(_BLAME, {"said": json.dumps(said), "within": within})
        if len(contacts) <= _MOST:
            cursor.execute(_LET_GO, {"now": now, "contacts": contacts})


def register_listener() -> None:
    """Have messages follow withdrawals; called when the application starts."""
    withdrawals.register("campaigns", follow_withdrawals)
