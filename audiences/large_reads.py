"""How PostgreSQL is to work while it judges everybody: its usual settings are for small statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# Sets of people are looked up in memory: where one does not fit PostgreSQL reads it again for each person.
# Compiling a statement to machine code costs more than it gains when each runs once.
# Nor does one count take several processors from the sender: each helper would group all orders once more.
_SETTINGS = {"jit": "off", "max_parallel_workers_per_gather": "0"}


@contextmanager
def large_read(*, work_mem: str = "64MB") -> Iterator[None]:
    """Run the block in a transaction with these settings, and set them back.

    `work_mem` is what one step may hold in memory, in PostgreSQL's words.
    """
    with transaction.atomic(savepoint=False):
        before = _set({"work_mem": work_mem, **_SETTINGS})
        yield
        _set(before)


def _set(settings: dict[str, str]) -> dict[str, str]:
    """Change settings until the transaction ends; returns what they were."""
    shown = ", ".join("current_setting(%s), set_config(%s, %s, true)" for _name in settings)
    given = [part for name, value in settings.items() for part in (name, name, value)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {shown}", given)
        return dict(zip(settings, cursor.fetchone()[::2], strict=True))
