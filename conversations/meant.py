"""A message of ours that is told without our key and without an identifier that we know: by number, words and moment.

Spoki may accept a send without naming it (spoki.SendReceipt), and may hand back no metadata.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from campaigns.models import OutboundMessage
from conversations.told import AFTER_OURS, BEFORE_OURS, EXACT, Known, Told, floor, pair
from conversations.wording import forms_of
from spoki import MessageEvent

# The answer of the send has been, and named nothing.
_NAMELESS: Final = (OutboundMessage.Status.ACCEPTED, OutboundMessage.Status.UNKNOWN)


def ours_meant(event: MessageEvent, *, at: datetime) -> OutboundMessage | None:
    """Return the nameless message of ours that the event, written at `at`, tells of; None where it is none of them."""
    if event.message_key or not event.uuid or not event.phone or not event.text:
        return None
    near = OutboundMessage.objects.filter(
        phone=event.phone,
        provider_uuid=None,
        status__in=_NAMELESS,
        sending_at__gt=at - AFTER_OURS,
        sending_at__lt=at + BEFORE_OURS,
    )
    found = list(near.select_related("template_version__template").order_by("sending_at", "pk"))
    told = Told(
        is_inbound=False,
        at=floor(at, EXACT),
        text=event.text,
        kind=event.kind.value,
        uuid=event.uuid,
    )
    pairs = pair([told], [known_of_ours(one) for one in found])
    return found[pairs[0]] if pairs else None


def known_of_ours(message: OutboundMessage) -> Known:
    """Return a message of ours that left, as others may tell it."""
    assert message.sending_at is not None  # noqa: S101 - what left has a moment
    uuids = uuids_of(message)
    return Known(
        pk=message.pk,
        is_inbound=False,
        at=floor(message.sending_at, EXACT),
        says=forms_of(message),
        names=frozenset({message.key.hex, *uuids}),
        is_named=bool(uuids),
        is_ours=True,
    )


def uuids_of(message: OutboundMessage) -> set[str]:
    """Return what Spoki called its tries."""
    return {message.provider_uuid or "", *message.earlier_uuids} - {""}
