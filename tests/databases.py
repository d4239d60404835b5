"""The database of each process of a run: migrated once, by whoever comes first, and copied by the others."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Have the database of this process copied from the run's model, made here unless it is there.

    A process that runs alone, or keeps its database, migrates its own.
    """
    if not hasattr(request.config, "workerinput") or django_db_keepdb:
        yield
        return
    entry = settings.DATABASES["default"]["TEST"]
    model = f"{entry['NAME'].rpartition('_')[0]}_model"
    # The folder above each process's own is the run's.
    run = tmp_path_factory.getbasetemp().parent
    with _alone(run), django_db_blocker.unblock():
        is_maker = not _ready(run).exists()
        if is_maker:
            _migrate(model)
            _ready(run).touch()
    entry["TEMPLATE"] = model
    yield
    if is_maker:
        with _alone(run), django_db_blocker.unblock():
            _ready(run).unlink()
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{model}"')


def _ready(run: Path) -> Path:
    return run / "model-of-databases.ready"


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    """Let one process of the run at a time do what follows."""
    with (run / "model-of-databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(name: str) -> None:
    """Make the database `name` as every test's is made, whatever was there before."""
    entry = connection.settings_dict
    before, own = entry["NAME"], entry["TEST"]["NAME"]
    entry["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        entry["NAME"], entry["TEST"]["NAME"] = before, own
