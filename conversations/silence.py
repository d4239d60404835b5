"""Messages go out and nothing comes back: our webhooks are switched off, point elsewhere, or are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from campaigns.alerts import watch
from campaigns.models import OutboundMessage
from conversations.models import SpokiDelivery

CODE: Final = "spoki_silent"
# Spoki tells within seconds that a message was sent: of several, in a quarter of an hour, it tells of one at least.
FEW_AFTER: Final = timedelta(minutes=15)
FEW: Final = 3
# A single one may be a phone that is switched off, and a delivery that was lost.
ONE_AFTER: Final = timedelta(hours=2)
# What left earlier than this says nothing of today.
LATELY: Final = timedelta(hours=24)
_LEFT: Final = (OutboundMessage.Status.ACCEPTED, OutboundMessage.Status.UNKNOWN)


def watch_silence(*, now: datetime) -> None:
    """Raise the alarm while messages leave and no delivery of Spoki comes in; end it with the next delivery."""
    last = SpokiDelivery.objects.aggregate(at=Max("received_at"))["at"]
    count = _unheard_of(last, now=now)
    figures = {"count": count, "at": last.isoformat() if last else "–"}
    watch(code=CODE, holds=count > 0, figures=figures, now=now, subject="spoki")


def _unheard_of(last: datetime | None, *, now: datetime) -> int:
    """Return how many messages left since the last delivery, if they are enough to worry, else 0.

    Only those that Spoki took, or may have taken, and of which nothing was told: no news can be due of the others.
    """
    since = max(last, now - LATELY) if last else now - LATELY
    left = OutboundMessage.objects.filter(status__in=_LEFT, sending_at__gt=since)
    several = left.filter(sending_at__lte=now - FEW_AFTER).count()
    if several >= FEW:
        return several
    # Of one whose answer was lost nobody knows whether it left at all.
    taken = left.filter(status=OutboundMessage.Status.ACCEPTED, sending_at__lte=now - ONE_AFTER)
    return several if taken.exists() else 0
