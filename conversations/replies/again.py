"""An answer that did not arrive is sent again by hand: a new message, with its own key, and never by a machine."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns.models import OutboundMessage
from campaigns.sender.post import buttons_of
from conversations.models import Reply
from conversations.replies.checking import ReplyRefused
from conversations.replies.sending import send_template, send_text

Status = OutboundMessage.Status
_NAMESPACE: Final = UUID("5b0d0a66-6f0e-4c1f-9a41-1f6c6f8d7a52")
# Certainly not with the customer.
DID_NOT_ARRIVE: Final = frozenset({Status.FAILED, Status.SKIPPED, Status.EXPIRED})


def send_again(
    *, reply: Reply, by: User | None, now: datetime, is_sure: bool = False
) -> OutboundMessage:
    """Send the same words once more; the same answer again, by whomever, is sent again once.

    Of one that may have arrived (unknown) only `is_sure`: somebody has read that it might come twice.

    :raises ReplyRefused: it has arrived or is on its way (“not_failed”), it may have arrived (“may_have_arrived”), or
        nothing may be written now.
    """
    message = reply.message
    if message.status == Status.UNKNOWN and not is_sure:
        told = _("Nobody knows whether this message left: if it did, the customer gets it twice. Look on Spoki or ask the customer first.")  # fmt: skip
        raise ReplyRefused(told, "may_have_arrived")
    if message.status not in {*DID_NOT_ARRIVE, Status.UNKNOWN}:
        raise ReplyRefused(
            _("This message has left meanwhile: nothing to send again."), "not_failed"
        )
    key = key_of_second(message)
    version = message.template_version
    if version is not None:
        return send_template(
            contact=reply.contact,
            version=version,
            variables=message.params,
            key=key,
            by=by,
            now=now,
        )
    return send_text(
        contact=reply.contact,
        text=message.text,
        buttons=buttons_of(message.params),
        key=key,
        by=by,
        now=now,
    )


def key_of_second(message: OutboundMessage) -> UUID:
    """Return the key under which a message is sent again: one for each, so that two clicks are one message."""
    return uuid5(_NAMESPACE, message.key.hex)
