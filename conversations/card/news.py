"""Whether anything of a card changed since it was last drawn: one statement, asked by every open card all day long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

# Receipts come within a month at the very latest, and nearly all within days: older messages stand still.
STILL_AFTER: Final = timedelta(days=8)

# What is counted and what is hashed are few rows: of a chatty customer the last days.
_VERSION = """
SELECT c.merged_into_id, md5(concat_ws('|',
  c.updated_at,
  (SELECT concat_ws(',', count(*), max(m.id)) FROM conversations_message m WHERE m.contact_id = c.id),
  (SELECT string_agg(concat_ws(',', m.news_at, m.status, m.content_type, length(m.text), m.reply_to, f.state), ';'
       ORDER BY m.id, f.id)
     FROM conversations_message m LEFT JOIN conversations_mediafile f ON f.message_id = m.id
     WHERE m.contact_id = c.id AND m.at > %(since)s),
  (SELECT concat_ws(',', count(*), max(o.id), string_agg(o.status || o.reason || o.error_code, ',' ORDER BY o.id))
     FROM campaigns_outboundmessage o
     WHERE o.contact_id = c.id AND (o.sending_at IS NULL OR o.sending_at > %(since)s)),
  (SELECT concat_ws(',', v.assignee_id, v.unanswered_since, v.done_at, v.snoozed_until)
     FROM conversations_conversation v WHERE v.contact_id = c.id),
  (SELECT concat_ws(',', max(w.closes_at), max(w.closes_at) > %(now)s)
     FROM campaigns_conversationwindow w WHERE w.contact_id = c.id),
  (SELECT concat_ws(',', count(*), max(n.id)) FROM conversations_note n WHERE n.contact_id = c.id),
  (SELECT string_agg(concat_ws(',', r.updated_at, r.cod_status, r.cod_reason, r.delivery_state, r.outcome, r.cancelled_at,
       r.total_cents, r.amount_due_cents, r.cod_question_at), ';' ORDER BY r.id)
     FROM orders_order r WHERE r.contact_id = c.id),
  (SELECT string_agg(concat_ws(',', p.status, p.shipment, p.courier, p.tracking_number, p.tracking_url, p.shipped_at,
       p.attempted_at, p.delivered_at), ';' ORDER BY p.id)
     FROM orders_parcel p JOIN orders_order r ON r.id = p.order_id WHERE r.contact_id = c.id)
)) FROM audiences_contact c WHERE c.id = %(contact)s
"""


@dataclass(frozen=True, slots=True)
class Version:
    """`token` changes with whatever the card shows; `moved_to` is the contact that this one was merged into."""

    token: str
    moved_to: int | None


def version_of(contact_id: int, *, now: datetime) -> Version | None:
    """Return what the card of this contact is like now, None where there is no such contact."""
    values: dict[str, Any] = {"contact": contact_id, "now": now, "since": now - STILL_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, values)
        row = cursor.fetchone()
    return None if row is None else Version(token=row[1], moved_to=row[0])
