"""The database of each process of a run: migrated once and copied, and emptied where a test wrote to it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from tests.addresses import database_url

# Tables that are not empty after a flush, with a digest of what is in them.
Made = dict[str, str]


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
            _command(f'DROP DATABASE "{model}"')


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


@pytest.fixture
def copied(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a database just migrated, for an application that a test starts.

    To migrate one of its own would take it twenty seconds of a core.
    """
    own = connection.settings_dict["NAME"]
    model = connection.settings_dict["TEST"].get("TEMPLATE") or own
    name = f"{own}_copied"
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with django_db_blocker.unblock():
        connection.close()
        _command(drop)
        _command(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
    yield database_url(name)
    with django_db_blocker.unblock():
        _command(drop)


def _command(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def _emptied_where_written() -> Iterator[None]:
    """Flush after the first test that commits; after the others empty what they wrote to.

    A flush empties all hundred tables and makes Django's permissions anew: a third of a second of a core.
    """
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined] # not in its stubs
    made = Made()

    def empty_or_flush(test_case: TransactionTestCase) -> None:
        if not (made and empty(made)):
            flush(test_case)
            made.clear()
            made.update(what_is_there())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_or_flush)
        yield


def what_is_there() -> Made:
    """Return every table that is not empty, with a digest of its rows."""
    with connection.cursor() as cursor:
        return _digests(cursor, _written(cursor, _tables()))


def empty(made: Made) -> bool:
    """Empty every table but those of `made`; False, and nothing is done, where that is not enough.

    Like a flush it waits for whoever still writes. It is not enough where rows of `made` were changed,
    and not possible for a user of PostgreSQL who may not switch triggers off.
    """
    tables = [table for table in _tables() if table not in made]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"LOCK TABLE {', '.join(map(_quoted, _tables()))}")
            if _digests(cursor, list(made)) != made:
                return False
            for table in _written(cursor, tables):
                cursor.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608 - our own tables
    except ProgrammingError:
        return False
    return True


def _tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(include_views=False))


def _written(cursor: Any, tables: list[str]) -> list[str]:
    """Return those that are not empty."""
    asked = [
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {_quoted(table)})"  # noqa: S608 - our own tables
        for table in tables
    ]
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]


def _digests(cursor: Any, tables: list[str]) -> Made:
    digests = Made()
    for table in tables:
        cursor.execute(
            f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {_quoted(table)} t"  # noqa: S608
        )
        digests[table] = cursor.fetchone()[0]
    return digests


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
