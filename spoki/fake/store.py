"""Rows in memory, as Spoki writes them, behind the programmed answers of the fake."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, TypeVar

from spoki.exceptions import SpokiNotFound
from spoki.fake.script import Script

_T = TypeVar("_T")
Row = dict[str, Any]


class Store(Script):
    """One call each: take the programmed turn, or do the usual thing with the rows."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(9001)

    def _do(self, operation: str, usual: Callable[[], _T], phone: str | None = None) -> _T:
        turn = self.turn(operation, phone)
        if turn is None:
            with self.lock:
                return usual()
        if isinstance(turn.outcome, Exception):
            raise turn.outcome
        answer: _T = turn.outcome
        return answer

    def _rows(
        self, operation: str, rows: Mapping[int, Row], reader: Callable[[object], _T]
    ) -> Iterator[_T]:
        turn = self.turn(operation)
        if turn is not None and not isinstance(turn.outcome, Exception):
            yield from turn.outcome
            return
        with self.lock:
            chosen = [reader(row) for row in rows.values()]
        if turn is None:
            yield from chosen
        else:
            yield from chosen[: turn.after]
            raise turn.outcome

    def _row(
        self, operation: str, rows: dict[int, Row], id: int, reader: Callable[[object], _T]
    ) -> _T:
        return self._do(operation, lambda: reader(self._need(operation, rows, id)))

    def _need(self, operation: str, rows: dict[int, Row], id: int) -> Row:
        if id not in rows:
            raise SpokiNotFound(operation, status=404)
        return rows[id]

    def _remove(self, operation: str, rows: dict[int, Row], id: int) -> None:
        self._do(operation, lambda: rows.pop(int(self._need(operation, rows, id)["id"])))

    def _store(self, rows: dict[int, Row], payload: Row, reader: Callable[[object], _T]) -> _T:
        rows[payload["id"]] = payload
        return reader(payload)
