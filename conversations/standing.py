"""Where a conversation stands: who waits for an answer, since when, and what was said last.

Kept with each message in the transaction that stores it, by one statement that may come in any order: messages that
overtake each other, or arrive at the same moment, end the same. `recount` makes the same rows out of the messages.

Somebody waits who wrote what neither a person answered nor a machine settled. An answer or a “done” ends the waiting
for all that was here by then, not for what arrives later, were it written before: nobody had read it. A new message
wakes what was put off and opens again what was done. What campaigns and flows send is nobody's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from audiences.models import Contact
from conversations.models import Conversation, ConversationEvent, Message
from conversations.recount import preview_of, recount

# What is told of an answer later than this finds nobody waiting for it any more.
LOOK_BACK = timedelta(days=1)

# What opens a window is stored before, in the same transaction.
_INBOUND = """
INSERT INTO conversations_conversation AS c
  (contact_id, last_message_at, last_inbound_at, preview, preview_kind, is_preview_inbound,
   unanswered_since, unread_count, window_closes_at)
VALUES (%(contact)s, %(at)s, %(at)s, %(preview)s, %(kind)s, true, %(waits_since)s, %(unread)s,
  (SELECT max(closes_at) FROM campaigns_conversationwindow WHERE contact_id = %(contact)s))
ON CONFLICT (contact_id) DO UPDATE SET
  last_message_at = greatest(c.last_message_at, excluded.last_message_at),
  last_inbound_at = greatest(c.last_inbound_at, excluded.last_inbound_at),
  preview = CASE WHEN excluded.last_message_at >= c.last_message_at
    THEN excluded.preview ELSE c.preview END,
  preview_kind = CASE WHEN excluded.last_message_at >= c.last_message_at
    THEN excluded.preview_kind ELSE c.preview_kind END,
  is_preview_inbound = c.is_preview_inbound OR excluded.last_message_at >= c.last_message_at,
  unanswered_since = least(c.unanswered_since, excluded.unanswered_since),
  unread_count = c.unread_count + excluded.unread_count,
  window_closes_at = greatest(c.window_closes_at, excluded.window_closes_at),
  snoozed_until = CASE WHEN excluded.unanswered_since IS NULL THEN c.snoozed_until END,
  done_at = CASE WHEN excluded.unanswered_since IS NULL THEN c.done_at END,
  done_by_id = CASE WHEN excluded.unanswered_since IS NULL THEN c.done_by_id END
"""
_REPLY = """
INSERT INTO conversations_conversation AS c
  (contact_id, last_message_at, preview, preview_kind, is_preview_inbound, unread_count,
   window_closes_at)
VALUES (%(contact)s, %(at)s, %(preview)s, %(kind)s, false, 0,
  (SELECT max(closes_at) FROM campaigns_conversationwindow WHERE contact_id = %(contact)s))
ON CONFLICT (contact_id) DO UPDATE SET
  last_message_at = greatest(c.last_message_at, excluded.last_message_at),
  preview = CASE WHEN excluded.last_message_at >= c.last_message_at
    THEN excluded.preview ELSE c.preview END,
  preview_kind = CASE WHEN excluded.last_message_at >= c.last_message_at
    THEN excluded.preview_kind ELSE c.preview_kind END,
  is_preview_inbound = c.is_preview_inbound AND excluded.last_message_at < c.last_message_at,
  unanswered_since = NULL,
  unread_count = 0,
  snoozed_until = NULL
"""
# Only where there is a conversation: what others send to thousands makes none.
_OTHERS = """
UPDATE conversations_conversation
SET last_message_at = %(at)s, preview = %(preview)s, preview_kind = %(kind)s,
    is_preview_inbound = false
WHERE contact_id = %(contact)s AND last_message_at < %(at)s
"""
_FAILED = """
SELECT DISTINCT r.contact_id FROM conversations_reply r
JOIN campaigns_outboundmessage o ON o.id = r.message_id
JOIN conversations_conversation c ON c.contact_id = r.contact_id
WHERE r.at > %(since)s AND o.status = ANY ('{failed,skipped,expired}')
  AND c.unanswered_since IS NULL AND (c.done_at IS NULL OR c.done_at < r.at)
