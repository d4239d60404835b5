"""Waking a worker for an erasure; without a broker beat does it within ten minutes."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TASK = "orders.tasks.carry_out_privacy_requests"


def wake() -> None:
    """Have a worker look for erasures that are due; called after the commit that asks for one."""
    try:
        current_app.send_task(TASK, retry=False, expires=60)
    except OperationalError:
        logger.warning("an erasure waits for beat: the broker is away")
