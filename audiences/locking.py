"""Locks of two people at once, so that whoever merges never keeps the sender waiting, nor in a deadlock."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from audiences.models import Contact

# Far below PostgreSQL's own look for deadlocks (a second): whoever merges gives way, never the sender.
PATIENCE_MS = 300


class Busy(Exception):
    """Somebody else is just at work on the same person; nothing was changed."""


@contextmanager
def impatient() -> Iterator[None]:
    """A transaction in which no lock is waited for longer than a moment.

    :raises Busy: somebody had a row for longer; everything is rolled back.
    """
    try:
        with transaction.atomic():
            before = _lock_timeout(f"{PATIENCE_MS}ms")
            yield
            _lock_timeout(before)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise Busy from error
        raise


def lock_contacts(ids: Iterable[int]) -> dict[int, Contact]:
    """Lock these contacts in the order of their ids, as everybody does; those that exist, by id."""
    found = Contact.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    return {contact.pk: contact for contact in found}


def _lock_timeout(value: str) -> str:
    """Set it for this transaction; return what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        before = str(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [value])
    return before
