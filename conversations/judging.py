"""Messages that perhaps ask for no more marketing: a person reads them and says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from conversations.models import ConversationEvent, Message
from conversations.opting import stop


class JudgeRefused(Exception):
    """Somebody was faster, or there is nothing to judge."""


def to_judge() -> QuerySet[Message]:
    """Return what waits for a person, the longest first. Who wrote it is known."""
    waiting = Message.objects.filter(
        opt_out=Message.OptOut.TO_JUDGE,
        direction=Message.Direction.INBOUND,
        contact__isnull=False,
    )
    return waiting.select_related("contact").order_by("at", "pk")


def judge(*, message_id: int, unsubscribes: bool, by: User, now: datetime) -> Message:
    """Write down what the message means, and withdraw the consent where it asks for that; once, whoever is faster.

    :raises JudgeRefused: it does not wait for anybody (any more).
    """
    with transaction.atomic():
        message = to_judge().select_for_update(of=("self",)).filter(pk=message_id).first()
        if message is None or message.contact is None:
            raise JudgeRefused("it was judged already")
        message.opt_out = Message.OptOut.STOP if unsubscribes else Message.OptOut.NONE
        message.details = message.details | {"judged": _note(by, unsubscribes, now)}
        message.save(update_fields=["opt_out", "details"])
        ConversationEvent.objects.create(
            contact=message.contact,
            at=now,
            verb="opted_out" if unsubscribes else "kept_in",
            by=by,
            figures={"message": message.pk},
        )
        if unsubscribes:
            stop(message, message.contact, by=by, now=now)
    return message


def _note(by: User, unsubscribes: bool, now: datetime) -> dict[str, Any]:
    return {"by": by.pk, "at": now.isoformat(), "unsubscribes": unsubscribes}
