"""What the sender asks before an answer leaves: may this template still go to this person?

The window of a text, the template's state, a blocked or changed number are asked of every message
(`campaigns.sender.guards`); an answer leaves at any hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.models import Lane
from campaigns.sender import guards
from campaigns.sender.guards import Moment, Verdict
from campaigns.sender.reserve import Reserved
from conversations.models import Reply
from conversations.replies.checking import unwanted_code


def reply_guard(rows: Sequence[Reserved], moment: Moment) -> Mapping[int, Verdict]:
    """Name the templates among the answers that the person wants no more since they were queued."""
    ids = [row.id for row in rows if row.lane == Lane.REPLY and row.template_version_id is not None]
    if not ids:
        return {}
    asked = Reply.objects.filter(message_id__in=ids).select_related(
        "contact", "message__template_version"
    )
    found: dict[int, Verdict] = {}
    for reply in asked:
        version = reply.message.template_version
        if version is not None and (code := unwanted_code(reply.contact, version.category)):
            found[reply.message_id] = code
    return found


def register_guard() -> None:
    """Have the sender ask; called when the application starts."""
    guards.register("reply", reply_guard)
