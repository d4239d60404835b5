"""Where conversations stand, made again out of the messages: after a merge, a history, a failed answer, or from scratch.

What people did and no message tells stays as it is: the assignment, until when it is put off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from conversations.models import Conversation, Message, Reply
from conversations.timeline.ours import words_of

PREVIEW = 160
BATCH = 1_000

# A conversation is had by whoever wrote to us or was answered by a person.
_MAKE = """
INSERT INTO conversations_conversation
  (contact_id, last_message_at, preview, preview_kind, is_preview_inbound, unread_count)
SELECT contact_id, max(at), '', '', false, 0 FROM (
  SELECT contact_id, at FROM conversations_message
  WHERE contact_id = ANY(%(contacts)s) AND direction = 'inbound'
  UNION ALL
  SELECT contact_id, at FROM conversations_reply WHERE contact_id = ANY(%(contacts)s)
) AS said
GROUP BY contact_id ORDER BY contact_id
ON CONFLICT (contact_id) DO NOTHING
"""
# What people did stays with the contact it was done to, where that one was merged.
_FACTS = """
WITH whole AS (
  SELECT p.id AS owner, p.id AS member FROM unnest(%(contacts)s::bigint[]) AS p(id)
  UNION ALL
  SELECT merged_into_id, id FROM audiences_contact WHERE merged_into_id = ANY(%(contacts)s)
),
done AS (
  SELECT w.owner, max(e.at) FILTER (WHERE e.verb IN ('done', 'settled')) AS settled_at,
    max(e.at) FILTER (WHERE e.verb = 'reopened') AS reopened_at,
    -- Where a “done” was taken back, the customer has waited since before.
    (array_agg(coalesce((e.figures->>'since')::timestamptz, e.at) ORDER BY e.at DESC, e.id DESC)
      FILTER (WHERE e.verb = 'reopened'))[1] AS waits_again_since
  FROM whole w JOIN conversations_conversationevent e ON e.contact_id = w.member
  WHERE e.verb IN ('done', 'settled', 'reopened')
  GROUP BY w.owner
),
answers AS (
  SELECT r.contact_id AS owner, max(r.at) AS at
  FROM conversations_reply r JOIN campaigns_outboundmessage o ON o.id = r.message_id
  WHERE r.contact_id = ANY(%(contacts)s) AND o.status <> ALL ('{failed,skipped,expired}')
  GROUP BY r.contact_id
),
ended AS (
  SELECT p.id AS owner, greatest(a.at, d.settled_at) AS at, d.reopened_at, d.waits_again_since
  FROM unnest(%(contacts)s::bigint[]) AS p(id)
  LEFT JOIN answers a ON a.owner = p.id LEFT JOIN done d ON d.owner = p.id
)
SELECT e.owner, i.last_at, w.since, coalesce(w.messages, 0),
  CASE WHEN e.reopened_at > coalesce(e.at, '-infinity') THEN e.waits_again_since END,
  (SELECT max(closes_at) FROM campaigns_conversationwindow cw WHERE cw.contact_id = e.owner),
  m.id, m.at, r.message_id, r.at
