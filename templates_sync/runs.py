"""The log of reads: opened once, held by whoever reads, closed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from templates_sync.models import SyncFinding, SyncRun, Template
from templates_sync.storing import Found

# Between two signs of life lies one call of Spoki, its repetitions and waits included.
LONGEST_SILENCE = timedelta(minutes=5)
# A worker takes up at once what is asked for; later nobody is there to take it.
TAKEN_UP_WITHIN = timedelta(minutes=1)
# Reads that found something are kept, so are the last ones; the others come every few minutes.
KEPT = timedelta(days=180)
KEPT_EMPTY = timedelta(days=2)
MOST_NAMED = 50
FIGURES = ("new", "changed", "unchanged", "unreadable", "gone")


def open_run(*, trigger: SyncRun.Trigger, now: datetime, by: User | None = None) -> SyncRun:
    """Return the unfinished read, or a new one. One whose worker has died is closed first."""
    close_lost(now=now)
    found = unfinished()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return SyncRun.objects.create(started_at=now, trigger=trigger, by=by)
    except IntegrityError:
        # Another was faster.
        return unfinished() or open_run(trigger=trigger, now=now, by=by)


def unfinished() -> SyncRun | None:
    return SyncRun.objects.filter(finished_at=None).first()


def latest_run() -> SyncRun | None:
    """Return the last read, or the one that is under way."""
    return SyncRun.objects.order_by("-started_at", "-pk").first()


def close_lost(*, now: datetime) -> None:
    """Close the read whose worker died; what it had stored is kept."""
    SyncRun.objects.filter(finished_at=None, reading_until__lt=now).update(
        finished_at=F("reading_until"), error=SyncRun.Error.INTERRUPTED
    )


def claim(run: SyncRun, *, now: datetime) -> bool:
    """Take `run` to read it; False when somebody else has it, or it is over."""
    taken = SyncRun.objects.filter(pk=run.pk, finished_at=None, reading_until=None).update(
        started_at=now, reading_until=now + LONGEST_SILENCE
    )
    run.refresh_from_db()
    return taken == 1


def is_taken_up(run: SyncRun, *, now: datetime) -> bool:
    """Return whether a worker reads it, or will in a moment."""
    return run.reading_until is not None or now - run.started_at <= TAKEN_UP_WITHIN


def spoki_asks_to_wait(*, now: datetime) -> datetime | None:
    """Return until when Spoki has asked to be left alone, None when it has not."""
    last = SyncRun.objects.filter(finished_at__isnull=False).order_by("-started_at", "-pk").first()
    asked = last.retry_at if last else None
    return asked if asked and asked > now else None


def note(run: SyncRun, figures: Mapping[str, int], *, now: datetime) -> None:
    """Write how far it is, and that it lives."""
    values = {name: figures.get(name, 0) for name in FIGURES}
    SyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        reading_until=now + LONGEST_SILENCE, **values
    )


def keep_findings(run: SyncRun, found: Iterable[Found]) -> None:
    """Keep what was found about single templates."""
    SyncFinding.objects.bulk_create(
        SyncFinding(
            run=run,
            template_id=one.template_id,
            kind=one.kind,
            was=one.was[:512],
            became=one.became[:512],
        )
        for one in found
    )


def finish(
    run: SyncRun,
    figures: Mapping[str, int],
    *,
    now: datetime,
    unread: Iterable[int] = (),
    error: str = "",
    detail: str = "",
    retry_at: datetime | None = None,
) -> SyncRun:
    """Close the read, once. `unread` are the ids of the templates that it has not seen."""
    missed = list(unread)
    values = {name: figures.get(name, 0) for name in FIGURES}
    SyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        finished_at=max(now, run.started_at),
        error=error,
        error_detail=detail[:300],
        retry_at=retry_at,
        unread=len(missed),
        unread_templates=missed[:MOST_NAMED],
        **values,
    )
    run.refresh_from_db()
    return run


def forget_old(*, now: datetime) -> None:
    """Delete reads that nobody will look up any more; the newest, and the newest good one, stay."""
    done = SyncRun.objects.filter(finished_at__isnull=False)
    newest = [
        done.order_by("-started_at", "-pk").first(),
        done.filter(error="").order_by("-started_at", "-pk").first(),
    ]
    old = done.exclude(pk__in=[run.pk for run in newest if run])
    old.filter(started_at__lt=now - KEPT).delete()
    old.filter(started_at__lt=now - KEPT_EMPTY, findings=None, error="").delete()


def not_seen(*, since: datetime) -> list[int]:
    """Return the ids of the templates Spoki should have that no read has seen from `since` on."""
    seen = Q(versions__last_seen_at__gte=since)
    found = Template.objects.filter(gone_at=None, spoki_id__isnull=False).exclude(seen)
    return list(found.order_by("spoki_id", "language").values_list("pk", flat=True))
