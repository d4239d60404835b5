"""Settings of the commands that open no page and start no task: the same house, fewer rooms.

They load the models they read and those these point to, in the order of the floors. Pages, API,
schedule and Celery take most of the start-up time and would only be thrown away.
"""

from config.logs import PlainFormatter
from config.settings import *  # noqa: F403 - everything else is the same, by design

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "phonenumber_field",
    "pgtrigger",
    "templates_sync",
    "audiences",
    "campaigns",
    "config.checks_only.ChecksOnlyConfig",
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"redacting": {"()": PlainFormatter}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "redacting"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
