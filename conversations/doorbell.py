"""Waking the workers for stored deliveries of Spoki, off the path of the request that stored them."""

from __future__ import annotations

from audiences.doorbell import Doorbell
from conversations import tasks

_bell = Doorbell(tasks.wake_for_deliveries)


def ring() -> None:
    """Have the workers of this installation woken soon."""
    _bell.ring()
