"""Databases for the bench: one is migrated, each row gets a copy of it, thrown away after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from django.test.utils import get_runner
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def prepare() -> None:
    """Set Django up as the test suite does, on the embedded database unless one is given."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("TEST_DATABASE", "bench")
    import django

    from config import embedded

    if not os.environ.get("DATABASE_URL"):
        embedded.hold(embedded.Postgres(embedded.folder()))
    django.setup()


@contextmanager
def template_database() -> Iterator[str]:
    """Migrate the database that every row copies, and drop it at the end; its name."""
    from django.conf import settings
    from django.db import connection

    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    name = str(connection.settings_dict["NAME"])
    connection.close()
    try:
        yield name
    finally:
        runner.teardown_databases(old)


@contextmanager
def copied_database(template: str, name: str) -> Iterator[None]:
    """Let Django work on a fresh copy of `template`, called `name`, for the length of the block."""
    _command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _command("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        with database_named(name):
            yield
    finally:
        _command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def database_named(name: str) -> Iterator[None]:
    """Let Django work on the database `name` for the length of the block."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@contextmanager
def connection_beside() -> Iterator[BaseDatabaseWrapper]:
    """A connection to the database Django works on now, for use when it works on another."""
    from django.db import DEFAULT_DB_ALIAS, connections

    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    beside.settings_dict = dict(connections[DEFAULT_DB_ALIAS].settings_dict)
    try:
        yield beside
    finally:
        beside.close()


@contextmanager
def working_through(beside: BaseDatabaseWrapper) -> Iterator[None]:
    """Let Django work through the connection `beside` for the length of the block."""
    from django.db import DEFAULT_DB_ALIAS, connections

    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = beside
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before


@contextmanager
def empty_database(name: str) -> Iterator[None]:
    """An empty database beside ours, for another product's tables."""
    _command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _command("CREATE DATABASE {}", name)
    try:
        yield
    finally:
        _command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def server(database: str = "postgres") -> psycopg.Connection:
    """Return a connection of its own, in autocommit, to `database` of the same server."""
    from django.db import connection

    given = connection.settings_dict
    return psycopg.connect(
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        dbname=database,
        autocommit=True,
    )


def durability() -> str:
    """Return the server's version and the settings that make a commit slow or fast."""
    with server() as connection:
        found = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), "
            "current_setting('synchronous_commit'), current_setting('shared_buffers')"
        ).fetchone()
    assert found is not None
    return "PostgreSQL {} (fsync {}, synchronous_commit {}, shared_buffers {})".format(*found)


def vacuum() -> None:
    """Leave the tables as they are at rest, so that no run pays for the one before."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _command(statement: str, *names: str) -> None:
    with server() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
