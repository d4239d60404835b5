"""How messages follow a person who was merged into another contact, or has another number.

What left keeps the phone it was sent to. What waits goes to the number the person has now, once per campaign: the
last checks before it leaves ask for consent and window of that number.
"""

from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from audiences import movers
from audiences.movers import Figures, Follow, Mover
from campaigns.models import ConversationWindow, OutboundMessage

Status = OutboundMessage.Status
_ENDED = ", ended_at = %(now)s, lease_until = NULL, leased_by = NULL"

# In the order of their ids, before anything is changed: whoever starts or records some of them waits, or is waited
# for a moment (see `audiences.locking`).
_LOCK = """
SELECT id FROM campaigns_outboundmessage WHERE contact_id = ANY(%(both)s) ORDER BY id FOR UPDATE
"""
# Of a campaign that has both, one message leaves: the one that left or may have, else the kept contact's.
_DROP_TWINS = f"""
UPDATE campaigns_outboundmessage AS o SET status = 'skipped', reason = 'merged_twin'{_ENDED}
FROM campaigns_outboundmessage t
WHERE o.status = 'queued' AND o.campaign_id = t.campaign_id
  AND o.contact_id = ANY(%(both)s) AND t.contact_id = ANY(%(both)s) AND o.contact_id <> t.contact_id
  AND (o.contact_id = %(merged)s OR t.status <> ALL(ARRAY['queued', 'skipped', 'expired', 'failed']))
"""  # noqa: S608 - made of constants of this module
_DROP_ALL = f"""
UPDATE campaigns_outboundmessage SET status = 'skipped', reason = 'no_phone'{_ENDED}
WHERE status = 'queued' AND contact_id = ANY(%(both)s)
"""  # noqa: S608 - made of constants of this module
# A lease ends: whoever holds one has the old number in hand.
_FORWARD = """
UPDATE campaigns_outboundmessage
SET contact_id = %(contact)s, phone = %(phone)s, zone = %(zone)s, lease_until = NULL, leased_by = NULL
WHERE status = 'queued' AND contact_id = ANY(%(both)s)
  AND (contact_id <> %(contact)s OR phone <> %(phone)s)
"""
# Where the campaign has a message of the kept contact too, the other one stays with the merged contact.
_HAND_OVER = """
UPDATE campaigns_outboundmessage AS o SET contact_id = %(contact)s
WHERE o.contact_id = %(merged)s AND NOT EXISTS (
  SELECT 1 FROM campaigns_outboundmessage t
  WHERE t.campaign_id = o.campaign_id AND t.contact_id = %(contact)s)
"""
_JOIN_WINDOWS = """
INSERT INTO campaigns_conversationwindow (number_id, contact_id, last_inbound_at, closes_at)
SELECT number_id, %(contact)s, last_inbound_at, closes_at FROM campaigns_conversationwindow
WHERE contact_id = %(merged)s
ON CONFLICT (number_id, contact_id) DO UPDATE SET
  last_inbound_at = greatest(campaigns_conversationwindow.last_inbound_at, excluded.last_inbound_at),
  closes_at = greatest(campaigns_conversationwindow.closes_at, excluded.closes_at)
"""


def follow_person(step: Follow) -> Figures:
    """Move messages and windows; return how many waiting ones were forwarded or dropped, and how many had left."""
    values: dict[str, Any] = {
        "both": sorted({step.contact_id, step.merged_id}),
        "contact": step.contact_id,
        "merged": step.merged_id,
        "phone": step.phone,
        "zone": step.zone,
        "now": step.now,
    }
    with connection.cursor() as cursor:

        def run(statement: str) -> int:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

        run(_LOCK)
        dropped = run(_DROP_TWINS) if step.is_merge else 0
        forwarded = 0
        if step.phone is None:
            dropped += run(_DROP_ALL)
        else:
            forwarded = run(_FORWARD)
        moved = run(_HAND_OVER) if step.is_merge else 0
    _follow_windows(step, values)
    return {"forwarded": forwarded, "dropped": dropped, "messages": moved}


def _follow_windows(step: Follow, values: dict[str, Any]) -> None:
    """A window is open between two numbers: that of a number that was given up is of no use to another one."""
    if step.given_up is not None:
        ConversationWindow.objects.filter(contact=step.other_id).delete()
    if step.is_merge:
        with connection.cursor() as cursor:
            cursor.execute(_JOIN_WINDOWS, values)
        ConversationWindow.objects.filter(contact=step.merged_id).delete()


def count_messages(contact_id: int) -> Figures:
    """Return how many messages wait for the contact, and how many do not any more."""
    waits = Q(status=Status.QUEUED)
    found: dict[str, int] = OutboundMessage.objects.filter(contact=contact_id).aggregate(
        waiting=Count("pk", filter=waits), messages=Count("pk", filter=~waits)
    )
    return found


def register_mover() -> None:
    """Have messages follow their person; called when the application starts."""
    words = {
        "waiting": _("messages that wait to be sent"),
        "messages": _("messages sent before"),
        "forwarded": _("waiting messages that go to the number kept"),
        "dropped": _("waiting messages dropped, so that nobody is written to twice"),
    }
    movers.register("campaigns", Mover(follow=follow_person, count=count_messages, words=words))
