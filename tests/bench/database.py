"""A database of its own for a bench, made and thrown away around it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.test.utils import get_runner


@contextmanager
def fresh_database() -> Iterator[None]:
    """Create the bench's database, migrate it, and drop it at the end."""
    from django.conf import settings

    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        yield
    finally:
        from django.db import connections

        connections.close_all()
        runner.teardown_databases(old)


def prepare() -> None:
    """Set Django up as the test suite does, on the embedded database unless one is given."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("TEST_DATABASE", "bench")
    import django

    from config import embedded

    if not os.environ.get("DATABASE_URL"):
        embedded.hold(embedded.Postgres(embedded.folder()))
    django.setup()
