"""Reading all templates from Spoki: idempotent, and never destructive."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.contrib.auth.models import User
from django.db import DataError
from django.utils import timezone

import spoki
from templates_sync import runs
from templates_sync.models import SyncFinding, SyncRun, Template
from templates_sync.staging.following import follow_submitted
from templates_sync.storing import Found, Stored, doubt, store_template

logger = logging.getLogger(__name__)
Kind = SyncFinding.Kind

# Spoki's list moves while it is read, so what it did not show is asked for by itself: so many in
# one read, within the about sixty calls a minute that Spoki allows. The rest follow in the next.
MOST_LOOKS = 30
# How often a read says that it lives, in templates.
_SIGN_OF_LIFE = 20
# Where Spoki does not say how long to leave it alone.
PAUSE_UNSAID = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)

_ERRORS: tuple[tuple[type[spoki.SpokiError], SyncRun.Error], ...] = (
    (spoki.SpokiAuthError, SyncRun.Error.KEY_REFUSED),
    (spoki.SpokiThrottled, SyncRun.Error.THROTTLED),
    (spoki.SpokiProtocolError, SyncRun.Error.UNREADABLE),
    (spoki.SpokiUnreachable, SyncRun.Error.UNREACHABLE),
    (spoki.SpokiServerError, SyncRun.Error.UNREACHABLE),
)


class TemplateSource(Protocol):
    """The part of the gateway that a read needs. `patience` is in seconds, see the client."""

    def templates(self, *, patience: float = 0.0) -> Iterator[spoki.Template]: ...
    def template(self, id: int, *, patience: float = 0.0) -> spoki.Template: ...


@dataclass(slots=True)
class _Reading:
    """One read under way: `failed` are the ids that are there but cannot be read or kept."""

    run: SyncRun
    source: TemplateSource
    now: datetime
    clock: Callable[[], datetime]
    patience: float
    tally: Counter[str] = field(default_factory=Counter)
    failed: set[int] = field(default_factory=set)
    # The rows of the list that could not be read: where, and what was wrong.
    unread_rows: list[str] = field(default_factory=list)


def sync_templates(
    *,
    gateway: TemplateSource,
    now: datetime,
    run: SyncRun | None = None,
    clock: Callable[[], datetime] = timezone.now,
    patience: timedelta = timedelta(0),
) -> SyncRun:
    """Read every template and store what is new; mark as gone what a complete read did not show.

    Never raises for an error of Spoki: the run that is returned says it, with what was not read;
    what was read before is kept, and nothing is marked gone. A row that cannot be read is named in
    the detail of a complete run and hides none of the others. `now` is the moment of the read for
    freshness; `clock` only dates its signs of life and its end. `run` is one that the caller has
    claimed. Where Spoki asks to slow down it is waited for, but no longer than `patience` in all.
    """
    if run is None:
        run = runs.open_run(trigger=SyncRun.Trigger.SCHEDULE, now=now)
        runs.claim(run, now=now)
    reading = _Reading(run, gateway, now, clock, patience.total_seconds())
    error, detail, retry_at = SyncRun.Error.NONE, "", None
    try:
        _read_list(reading)
        error = _settle_missing(reading)
        detail = ", ".join(reading.unread_rows)
    except spoki.SpokiError as trouble:
        error, detail, retry_at = _error_of(trouble), str(trouble), _retry_at(trouble, clock())
        logger.warning("template sync stopped: %s", trouble)
    unread = runs.not_seen(since=now)
    run = runs.finish(
        run,
        reading.tally,
        now=clock(),
        unread=unread,
        error=error,
        detail=detail,
        retry_at=retry_at,
    )
    logger.info("template sync %s: %s", run.pk, dict(reading.tally))
    follow_submitted(now=clock())
    runs.forget_old(now=now)
    return run


def request_sync(*, now: datetime, by: User | None = None) -> SyncRun | None:
    """Note that a person asks for a read; None while one is under way.

    The caller then wakes a worker.
    """
    run = runs.open_run(trigger=SyncRun.Trigger.PERSON, now=now, by=by)
    is_ours = run.started_at == now and run.by_id == (by.pk if by else None)
    return run if is_ours or not runs.is_taken_up(run, now=now) else None


def _read_list(reading: _Reading) -> None:
    listed = reading.source.templates(patience=reading.patience)
    try:
        for count, read in enumerate(listed, start=1):
            _keep(reading, read)
            if count % _SIGN_OF_LIFE == 0:
                runs.note(reading.run, reading.tally, now=reading.clock())
    except spoki.SpokiRowsUnreadable as rest:
        logger.warning("templates: %d rows cannot be read", len(rest.rows))
        for row in rest.rows:
            reading.unread_rows.append(str(row))
            _doubt(reading, row.id, row.raw)


def _doubt(reading: _Reading, spoki_id: int | None, raw: Any) -> None:
    """Count what Spoki has and nobody can read, and hold what we know of it: it is there, not gone."""
    reading.tally["unreadable"] += 1
    if spoki_id is not None:
        reading.failed.add(spoki_id)
        doubted = doubt(spoki_id=spoki_id, raw=_without_zeros(raw), now=reading.now)
        runs.keep_findings(reading.run, doubted)


def _keep(reading: _Reading, read: spoki.Template) -> None:
    """Store one template; one that the database does not take hides none of the others."""
    try:
        stored = store_template(read=read, now=reading.now)
    except (DataError, ValueError) as odd:
        # A text with a zero byte, a language of a hundred letters: its words stay out of the log.
        logger.warning("template %s cannot be kept: %s", read.id, type(odd).__name__)
        reading.failed.add(read.id)
        languages = max(1, len(read.localizations) + len(read.problems))
        doubted = doubt(spoki_id=read.id, raw=_without_zeros(read.raw), now=reading.now)
        stored = Stored(Counter(unreadable=languages), doubted)
    reading.tally.update(stored.tally)
    runs.keep_findings(reading.run, stored.found)


def _without_zeros(value: Any) -> Any:
    """Return JSON without the zero bytes that the database does not take."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_zeros(inner) for inner in value]
    if isinstance(value, Mapping):
        return {_without_zeros(key): _without_zeros(inner) for key, inner in value.items()}
    return value


