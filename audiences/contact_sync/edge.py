"""Where the outside world comes in: the clock is read and the client built, for every caller."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

import spoki
from audiences.contact_sync import runs
from audiences.contact_sync.pace import Budget
from audiences.contact_sync.pushing import push_contacts, push_urgent_contacts
from audiences.contact_sync.rereading import read_contacts_again
from audiences.contact_sync.sweeping import is_first_read_awaited, is_sweep_due, sweep_contacts
from audiences.models import ContactSyncRun

# A background task gives its worker back soon, for others wait: beat comes again every minute.
PUSH_TURN = timedelta(seconds=6)
READ_TURN = timedelta(seconds=8)


def push_now(*, patience: timedelta | None = PUSH_TURN) -> ContactSyncRun:
    """Push differences; `patience` None means until all is done."""
    with _gateway() as gateway:
        return push_contacts(gateway=gateway, budget=budget(patience))


def begin_push() -> ContactSyncRun | None:
    """Push differences; None while a first read of Spoki is under way."""
    return None if is_first_read_awaited(now=timezone.now()) else push_now()


def keep_pushing() -> ContactSyncRun | None:
    """Push what is urgent, and go on with an unfinished push; None when there is nothing to do."""
    if is_first_read_awaited(now=timezone.now()):
        return None
    if runs.unfinished(ContactSyncRun.Kind.PUSH) is not None:
        return push_now()
    with _gateway() as gateway:
        return push_urgent_contacts(gateway=gateway, budget=budget(PUSH_TURN))


def sweep_now(*, patience: timedelta | None = READ_TURN) -> ContactSyncRun:
    """Read all contacts; `patience` None means until all is done."""
    with _gateway() as gateway:
        return sweep_contacts(gateway=gateway, budget=budget(patience))


def keep_sweeping() -> ContactSyncRun | None:
    """Go on with an unfinished full read, or begin one at night; None when none is due."""
    return sweep_now() if is_sweep_due(now=timezone.now()) else None


def read_again_now(*, patience: timedelta | None = READ_TURN) -> ContactSyncRun | None:
    """Read the single contacts that were asked for."""
    with _gateway() as gateway:
        return read_contacts_again(gateway=gateway, budget=budget(patience))


def budget(patience: timedelta | None, *, wait: Callable[[float], object] | None = None) -> Budget:
    ends_at = None if patience is None else timezone.now() + patience
    return Budget(clock=timezone.now, wait=wait or Event().wait, ends_at=ends_at)


@contextmanager
def _gateway() -> Iterator[spoki.SpokiGateway]:
    with closing(import_string(settings.SPOKI_GATEWAY)()) as gateway:
        yield gateway
