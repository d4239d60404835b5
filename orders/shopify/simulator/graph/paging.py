"""Connections: pages by cursor, which hold still while the list behind them moves."""

import base64
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from graphql import GraphQLError

from orders.shopify.simulator.forms import Json

MOST = 250
# The value an item is sorted by, and its id for those that share the value.
Key = tuple[Any, int]


class Connection:
    """A list that GraphQL asks for in pages, and a bulk operation as a whole.

    `keys` gives what the items are sorted by, as they stand; `node` writes one of them.
    """

    def __init__(
        self,
        items: Sequence[Any] | Callable[[], Sequence[Any]],
        node: Callable[[Any], Json],
        *,
        key: Callable[[Any], Key] | None = None,
    ) -> None:
        """`items` may be a function: then they are found only where the query asks for them."""
        self._node = node
        self._found = items
        self._given_key = key

    def nodes(self) -> list[Json]:
        return [self._node(item) for item in self._items]

    @cached_property
    def _items(self) -> list[Any]:
        found = self._found() if callable(self._found) else self._found
        if self._given_key is None:
            places = {id(item): place for place, item in enumerate(found)}
            self._given_key = lambda item: ("", places[id(item)])
        return sorted(found, key=self._given_key)

    def _key(self, item: Any) -> Key:
        if self._given_key is None:
            raise LookupError("The items were not read yet.")
        return self._given_key(item)

    def __call__(self, _info: Any, **asked: Any) -> Json:
        """:raises GraphQLError: no size, two sizes, too large a one, or a cursor that is none."""
        items = self._items[::-1] if asked.get("reverse") else self._items
        rows = [(item, self._cursor(item)) for item in items]
        rows, is_cut_before = _after(rows, asked.get("after"), self._is_past(asked, "after"))
        if before := asked.get("before"):
            last = self._is_past({**asked, "after": before}, "after")
            rows = [row for row in rows if not last(row[0]) and row[1] != before]
        page, has_more, has_less = _cut(rows, asked)
        return {
            "edges": [{"cursor": cursor, "node": self._node(item)} for item, cursor in page],
            "nodes": [self._node(item) for item, _ in page],
            "pageInfo": {
                "hasNextPage": has_more,
                "hasPreviousPage": has_less or is_cut_before,
                "startCursor": page[0][1] if page else None,
                "endCursor": page[-1][1] if page else None,
            },
        }

    def _cursor(self, item: Any) -> str:
        value, number = self._key(item)
        raw = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
        return base64.b64encode(raw.encode()).decode()

    def _is_past(self, asked: Json, name: str) -> Callable[[Any], bool]:
        cursor = asked.get(name)
        if not cursor:
            return lambda _: True
        mark = _read(cursor)
        if asked.get("reverse"):
            return lambda item: self._key(item) < mark
        return lambda item: self._key(item) > mark


def _after(
    rows: list[tuple[Any, str]], cursor: str | None, is_past: Callable[[Any], bool]
) -> tuple[list[tuple[Any, str]], bool]:
    if not cursor:
        return rows, False
    kept = [row for row in rows if is_past(row[0])]
    return kept, len(kept) < len(rows)


def _cut(rows: list[tuple[Any, str]], asked: Json) -> tuple[list[tuple[Any, str]], bool, bool]:
    first, last = asked.get("first"), asked.get("last")
    if (first is None) == (last is None):
        words = "you must provide one of first or last"
        raise GraphQLError(
            words if first is None else "providing both first and last is not supported",
            extensions={"code": "BAD_REQUEST"},
        )
    size = first if first is not None else last or 0
    if not 0 <= size <= MOST:
        raise GraphQLError(
            f"{'first' if first is not None else 'last'} cannot exceed {MOST}",
            extensions={"code": "BAD_REQUEST"},
        )
    if first is not None:
        return rows[:size], len(rows) > size, False
    return (rows[-size:] if size else []), False, len(rows) > size


def _read(cursor: str) -> Key:
    try:
        held = json.loads(base64.b64decode(cursor, validate=True))
        return held["last_value"], held["last_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Invalid cursor", extensions={"code": "BAD_REQUEST"}) from error