FROM ended e
LEFT JOIN LATERAL (
  SELECT max(at) AS last_at FROM conversations_message
  WHERE contact_id = e.owner AND direction = 'inbound'
) i ON true
LEFT JOIN LATERAL (
  SELECT min(at) AS since, count(*) AS messages FROM conversations_message
  WHERE contact_id = e.owner AND direction = 'inbound' AND NOT is_settled
    AND noted_at > coalesce(e.at, '-infinity')
) w ON true
LEFT JOIN LATERAL (
  SELECT id, at FROM conversations_message
  WHERE contact_id = e.owner AND (direction = 'inbound' OR template_id IS NULL)
  ORDER BY at DESC, id DESC LIMIT 1
) m ON true
LEFT JOIN LATERAL (
  SELECT message_id, at FROM conversations_reply WHERE contact_id = e.owner
  ORDER BY at DESC, id DESC LIMIT 1
) r ON true
"""
_WITH_ANY = """
SELECT contact_id FROM conversations_message
WHERE direction = 'inbound' AND contact_id > %(after)s
UNION
SELECT contact_id FROM conversations_reply WHERE contact_id > %(after)s
ORDER BY contact_id LIMIT %(limit)s
"""
_KEPT = (
    "last_message_at",
    "last_inbound_at",
    "preview",
    "preview_kind",
    "is_preview_inbound",
    "unanswered_since",
    "unread_count",
    "window_closes_at",
    "done_at",
    "done_by_id",
)


@dataclass(frozen=True, slots=True)
class _Facts:
    contact_id: int
    last_inbound_at: datetime | None
    waits_since: datetime | None
    waiting: int
    reopened_at: datetime | None
    window_closes_at: datetime | None
    message_id: int | None
    message_at: datetime | None
    reply_id: int | None
    reply_at: datetime | None

    @property
    def is_anything(self) -> bool:
        return self.message_id is not None or self.reply_id is not None

    @property
    def is_reply_last(self) -> bool:
        if self.reply_at is None or self.message_at is None:
            return self.reply_at is not None
        return self.reply_at >= self.message_at


def preview_of(text: str) -> str:
    """Return the first words of a message on one line."""
    return " ".join(text.split())[:PREVIEW]


def recount(*, contact_ids: Collection[int]) -> int:
    """Make the rows of these contacts say what the messages say; return how many did not. Some thousand at most.

    Locks the rows, in their order, so that no message is counted in between.
    """
    ids = sorted(set(contact_ids))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_MAKE, {"contacts": ids})
        rows = Conversation.objects.select_for_update().filter(contact__in=ids).order_by("pk")
        standing = {row.contact_id: row for row in rows}
        facts = [one for one in _facts(ids) if one.contact_id in standing and one.is_anything]
        shown = _latest(facts)
        changed = [
            row
            for one in facts
            if _apply(row := standing[one.contact_id], one, shown.get(one.contact_id))
        ]
        Conversation.objects.bulk_update(changed, _KEPT, batch_size=BATCH)
    return len(changed)


def recount_all() -> Iterator[tuple[int, int]]:
    """Recount whoever wrote or was answered, a batch after the other; yield (contacts, rows that changed) of each."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_WITH_ANY, {"after": after, "limit": BATCH})
            ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return
        yield len(ids), recount(contact_ids=ids)
        after = ids[-1]


def _facts(ids: list[int]) -> list[_Facts]:
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"contacts": ids})
        return [_Facts(*row) for row in cursor.fetchall()]


def _latest(facts: Sequence[_Facts]) -> dict[int, tuple[datetime, str, str, bool]]:
    """Return contact id → when, preview, kind and direction of what was said last."""
    replies = Reply.objects.select_related("message__template_version").filter(
        message__in=[one.reply_id for one in facts if one.is_reply_last]
    )
    messages = Message.objects.filter(
        pk__in=[one.message_id for one in facts if one.message_id and not one.is_reply_last]
    )
    told = {
        reply.contact_id: (
            reply.at,
            preview_of(words_of(reply.message)),
            str(reply.message.kind),
            False,
        )
        for reply in replies
    }
    for message in messages:
        if message.contact_id is not None:
            is_inbound = message.direction == Message.Direction.INBOUND
            told[message.contact_id] = (
                message.at,
                preview_of(message.text),
                message.kind,
                is_inbound,
            )
    return told


def _apply(
    row: Conversation, facts: _Facts, latest: tuple[datetime, str, str, bool] | None
) -> bool:
    """Write the facts on the row; True if they change it."""
    before = [getattr(row, name) for name in _KEPT]
    if latest is not None:
        row.last_message_at, row.preview, row.preview_kind, row.is_preview_inbound = latest
    row.last_inbound_at = facts.last_inbound_at
    row.window_closes_at = facts.window_closes_at
    waits = [at for at in (facts.waits_since, facts.reopened_at) if at is not None]
    row.unanswered_since = min(waits, default=None)
    row.unread_count = facts.waiting + (1 if facts.reopened_at else 0)
    if row.unanswered_since is not None:
        row.done_at, row.done_by_id = None, None
    return before != [getattr(row, name) for name in _KEPT]
