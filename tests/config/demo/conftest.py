"""The demo's data at its smallest scale."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from config import roles
from config.demo.load import DemoSummary, load_demo
from tests.conftest import NOW


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker) -> Iterator[DemoSummary]:
    """A database just filled by the demo, for all tests of a file: what each changes is taken back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        roles.sync_roles()
        yield load_demo(scale="small", now=NOW)
        transaction.set_rollback(True)


@pytest.fixture
def demo(filled: DemoSummary, db) -> DemoSummary:
    """A database just filled by the demo."""
    return filled
