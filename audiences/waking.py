"""Handing work to a worker at once. The work itself is a row that beat or a sweep finds: this only spares the wait."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(task: Task[Any, Any] | str, **options: Any) -> bool:
    """Have a worker run the task soon; False, and nothing is lost, while the broker is away.

    `task` may be named, by floors that cannot import it. `options` are those of Celery's `apply_async`.
    """
    try:
        if isinstance(task, str):
            current_app.send_task(task, retry=False, **options)
        else:
            task.apply_async(retry=False, **options)
    except OperationalError:
        name = task if isinstance(task, str) else task.name
        logger.warning("%s waits for its next regular run: the broker is away", name)
        return False
    return True
