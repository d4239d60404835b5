"""The log of syncs: one unfinished run of each kind, counted up as the work goes on."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

import spoki
from audiences.models import ContactSyncRun

Kind = ContactSyncRun.Kind
Error = ContactSyncRun.Error

# Untouched for so long, a run was given up by everybody.
LOST_AFTER = timedelta(hours=6)
KEPT = timedelta(days=180)
# Pushes that found nothing to do come every five minutes: two days of them are enough.
KEPT_EMPTY = timedelta(days=2)

_ERRORS: tuple[tuple[type[spoki.SpokiError], str], ...] = (
    (spoki.SpokiAuthError, Error.KEY_REFUSED),
    (spoki.SpokiThrottled, Error.THROTTLED),
    (spoki.SpokiProtocolError, Error.UNREADABLE),
    (spoki.SpokiUnreachable, Error.UNREACHABLE),
    (spoki.SpokiServerError, Error.UNREACHABLE),
    (spoki.SpokiOutcomeUnknown, Error.UNREACHABLE),
)


def open_run(kind: str, *, now: datetime, by: User | None = None) -> ContactSyncRun:
    """Return the unfinished run of `kind`, or a new one. One that everybody left is closed first."""
    ContactSyncRun.objects.filter(
        kind=kind, finished_at=None, touched_at__lt=now - LOST_AFTER
    ).update(finished_at=now, error=Error.INTERRUPTED)
    found = unfinished(kind)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return ContactSyncRun.objects.create(kind=kind, started_at=now, touched_at=now, by=by)
    except IntegrityError:
        # Another worker was faster.
        return ContactSyncRun.objects.get(kind=kind, finished_at=None)


def unfinished(kind: str) -> ContactSyncRun | None:
    return ContactSyncRun.objects.filter(kind=kind, finished_at=None).first()


def count(run: ContactSyncRun, figures: Mapping[str, int], *, now: datetime) -> None:
    """Add `figures` to the run's own; two workers may do so at once."""
    sums = {name: F(name) + number for name, number in figures.items() if number}
    ContactSyncRun.objects.filter(pk=run.pk).update(touched_at=now, **sums)


def note_trouble(run: ContactSyncRun, error: spoki.SpokiError, *, now: datetime) -> None:
    """Write down what stops the run for now; the work goes on at the next turn."""
    throttled = int(isinstance(error, spoki.SpokiThrottled))
    ContactSyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        error=error_of(error),
        error_detail=str(error)[:300],
        touched_at=now,
        throttled=F("throttled") + throttled,
    )


def finish(run: ContactSyncRun, *, now: datetime, error: str = "") -> ContactSyncRun:
    """Close the run, once; a trouble that was overcome is forgotten."""
    cleared = {} if error else {"error_detail": ""}
    ContactSyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        finished_at=now, touched_at=now, error=error, **cleared
    )
    run.refresh_from_db()
    return run


def error_of(error: spoki.SpokiError) -> str:
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), Error.REFUSED)


def forget_old(*, now: datetime) -> None:
    """Delete runs that nobody will read any more; the newest of each kind always stays."""
    done = ContactSyncRun.objects.filter(finished_at__isnull=False)
    newest = [
        run.pk
        for kind in Kind
        if (run := done.filter(kind=kind, error="").order_by("-started_at").first())
    ]
    old = done.exclude(pk__in=newest)
    old.filter(started_at__lt=now - KEPT).delete()
    old.filter(started_at__lt=now - KEPT_EMPTY, error="", calls=0).delete()
