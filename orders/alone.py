"""Work that only one process does at a time, over many transactions and HTTP in between.

The lock is the session's, so whoever dies gives it back; nothing is held open meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# First halves of the keys of advisory locks; the second is made of the name.
ACCESS = 7_421_101
RECONCILING = 7_421_102
IMPORTING = 7_421_103


@contextmanager
def alone(work: int, name: str) -> Iterator[bool]:
    """Whether nobody else is at this work on what is called `name`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [work, name])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [work, name])
