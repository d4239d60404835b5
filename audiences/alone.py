"""Work that only one process, or a few, do at a time, over many transactions and HTTP in between.

The lock is the session's, so whoever dies gives it back; nothing is held open meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection


@contextmanager
def alone(work: int, what: str | int) -> Iterator[bool]:
    """Whether nobody else is at this work on `what`. Each kind of work has a number of its own."""
    key = "%s, %s" if isinstance(what, int) else "%s, hashtext(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({key})", [work, what])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({key})", [work, what])


@contextmanager
def one_of(places: int, work: int) -> Iterator[bool]:
    """Whether fewer than so many are at this work: one of the places is kept for the length of the block."""
    with ExitStack() as held:
        yield any(held.enter_context(alone(work, place)) for place in range(places))
