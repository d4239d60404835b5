"""Where the outside world comes in: the clock is read and the client built, for every caller."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from templates_sync.models import SyncRun
from templates_sync.staging.submitting import advance
from templates_sync.sync import sync_templates


def sync_now(run: SyncRun | None = None) -> SyncRun:
    """Read the templates with the configured gateway; the run tells what became of it."""
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return sync_templates(gateway=gateway, now=timezone.now(), run=run)


def advance_now(draft_id: int) -> timedelta | None:
    """Carry a submission on with the configured gateway; return how long to wait for its next step."""
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return advance(draft_id=draft_id, gateway=gateway, clock=timezone.now)
