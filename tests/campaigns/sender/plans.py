"""What statements cost: how many rows each step of their plans reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

Asked = list[tuple[str, Any]]


@contextmanager
def statements() -> Iterator[Asked]:
    """Collect what is asked of the database meanwhile, each statement with its values."""
    asked: Asked = []

    def listen(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield asked


def rows_read(sql: str, params: Any) -> list[float]:
    """Return how many rows each step of the statement's plan brought in all its loops."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
        transaction.set_rollback(True)
    plan = json.loads(found) if isinstance(found, str) else found
    return list(_steps(plan[0]["Plan"]))


def _steps(node: dict[str, Any]) -> Iterator[float]:
    yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    for below in node.get("Plans", []):
        yield from _steps(below)
