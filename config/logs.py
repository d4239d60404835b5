"""Logging without personal data: phones and keys are struck from every line, whoever wrote it.

The settings read this, so it loads nothing heavy: the formatters come with the first use of logging.
"""

import logging
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied

HIDDEN_PHONE = "[phone]"
HIDDEN_SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
# With a plus (also as it stands in an address, %2B), in one piece or in groups; or an Italian mobile
# with or without its prefix.
PHONE = re.compile(
    r"(?:\+|%2[Bb])\d{8,15}(?!\d)"
    r"|\+\d{1,5}(?:[ .\-]\d{2,8}){1,5}(?!\d)"
    r"|(?<![\w.\-])(?:0039|39)?3\d{8,9}(?![\w\-]|\.\d)"
)
KEY = re.compile(
    r"(?i)((?:x-spoki-api-key|x-shopify-access-token|authorization|api[_-]?key|secret|password|token)"
    r"['\"]?\s*[:=]\s*['\"]?(?:token |bearer )?)[^\s'\",;&}]+"
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without phone numbers, without the given secrets and what looks like one."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN_SECRET)
    text = KEY.sub(rf"\1{HIDDEN_SECRET}", text)
    return PHONE.sub(HIDDEN_PHONE, text)


def secrets_in_force() -> list[str]:
    """Return the keys of this installation that must never stand in a line."""
    from django.conf import settings

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    found = [settings.SPOKI_API_KEY, *keys, *settings.SPOKI_WEBHOOK_SECRETS]
    return [secret for secret in found if len(secret) >= 8]


class PlainFormatter(logging.Formatter):
    """Plain lines, redacted: for commands that open no page and log next to nothing."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), secrets_in_force())


def is_no_probe(record: logging.LogRecord) -> bool:
    """Return whether the line is about something else than a probe of `monitoring`: those repeat."""
    request = record.msg.get("request", "") if isinstance(record.msg, dict) else ""
    return not str(request).startswith(("GET /health/", "GET /metrics"))


def without_refused_traceback(record: logging.LogRecord) -> bool:
    """Strike the traceback of a page that a role may not open: the line says all there is to say."""
    if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
        record.exc_info = record.exc_text = None
    return True


def logging_settings(*, as_json: bool) -> dict[str, Any]:
    """Return LOGGING: everything to standard error, as JSON or as lines for a person."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "redacting": {
                "()": "config.structured_logs.redacting_formatter",
                "as_json": as_json,
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "redacting",
                "filters": [is_no_probe, without_refused_traceback],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # One line per received task and one per finished task would bury the rest.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.worker.request": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        },
    }
