"""The Celery application: queues `default`, `webhooks`, `sync`, `sender`."""

import logging.config
import os
import warnings
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# In a container everything runs as root, and the start would print eight lines about it.
warnings.filterwarnings("ignore", category=SecurityWarning, message=".*superuser privileges.*")
app = Celery("house")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: Any) -> None:
    """Keep Celery from setting its own logging: phones and keys must be hidden in workers too."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
