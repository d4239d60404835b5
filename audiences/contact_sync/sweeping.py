"""Reading every contact of Spoki page by page, to be gone on with after any stop.

The list moves while it is read, so a contact may slip between two pages: whoever was not seen is read
by its id, and only a clear "not found" of Spoki makes it gone.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

import spoki
from audiences.contact_sync import conflicts, fields, pace, requests, runs
from audiences.contact_sync.pace import Budget, Call
from audiences.contact_sync.pulling import take_in
from audiences.models import ContactSyncRun, ContactToRead, SpokiContact

Error = ContactSyncRun.Error

NIGHT = ZoneInfo("Europe/Rome")
NIGHT_HOURS = range(1, 6)
EVERY = timedelta(hours=20)
FIRST_READ = timedelta(hours=1)
MOST_PAGES = 10_000
# More contacts missing than this share (or number) is another account's key, or a fault of the list.
MOST_GONE_SHARE = 0.2
MOST_GONE = 50


def is_sweep_due(*, now: datetime) -> bool:
    """Say whether it is night in Italy and none was begun since the last one, or one is unfinished."""
    if runs.unfinished(ContactSyncRun.Kind.SWEEP) is not None:
        return True
    last = ContactSyncRun.objects.filter(kind=ContactSyncRun.Kind.SWEEP).order_by("-started_at")
    began = last.values_list("started_at", flat=True).first()
    is_night = now.astimezone(NIGHT).hour in NIGHT_HOURS
    return is_night and (began is None or now - began > EVERY)


def is_first_read_awaited(*, now: datetime) -> bool:
    """Say whether a push should wait for a first read that is under way.

    What Spoki already knows needs no push, but only a read shows it. None is begun for that: a read
    brings in people whom only Spoki knows, so the night or a person decides about it. A read that
    does not come to its end holds nothing up for long.
    """
    sweeps = ContactSyncRun.objects.filter(kind=ContactSyncRun.Kind.SWEEP)
    first = sweeps.order_by("started_at").first()
    was_read = sweeps.filter(finished_at__isnull=False, error="").exists()
    return first is not None and not was_read and now - first.started_at < FIRST_READ


def sweep_contacts(*, gateway: spoki.SpokiGateway, budget: Budget) -> ContactSyncRun:
    """Begin a full read, or go on with the unfinished one, while `budget` gives turns.

    Never raises for an error of Spoki: the run says it, and what was read is kept.
    """
    run = runs.open_run(ContactSyncRun.Kind.SWEEP, now=budget.clock())
    codes = fields.known_codes_kept() or []
    try:
        while run.finished_at is None and budget.turn(Call.READ):
            _read_page(run, codes, gateway=gateway, budget=budget)
            run.refresh_from_db()
    except spoki.SpokiError as error:
        now = budget.clock()
        pace.freeze(Call.READ, seconds=error.retry_after, now=now)
        runs.note_trouble(run, error, now=now)
        run.refresh_from_db()
    return run


def _read_page(
    run: ContactSyncRun, codes: list[str], *, gateway: spoki.SpokiGateway, budget: Budget
) -> None:
    number, read_at = run.position + 1, budget.clock()
    page = _page(gateway, number)
    now = budget.clock()
    figures = take_in(page.contacts, codes=codes, read_at=read_at, now=now)
    figures["skipped"] += page.unreadable_count
    # Another worker may have read the same page: the first one counts it.
    moved = ContactSyncRun.objects.filter(pk=run.pk, position=run.position, finished_at=None)
    if not moved.update(position=F("position") + 1):
        return
    runs.count(run, {**figures, "calls": 1}, now=now)
    if not page.has_more:
        _finish(run, now=now)
    elif number >= MOST_PAGES:
        runs.finish(run, now=now, error=Error.UNREADABLE)


def _page(gateway: spoki.SpokiGateway, number: int) -> spoki.ContactPage:
    try:
        return gateway.contact_page(page=number)
    except spoki.SpokiNotFound:
        if number == 1:
            raise
        # The list became shorter while it was read.
        return spoki.ContactPage()


def _finish(run: ContactSyncRun, *, now: datetime) -> None:
    run.refresh_from_db()
    alive = SpokiContact.objects.filter(gone_at=None)
    unseen = alive.filter(read_at__lt=run.started_at)
    missing, everybody = unseen.count(), alive.count()
    error = ""
    if missing and not run.pulled:
        error = Error.EMPTY
    elif missing > max(MOST_GONE, everybody * MOST_GONE_SHARE):
        error = Error.TOO_MANY_GONE
    else:
        for spoki_id in unseen.values_list("spoki_id", flat=True):
            requests.ask_again(spoki_id=spoki_id, now=now)
    if not error:
        # Whatever was asked before the read began is answered by it.
        ContactToRead.objects.filter(asked_at__lt=run.started_at).delete()
    runs.finish(run, now=now, error=error)
    runs.forget_old(now=now)
    conflicts.forget_old(now=now)
