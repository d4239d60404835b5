"""Background work on what Spoki delivered."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from audiences.contact_sync.requests import is_any_due
from audiences.tasks import read_contacts_again
from conversations import deliveries, intake

logger = logging.getLogger(__name__)


def enqueue(delivery_id: int) -> None:
    """Hand a delivery to a worker; without a broker the sweep finds the row later."""
    try:
        process_delivery.apply_async(kwargs={"delivery_id": delivery_id}, retry=False)
    except OperationalError:
        logger.warning("delivery %s waits for the sweep: the broker is away", delivery_id)


def _read_contacts() -> None:
    """Have the contacts read that a delivery told of; without a broker beat does it within a minute."""
    try:
        read_contacts_again.apply_async(queue="sync", expires=60, retry=False)
    except OperationalError:
        logger.warning("contacts to read wait for beat: the broker is away")


@shared_task
def process_delivery(*, delivery_id: int, **_: object) -> None:
    """Process one stored delivery."""
    now = timezone.now()
    intake.process_delivery(delivery_id=delivery_id, now=now)
    if is_any_due(now=now):
        _read_contacts()


@shared_task
def sweep(**_: object) -> int:
    """Enqueue the deliveries that nobody finished; return how many. Beat runs it every minute."""
    ids = deliveries.take_due(now=timezone.now())
    for delivery_id in ids:
        enqueue(delivery_id)
    return len(ids)
