"""Where the outside world comes in: the clock is read and the client built, for every caller."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from threading import Event

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.module_loading import import_string

from templates_sync import runs
from templates_sync.models import SyncRun, TemplateDraft
from templates_sync.staging.field_calls import advance_fields
from templates_sync.staging.submitting import advance
from templates_sync.staging.taking_back import take_back
from templates_sync.sync import sync_templates

# How long a read may wait in all where Spoki asks to slow down: a worker in the background, and
# a person in front of a page.
WORKERS_PATIENCE = timedelta(seconds=120)
PERSONS_PATIENCE = timedelta(seconds=10)
# And one call of a submission: Spoki's limits are by the minute.
CALLS_PATIENCE = timedelta(seconds=61)
_LOOK_EVERY = 0.2


def is_connected() -> bool:
    """Return whether an API key is set, so that there is a Spoki to speak to."""
    return bool(settings.SPOKI_API_KEY)


def sync_now(
    *,
    trigger: SyncRun.Trigger = SyncRun.Trigger.SCHEDULE,
    by: User | None = None,
    patience: timedelta = WORKERS_PATIENCE,
) -> SyncRun:
    """Read the templates with the configured gateway; the run tells what became of it.

    A run without `finished_at` is another's that is under way: nothing was read twice.
    """
    now = timezone.now()
    run = runs.open_run(trigger=trigger, by=by, now=now)
    if not runs.claim(run, now=now):
        return run
    if not is_connected():
        return runs.finish(run, {}, now=now, error=SyncRun.Error.KEY_MISSING)
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return sync_templates(gateway=gateway, now=now, run=run, patience=patience)


def end_of(run: SyncRun, *, patience: timedelta) -> SyncRun:
    """Return another's read when it has ended, or as it is after `patience`."""
    ends_at, pause = timezone.now() + patience, Event()
    while run.finished_at is None and timezone.now() < ends_at:
        pause.wait(_LOOK_EVERY)
        run.refresh_from_db()
    return run


def is_read_due() -> bool:
    """Return whether a read by the schedule makes sense: Spoki is known and did not ask to wait."""
    return is_connected() and runs.spoki_asks_to_wait(now=timezone.now()) is None


def advance_fields_now() -> timedelta | None:
    """Make the next call on custom fields; return when to come back, None when nothing is left."""
    if not is_connected():
        return None
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return advance_fields(gateway=gateway, clock=timezone.now)


def advance_now(draft_id: int) -> timedelta | None:
    """Carry a submission on with the configured gateway; return how long to wait for its next step."""
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return advance(
            draft_id=draft_id, gateway=gateway, clock=timezone.now, patience=CALLS_PATIENCE
        )


def take_back_now(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Take a submitted text back with the configured gateway.

    :raises DraftMoved: it is not with Meta (any more).
    :raises DraftRefused: Meta has answered, or Spoki cannot be asked just now.
    """
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        return take_back(
            draft=draft,
            gateway=gateway,
            by=by,
            clock=timezone.now,
            patience=PERSONS_PATIENCE,
        )
