"""Reading all templates from Spoki: idempotent, and never destructive."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from django.utils import timezone

import spoki
from templates_sync.models import SyncRun, Template
from templates_sync.staging.following import follow_submitted
from templates_sync.storing import store_template

logger = logging.getLogger(__name__)

# A read takes seconds; one without an end after this long was interrupted.
LONGEST_READ = timedelta(minutes=5)

_ERRORS: tuple[tuple[type[spoki.SpokiError], SyncRun.Error], ...] = (
    (spoki.SpokiAuthError, SyncRun.Error.KEY_REFUSED),
    (spoki.SpokiThrottled, SyncRun.Error.THROTTLED),
    (spoki.SpokiProtocolError, SyncRun.Error.UNREADABLE),
    (spoki.SpokiUnreachable, SyncRun.Error.UNREACHABLE),
    (spoki.SpokiServerError, SyncRun.Error.UNREACHABLE),
)


class TemplateSource(Protocol):
    """The part of the gateway that a read needs."""

    def templates(self) -> Iterator[spoki.Template]: ...


def sync_templates(
    *,
    gateway: TemplateSource,
    now: datetime,
    run: SyncRun | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> SyncRun:
    """Read every template and store what is new; mark as gone what a complete read did not show.

    Never raises for an error of Spoki: the run that is returned says it, what was read before it
    is kept, and nothing is marked gone. `now` is the moment of the read for freshness; `clock`
    only dates the end of the run. `run` is one that somebody has asked for already.
    """
    run = run or SyncRun.objects.create(started_at=now)
    tally: Counter[str] = Counter()
    try:
        for read in gateway.templates():
            tally.update(store_template(read=read, now=now))
    except spoki.SpokiError as error:
        run.error, run.error_detail = _error_of(error), str(error)[:300]
        logger.warning("template sync stopped: %s", error)
    else:
        _finish_complete_read(run, tally, now)
    for field in ("new", "changed", "unchanged", "unreadable", "gone"):
        setattr(run, field, tally[field])
    run.finished_at = clock()
    run.save()
    logger.info("template sync %s: %s", run.pk, dict(tally))
    follow_submitted(now=run.finished_at)
    return run


def request_sync(*, now: datetime) -> SyncRun | None:
    """Note that somebody asks for a read; None while one is under way.

    The caller hands the run's id to the task.
    """
    under_way = SyncRun.objects.filter(
        finished_at=None, started_at__range=(now - LONGEST_READ, now)
    )
    return None if under_way.exists() else SyncRun.objects.create(started_at=now)


def _finish_complete_read(run: SyncRun, tally: Counter[str], now: datetime) -> None:
    unseen = Template.objects.filter(gone_at=None, spoki_id__isnull=False).exclude(
        versions__last_seen_at__gte=now
    )
    # An account whose templates all vanish at once is more likely another account's key.
    if not tally.total() and unseen.exists():
        run.error = SyncRun.Error.EMPTY
        return
    tally["gone"] = unseen.update(gone_at=now)


def _error_of(error: spoki.SpokiError) -> SyncRun.Error:
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), SyncRun.Error.REFUSED)
