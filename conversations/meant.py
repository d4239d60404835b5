"""A message of ours that is told without our key and without a uuid that we know.

Spoki may accept a send by its number alone, or without naming it at all (spoki.SendReceipt), and may hand back no
metadata: then the number tells, else the phone with the words, or with the template, and the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from campaigns.models import OutboundMessage
from conversations.told import AFTER_OURS, BEFORE_OURS, EXACT, Known, floor, pair, told_of
from conversations.wording import forms_of
from spoki import MessageEvent

# The answer of the send has been, and named nothing.
_NAMELESS: Final = (OutboundMessage.Status.ACCEPTED, OutboundMessage.Status.UNKNOWN)

_NO_IDENTIFIER: Final = "no_identifier"


def ours_meant(event: MessageEvent, *, at: datetime) -> OutboundMessage | None:
    """Return the message of ours without a uuid that the event, written at `at`, tells of; None where it is none."""
    if event.message_key or not event.phone:
        return None
    if (numbered := _numbered(event)) is not None:
        return numbered
    return _nameless(event, at) if event.uuid else None


def _numbered(event: MessageEvent) -> OutboundMessage | None:
    """Return the one that Spoki's answer named by the number of the event."""
    if not event.id:
        return None
    ours = OutboundMessage.objects.filter(phone=event.phone, provider_id=event.id)
    return ours.filter(provider_uuid=None).order_by("-sending_at").first()


def _nameless(event: MessageEvent, at: datetime) -> OutboundMessage | None:
    """Return the one that left about then and says the same, else the one of the same template."""
    near = OutboundMessage.objects.filter(
        phone=event.phone,
        provider_uuid=None,
        status__in=_NAMELESS,
        sending_at__gt=at - AFTER_OURS,
        sending_at__lt=at + BEFORE_OURS,
    )
    found = list(near.select_related("template_version__template").order_by("sending_at", "pk"))
    told = told_of(event, uuid=event.uuid, at=at)
    pairs = pair([told], [known_of_ours(one) for one in found])
    return found[pairs[0]] if pairs else _of_template(event, at, found)


def _of_template(
    event: MessageEvent, at: datetime, found: Sequence[OutboundMessage]
) -> OutboundMessage | None:
    """Return the nearest of the template that the event names: its words may come with gaps, or not at all.

    Only of what Spoki surely took: whether a send without any answer has left, a person decides (`evidence`).
    """
    taken = (one for one in found if one.reason == _NO_IDENTIFIER)
    same = (one for one in taken if event.template_id and _template_of(one) == event.template_id)
    return min(same, key=lambda one: abs((one.sending_at or at) - at), default=None)


def _template_of(message: OutboundMessage) -> int | None:
    version = message.template_version
    return version.template.spoki_id if version is not None else None


def known_of_ours(message: OutboundMessage) -> Known:
    """Return a message of ours that left, as others may tell it."""
    assert message.sending_at is not None  # noqa: S101 - what left has a moment
    uuids = uuids_of(message)
    return Known(
        pk=message.pk,
        is_inbound=False,
        at=floor(message.sending_at, EXACT),
        says=forms_of(message),
        names=frozenset({message.key.hex, *uuids, *_number_of(message)}),
        is_named=bool(uuids),
        is_ours=True,
    )


def uuids_of(message: OutboundMessage) -> set[str]:
    """Return what Spoki called its tries."""
    return {message.provider_uuid or "", *message.earlier_uuids} - {""}


def _number_of(message: OutboundMessage) -> set[str]:
    """Return the key under which a history tells of a message that has a number and no uuid."""
    return {f"id:{message.provider_id}"} if message.provider_id else set()
