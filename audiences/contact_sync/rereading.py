"""Reading single contacts again, as asked by webhooks and by doubts."""

from datetime import timedelta

from django.db.models import F

import spoki
from audiences.contact_sync import fields, pace, runs
from audiences.contact_sync.pace import Budget, Call
from audiences.contact_sync.pulling import mark_gone, take_in
from audiences.models import ContactSyncRun, ContactToRead

# So many at once are read faster by pages: a hundred contacts a call.
MANY = 500
SWEEP_AGAIN_AFTER = timedelta(hours=1)
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8


def read_contacts_again(*, gateway: spoki.SpokiGateway, budget: Budget) -> ContactSyncRun | None:
    """Read the contacts that were asked for; None when there are none, or a full read is better.

    Never raises for an error of Spoki: what could not be read is tried again later.
    """
    due = ContactToRead.objects.filter(due_at__lte=budget.clock())
    if not due.exists() or _is_left_to_a_sweep(due.count(), budget=budget):
        return None
    run = runs.open_run(ContactSyncRun.Kind.NEWS, now=budget.clock())
    codes = fields.known_codes_kept() or []
    try:
        while request := _claim(budget):
            calls = 1 if request.spoki_id is not None else 2
            if not budget.turn(Call.READ, calls=calls):
                _give_back(request, budget=budget)
                break
            _read(request, run, codes, gateway=gateway, budget=budget)
    except spoki.SpokiError as error:
        now = budget.clock()
        pace.freeze(Call.READ, seconds=error.retry_after, now=now)
        runs.note_trouble(run, error, now=now)
        return runs.finish(run, now=now, error=runs.error_of(error))
    return runs.finish(run, now=budget.clock())


def _is_left_to_a_sweep(waiting: int, *, budget: Budget) -> bool:
    if waiting < MANY:
        return False
    if runs.unfinished(ContactSyncRun.Kind.SWEEP) is not None:
        return True
    now = budget.clock()
    sweeps = ContactSyncRun.objects.filter(kind=ContactSyncRun.Kind.SWEEP)
    if sweeps.filter(started_at__gt=now - SWEEP_AGAIN_AFTER).exists():
        return False
    runs.open_run(ContactSyncRun.Kind.SWEEP, now=now)
    return True


def _claim(budget: Budget) -> ContactToRead | None:
    """Take the request that waits longest; another worker passes it over for some minutes."""
    now = budget.clock()
    while True:
        request = ContactToRead.objects.filter(due_at__lte=now).order_by("due_at", "pk").first()
        if request is None:
            return None
        mine = ContactToRead.objects.filter(pk=request.pk, due_at=request.due_at)
        if mine.update(due_at=now + LEASE, attempts=F("attempts") + 1):
            return request


def _give_back(request: ContactToRead, *, budget: Budget) -> None:
    ContactToRead.objects.filter(pk=request.pk, asked_at=request.asked_at).update(
        due_at=budget.clock(), attempts=request.attempts
    )


def _read(
    request: ContactToRead,
    run: ContactSyncRun,
    codes: list[str],
    *,
    gateway: spoki.SpokiGateway,
    budget: Budget,
) -> None:
    read_at = budget.clock()
    try:
        found = _fetch(request, gateway)
    except spoki.SpokiNotFound:
        found = []
        if request.spoki_id is not None and mark_gone(spoki_id=request.spoki_id, now=read_at):
            runs.count(run, {"gone": 1}, now=read_at)
    except spoki.SpokiError as error:
        if request.attempts + 1 >= MOST_ATTEMPTS and not error.retryable:
            request.delete()
        raise
    now = budget.clock()
    figures = take_in(found, codes=codes, read_at=read_at, now=now)
    runs.count(run, {**figures, "calls": 1 if request.spoki_id is not None else 2}, now=now)
    # Asked again while it was read: it stays, and is due.
    ContactToRead.objects.filter(pk=request.pk, asked_at=request.asked_at).delete()


def _fetch(request: ContactToRead, gateway: spoki.SpokiGateway) -> list[spoki.Contact]:
    if request.spoki_id is not None:
        return [gateway.contact(request.spoki_id)]
    return list(gateway.contacts(phone=request.phone))
