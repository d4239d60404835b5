"""What Spoki's webhooks tell about the phone of a message whose fate is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from campaigns.evidence import AFTER, BEFORE, Fact, Facts
from campaigns.models import OutboundMessage
from conversations.models import Message


def told_by_webhooks(messages: Sequence[OutboundMessage]) -> Facts:
    """Return message id → what was written by, or to, the same phone around its time."""
    moments = [message.sending_at for message in messages if message.sending_at]
    if not moments:
        return {}
    near: dict[str, list[Message]] = defaultdict(list)
    for told in Message.objects.filter(
        phone__in={message.phone for message in messages},
        at__gte=min(moments) - BEFORE,
        at__lte=max(moments) + AFTER,
    ).order_by("at"):
        near[told.phone].append(told)
    return {
        message.pk: [
            _fact(message, told) for told in near[message.phone] if _is_near(message, told)
        ]
        for message in messages
    }


def _is_near(message: OutboundMessage, told: Message) -> bool:
    at = message.sending_at
    return at is not None and at - BEFORE <= told.at <= at + AFTER


def _fact(message: OutboundMessage, told: Message) -> Fact:
    if told.direction == Message.Direction.INBOUND:
        return Fact("inbound", told.at)
    version = message.template_version
    is_same = (
        version is not None
        and told.template_id is not None
        and told.template_id == version.template.spoki_id
        and message.sending_at is not None
        and abs(told.at - message.sending_at) <= BEFORE
    )
    state = {"state": told.status or "accepted"}
    return Fact("by_others_same" if is_same else "by_others", told.at, state)
