"""Background work on what Spoki delivered."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from audiences import waking
from audiences.contact_sync.requests import is_any_due
from audiences.tasks import read_contacts_again
from conversations import deliveries, fetching, intake, media, registration, silence, standing
from spoki import SpokiError

logger = logging.getLogger(__name__)

# Then another task of the queue has its turn.
FETCH_SECONDS = 10.0


def enqueue(delivery_id: int) -> None:
    """Hand a delivery to a worker; without a broker the sweep finds the row later."""
    waking.wake(process_delivery, kwargs={"delivery_id": delivery_id})


def _read_contacts() -> None:
    """Have the contacts read that a delivery told of; without a broker beat does it within a minute."""
    waking.wake(read_contacts_again, queue="sync", expires=60)


@shared_task
def process_delivery(*, delivery_id: int, **_: object) -> None:
    """Process one stored delivery."""
    now = timezone.now()
    intake.process_delivery(delivery_id=delivery_id, now=now)
    if is_any_due(now=now):
        _read_contacts()
    if fetching.is_any_due(now=now):
        wake_for_files()


@shared_task
def sweep(**_: object) -> int:
    """Enqueue the deliveries that nobody finished; return how many. Beat runs it every minute.

    Whoever got no answer after all waits again.
    """
    now = timezone.now()
    ids = deliveries.take_due(now=now)
    for delivery_id in ids:
        enqueue(delivery_id)
    standing.take_back_failed(now=now)
    return len(ids)


def wake_for_files() -> None:
    """Have a worker fetch the attachments that are due; without a broker beat does it within a minute."""
    waking.wake(fetch_files, expires=60)


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