"""


def take_inbound(*, message: Message, contact: Contact, is_settled: bool, now: datetime) -> None:
    """Count a stored message of a customer, once however often it is told; the last thing the caller does.

    Inside the caller's transaction. Told again as settled, as when the button that it was comes later, nobody waits
    for it any more.
    """
    if message.noted_at is None and message.source != Message.Source.WEBHOOK:
        message.is_settled = is_settled
        take_told(messages=[message], contact=contact)
    elif message.noted_at is None:
        message.noted_at, message.is_settled = now, is_settled
        message.save(update_fields=["noted_at", "is_settled"])
        note_inbound(
            contact=contact,
            at=message.at,
            text=message.text,
            kind=message.kind,
            is_settled=is_settled,
            now=now,
        )
    elif is_settled and not message.is_settled:
        message.is_settled = True
        message.save(update_fields=["is_settled"])
        recount(contact_ids=[contact.pk])


def take_told(*, messages: Sequence[Message], contact: Contact) -> None:
    """Count messages of a customer that a history told of, `is_settled` as they say; each is given here once.

    Inside the caller's transaction, with the messages locked. They count from when they were written: whoever answered
    since may have read them on Spoki. Whoever waits because of them is not put off any longer.
    """
    for message in messages:
        message.noted_at = message.at
    Message.objects.bulk_update(messages, ["noted_at", "is_settled"])
    recount(contact_ids=[contact.pk])
    asks = [message.at for message in messages if not message.is_settled]
    if asks:
        put_off = Conversation.objects.filter(contact=contact, snoozed_until__isnull=False)
        put_off.filter(unanswered_since__lte=max(asks)).update(snoozed_until=None)


def note_inbound(
    *,
    contact: Contact,
    at: datetime,
    text: str,
    kind: str = "text",
    is_settled: bool,
    now: datetime,
) -> None:
    """Write down that the customer wrote at `at`; called once per message, after its window was opened.

    Inside the caller's transaction. A settled one makes nobody wait, and leaves who waits waiting.
    """
    values = _shown(contact, at, text, kind)
    _run(
        _INBOUND,
        values | {"waits_since": None if is_settled else at, "unread": 0 if is_settled else 1},
    )


def note_reply(
    *,
    contact: Contact,
    at: datetime,
    text: str,
    kind: str = "text",
    by: User | None,
    now: datetime,
) -> None:
    """Write down that a person answered at `at`: nobody waits any more. Inside the caller's transaction.

    What was put off was to be answered: that is over too. An answer that does not arrive is taken back by
    `take_back_failed`.
    """
    _run(_REPLY, _shown(contact, at, text, kind))


def note_others(*, contact_id: int, at: datetime, text: str, kind: str = "text") -> None:
    """Show what an operator wrote on Spoki as the last thing said; it answers nobody for us.

    Whether a machine or a person wrote it is not told: a person says “done”.
    """
    _run(_OTHERS, {"contact": contact_id, "at": at, "preview": preview_of(text), "kind": kind[:20]})


def settle(
    *, contact: Contact, by: User | None, now: datetime, seen: datetime | None = None
) -> bool:
    """Say that nobody waits for an answer any more; False if nothing was to do, or something new is there.

    `seen` is when the customer's latest message that the person saw was written: what came later is not done with it.
    Without `by` a machine settled it.
    """
    with transaction.atomic():
        row = _locked(contact)
        if row is None or _is_over(row) or (by is None and row.unanswered_since is None):
            return False
        if seen is not None and row.last_inbound_at is not None and row.last_inbound_at > seen:
            return False
        over = {"done_at": now, "done_by": by, "snoozed_until": None} if by else {}
        Conversation.objects.filter(pk=row.pk).update(unanswered_since=None, unread_count=0, **over)
        _tell(row, "done" if by else "settled", by=by, now=now)
    return True


def reopen(*, contact: Contact, by: User | None, now: datetime) -> bool:
    """Have the conversation wait for an answer again, from now on; False if it does already."""
    with transaction.atomic():
        row = _locked(contact)
        if row is None or row.unanswered_since is not None:
            return False
        Conversation.objects.filter(pk=row.pk).update(
            unanswered_since=now, unread_count=1, snoozed_until=None, done_at=None, done_by=None
        )
        _tell(row, "reopened", by=by, now=now)
    return True


def take_back_failed(*, now: datetime) -> int:
    """Have those wait again whose latest answer was refused or skipped; return how many. Run every minute.

    An answer that failed in the last day has answered nobody, unless a person said “done” since.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"since": now - LOOK_BACK})
        found = [pk for (pk,) in cursor.fetchall()]
    return recount(contact_ids=found) if found else 0


def _is_over(row: Conversation) -> bool:
    return row.done_at is not None and row.unanswered_since is None


def _locked(contact: Contact) -> Conversation | None:
    return Conversation.objects.select_for_update().filter(contact=contact).first()


def _tell(row: Conversation, verb: str, *, by: User | None, now: datetime) -> None:
    ConversationEvent.objects.create(contact_id=row.contact_id, at=now, verb=verb, by=by)


def _shown(contact: Contact, at: datetime, text: str, kind: str) -> dict[str, Any]:
    return {"contact": contact.pk, "at": at, "preview": preview_of(text), "kind": kind[:20]}


def _run(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
