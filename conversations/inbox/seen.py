"""What an agent saw of a conversation when she clicked: a later click of somebody else must lose nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conversations.inbox.pages import micros
from conversations.models import Conversation


class BadMark(Exception):
    """Not a mark of ours."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A conversation as a page showed it; moments are microseconds since 1970, 0 = never; assignee 0 = nobody."""

    contact_id: int
    last_inbound: int
    assignee_id: int
    snoozed_until: int
    done: int
    waiting_since: int

    def __str__(self) -> str:
        return ".".join(
            str(value)
            for value in (
                self.contact_id,
                self.last_inbound,
                self.assignee_id,
                self.snoozed_until,
                self.done,
                self.waiting_since,
            )
        )


def mark_of(row: Conversation, *, now: datetime) -> Mark:
    """Return the mark of a conversation; what was put off until now is not put off."""
    is_asleep = row.snoozed_until is not None and row.snoozed_until > now
    return Mark(
        contact_id=row.contact_id,
        last_inbound=micros(row.last_inbound_at),
        assignee_id=row.assignee_id or 0,
        snoozed_until=micros(row.snoozed_until) if is_asleep else 0,
        done=micros(row.done_at),
        waiting_since=micros(row.unanswered_since),
    )


def parsed(text: str) -> Mark:
    """:raises BadMark: `text` is none of ours."""
    try:
        values = [int(word) for word in text.split(".")]
        mark = Mark(*values)
    except (ValueError, TypeError):
        raise BadMark(text) from None
    if not all(0 <= value < 2**63 for value in values):
        raise BadMark(text)
    return mark
