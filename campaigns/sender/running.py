"""Starts a drain from settings: what the Celery task and the command share."""

import threading
from datetime import timedelta

from django.conf import settings
from django.utils.module_loading import import_string

from campaigns.account import current_account
from campaigns.sender.drain import Drain


def undecided_after() -> timedelta:
    """Return after how long a send without answer is given up as unknown."""
    return timedelta(seconds=settings.SENDER_UNDECIDED_SECONDS)


def drain_account(
    *, stop: threading.Event, seconds: float | None = None, until_idle: bool = False
) -> bool:
    """Drain the account until `stop`, for `seconds`, or until there is nothing to do.

    Returns False if another drainer is at work.
    """
    drain = Drain(
        account_id=current_account().pk,
        gateway=import_string(settings.SPOKI_GATEWAY),
        stop=stop,
        threads=settings.SENDER_THREADS,
        allowlist=frozenset(settings.SEND_ALLOWLIST),
        undecided_after=undecided_after(),
    )
    return drain.run(seconds=seconds, until_idle=until_idle)
