"""Background work on what Spoki delivered."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audiences import waking
from audiences.contact_sync.requests import is_any_due
from audiences.tasks import read_contacts_again
from conversations import deliveries, intake, standing


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