def _settle_missing(reading: _Reading) -> SyncRun.Error:
    """Mark as gone what the list did not show and Spoki, asked for it, does not have."""
    missing = _missing(reading)
    # An account whose templates all vanish at once is more likely another account's key.
    if missing and not reading.tally.total():
        return SyncRun.Error.EMPTY
    by_id = list(dict.fromkeys(template.spoki_id for template in missing if template.spoki_id))
    for spoki_id in by_id[:MOST_LOOKS]:
        _look_for(reading, spoki_id)
        runs.note(reading.run, reading.tally, now=reading.clock())
    return SyncRun.Error.NONE


def _missing(reading: _Reading) -> Sequence[Template]:
    unseen = Template.objects.filter(pk__in=runs.not_seen(since=reading.now))
    return list(unseen.exclude(spoki_id__in=reading.failed).order_by("spoki_id", "language"))


def _look_for(reading: _Reading, spoki_id: int) -> None:
    try:
        read = reading.source.template(spoki_id, patience=reading.patience)
    except spoki.SpokiNotFound:
        pass
    except spoki.SpokiProtocolError as odd:
        if not odd.field.startswith("template."):
            raise
        _doubt(reading, spoki_id, {"unreadable": odd.field})
    else:
        _keep(reading, read)
    # What is still unseen is not there: the template, or one of its languages.
    gone = [template for template in _missing(reading) if template.spoki_id == spoki_id]
    Template.objects.filter(pk__in=[template.pk for template in gone]).update(gone_at=reading.now)
    runs.keep_findings(reading.run, [Found(template.pk, Kind.GONE) for template in gone])
    reading.tally["gone"] += len(gone)


def _error_of(error: spoki.SpokiError) -> SyncRun.Error:
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), SyncRun.Error.REFUSED)


def _retry_at(error: spoki.SpokiError, now: datetime) -> datetime | None:
    """Return until when to leave Spoki alone, None where it did not ask for it."""
    if not isinstance(error, spoki.SpokiThrottled):
        return None
    asked = PAUSE_UNSAID if error.retry_after is None else timedelta(seconds=error.retry_after)
    return now + min(asked, LONGEST_PAUSE)
