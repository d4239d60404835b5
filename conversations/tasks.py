"""Background work on what Spoki delivered."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from audiences import waking
from audiences.contact_sync.requests import is_any_due
from audiences.doorbell import Doorbell
from audiences.tasks import read_contacts_again
from conversations import (
    backfill,
    deliveries,
    fetching,
    intake,
    media,
    putting_off,
    registration,
    silence,
    standing,
)
from conversations.upload import taking
from spoki import SpokiError

logger = logging.getLogger(__name__)

# Then another task of the queue has its turn.
TURN_SECONDS = 1.0
FETCH_SECONDS = 10.0
# So often is looked whether the answer of a send has come that a status has overtaken.
LOOK_SECONDS = 1.0
# A wake-up older than this says nothing: the sweep looks every minute.
_EXPIRES_SECONDS = 60


def wake_for_deliveries(*, after_seconds: float = 0) -> None:
    """Have a worker look for due deliveries of Spoki; without a broker the sweep does."""
    waking.wake(process_deliveries, expires=_EXPIRES_SECONDS, countdown=after_seconds)


def _look_soon() -> None:
    wake_for_deliveries(after_seconds=LOOK_SECONDS)


# However many turns ask for it, one look in a second.
_later = Doorbell(_look_soon, pause_seconds=LOOK_SECONDS)


def _read_contacts() -> None:
    """Have the contacts read that a delivery told of; without a broker beat does it within a minute."""
    waking.wake(read_contacts_again, queue="sync", expires=_EXPIRES_SECONDS)


@shared_task(ignore_result=True)
def process_deliveries(**_: object) -> None:
    """Process the deliveries of Spoki that are due, for a turn; hand on what is left, and what they ask for.

    A status that overtook the answer of its send is taken in the second in which the answer is written down.
    """
    ends = time.monotonic() + TURN_SECONDS
    deliveries.release_answered(now=timezone.now())
    done = intake.work(clock=timezone.now, is_time_up=lambda: time.monotonic() >= ends)
    now = timezone.now()
    # Asked after the place was given back: a wake-up that found none free is not lost.
    if done is not None and deliveries.is_any_due(now=now):
        # Due and not to be had: somebody holds it for a moment.
        wake_for_deliveries(after_seconds=0 if done else 1)
    elif done is not None and deliveries.is_any_answer_awaited(now=now):
        _later.ring()
    if done:
        _hand_on(now=now)


def _hand_on(*, now: datetime) -> None:
    """Wake whoever reads contacts again and fetches files, where deliveries asked for it."""
    if is_any_due(now=now):
        _read_contacts()
    if fetching.is_any_due(now=now):
        wake_for_files()


@shared_task(ignore_result=True)
def sweep(**_: object) -> None:
    """Have a worker look for deliveries nobody woke it for. Beat runs it every minute.

    Whoever got no answer after all waits again, and what was put off until now comes back.
    """
    now = timezone.now()
    if deliveries.is_any_due(now=now):
        wake_for_deliveries()
    standing.take_back_failed(now=now)
    putting_off.wake_due(now=now)


def wake_for_files() -> None:
    """Have a worker fetch the attachments that are due; without a broker beat does it within a minute."""
    waking.wake(fetch_files, expires=_EXPIRES_SECONDS)


@shared_task
def fetch_files(**_: object) -> int:
    """Fetch the attachments that are due, for a turn; return how many. Beat runs it every minute, a new one at once."""
    ends = time.monotonic() + FETCH_SECONDS
    done = fetching.work(clock=timezone.now, is_time_up=lambda: time.monotonic() >= ends)
    # Asked after the place was given back: one that was told of meanwhile is not lost.
    if done and fetching.is_any_due(now=timezone.now()):
        wake_for_files()
    return done


@shared_task(ignore_result=True)
def fetch_history(*, fetch_id: int, **_: object) -> None:
    """Go on with a history that took longer than the card waits for, a turn at a time."""
    work = backfill.Work(backfill.TURN_SECONDS)
    if not backfill.go_on(fetch_id=fetch_id, turn=work, clock=timezone.now):
        backfill.wake(fetch_id)


@shared_task(ignore_result=True)
def look_after_webhooks(**_: object) -> None:
    """See that Spoki still tells us of everything. Beat runs it every hour."""
    if not settings.SPOKI_API_KEY:
        return
    client = import_string(settings.SPOKI_GATEWAY)()
    try:
        registration.look(client=client, now=timezone.now())
    except SpokiError as error:
        logger.warning("the webhooks on Spoki could not be looked at: %s", error)
    finally:
        client.close()


@shared_task(ignore_result=True)
def watch_silence(**_: object) -> None:
    """Tell people when messages go out and nothing comes back. Beat runs it every five minutes."""
    silence.watch_silence(now=timezone.now())


@shared_task(ignore_result=True)
def forget_old(**_: object) -> None:
    """Delete old bodies and attachments, which are personal data. Beat runs it every day."""
    now = timezone.now()
    deliveries.forget_old(now=now)
    media.forget_old(now=now)
    fetching.forget_strays(now=now)
    taking.forget_old(now=now)
