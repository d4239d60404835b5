"""New rows by COPY: an INSERT of some hundred rows costs more to be spelled out than to be carried out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models
from psycopg import sql

_Read = Callable[[models.Model], object]


def copy_in(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, as `bulk_create` would; each has its primary key then.

    What they point at must be saved. A column that only the database has a default for must be set.

    :raises django.db.DatabaseError: they were not accepted; none is there.
    """
    if not rows:
        return
    for row, pk in zip(rows, _next_keys(type(rows[0]), len(rows)), strict=True):
        row.pk = pk
    fields = rows[0]._meta.concrete_fields
    columns: list[sql.Composable] = [sql.Identifier(str(field.column)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(rows[0]._meta.db_table),
        sql.SQL(", ").join(columns),
    )
    readers = [_reader(field) for field in fields]
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row([read(row) for read in readers])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _next_keys(model: type[models.Model], count: int) -> list[int]:
    """Draw primary keys, as INSERT would draw them."""
    key = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', key.column, count],
        )
        return [drawn for (drawn,) in cursor.fetchall()]


def _reader(field: models.Field[Any, Any]) -> _Read:
    """Return what reads the field's value from a row, as COPY takes it."""
    name = field.attname
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        return lambda row: field.pre_save(row, add=True)
    if isinstance(field, models.JSONField):
        encoder = field.encoder
        return lambda row: json.dumps(getattr(row, name), cls=encoder)
    return attrgetter(name)
