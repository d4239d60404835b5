"""One repeatable statement in one trip to the database: for addresses that other systems deliver to, all day long."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection


def fetch_one(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run `statement` on this thread's kept connection and return its first row; None without one.

    Django asks a kept connection at each request whether it lives, which costs another trip. Here the statement
    itself asks: where the connection turns out to be dead it is made anew and the statement run once more, so it must
    be one that does no harm twice (ON CONFLICT DO NOTHING). Values go beside the statement, files as they are.

    :raises OperationalError, InterfaceError: the database is away, or refused the statement.
    """
    if connection.in_atomic_block:
        return _run(statement, values)
    connection.health_check_done = True  # type: ignore[attr-defined] # missing in the stubs
    try:
        return _run(statement, values)
    except (OperationalError, InterfaceError):
        if connection.connection is not None and not connection.connection.closed:
            raise
        connection.close()
        return _run(statement, values)


def _run(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()
