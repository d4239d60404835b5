"""How long a statement may take while a person waits for its answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class OutOfPatience(Exception):
    """A statement took longer than it was given."""


@contextmanager
def at_most(milliseconds: int) -> Iterator[None]:
    """Give each statement of the block so long; what the block wrote is undone if one takes longer.

    :raises OutOfPatience: one took longer.
    """
    try:
        with transaction.atomic():
            before = _allow(str(milliseconds))
            yield
            _allow(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise OutOfPatience from error
        raise


def _allow(timeout: str) -> str:
    """Set what a statement may take in this transaction; returns what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before: str = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [timeout])
        return before
