"""The Celery application: queues `default`, `webhooks`, `sync`, `sender`."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("house")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: Any) -> None:
    """Keep Celery from setting its own logging: phones and keys must be hidden in workers too."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
