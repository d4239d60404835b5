"""What the sender asks before an answer leaves: may this template still go to this person?

The window of a text, the template's state, a blocked or changed number are asked of every message
(`campaigns.sender.guards`); an answer leaves at any hour, unless it is an offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.models import Lane
from campaigns.sender import guards
from campaigns.sender.guards import Moment, Verdict
from campaigns.sender.reserve import Reserved
from conversations.models import Reply
from conversations.replies.checking import unwanted_code
from conversations.replies.offers import OUT_OF_HOURS, may_leave
from templates_sync.models import TemplateVersion


def reply_guard(rows: Sequence[Reserved], moment: Moment) -> Mapping[int, Verdict]:
    """Name the templates among the answers that the person wants no more since they were queued."""
    ids = [row.id for row in rows if row.lane == Lane.REPLY and row.template_version_id is not None]
    if not ids:
        return {}
    asked = Reply.objects.filter(message_id__in=ids).select_related(
        "contact", "message__template_version", "message__account"
    )
    found: dict[int, Verdict] = {}
    for reply in asked:
        version = reply.message.template_version
        if version is not None and (code := _reason(reply, version, moment)):
            found[reply.message_id] = code
    return found


def _reason(reply: Reply, version: TemplateVersion, moment: Moment) -> str:
    if code := unwanted_code(reply.contact, version.category):
        return code
    if version.category != TemplateVersion.Category.MARKETING:
        return ""
    account = reply.message.account
    is_open = may_leave(reply.contact, account, moment.policy, now=moment.now)
    return "" if is_open else OUT_OF_HOURS


def register_guard() -> None:
    """Have the sender ask; called when the application starts."""
    guards.register("reply", reply_guard)
