"""The kinds of calls that the API knows, over one transport: read, list, create, change, act."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from spoki.exceptions import SpokiError, SpokiProtocolError, SpokiRowsUnreadable, UnreadRow
from spoki.outcomes import Effect, error_of_shape
from spoki.paging import read_pages
from spoki.reading import as_int, as_object
from spoki.refusals import is_error, is_error_of_a_send
from spoki.transport import Patience, Transport

_T = TypeVar("_T")


class Calls:
    """Each method makes calls of one kind; `operation` names the call in errors."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.base_url = transport.base_url

    def close(self) -> None:
        self._transport.close()

    def get(
        self,
        operation: str,
        path: str,
        reader: Callable[[object], _T],
        query: Mapping[str, object] | None = None,
        *,
        patience: float = 0.0,
    ) -> _T:
        """Read one thing. `patience` as in `list`."""
        url = self._transport.url(path, query)
        payload = self._transport.call(
            operation, "GET", url, effect=Effect.READ, patience=Patience(patience)
        )
        return read(operation, reader, payload)

    def ask(
        self,
        operation: str,
        path: str,
        reader: Callable[[object], _T],
        query: Mapping[str, object] | None = None,
        *,
        within: float | None = None,
    ) -> _T:
        """Read one thing by a single call, whatever becomes of it; `within` as in `Transport.call`."""
        url = self._transport.url(path, query)
        payload = self._transport.call(
            operation, "GET", url, effect=Effect.READ, tries=1, within=within
        )
        return read(operation, reader, payload)

    def list(
        self,
        operation: str,
        path: str,
        reader: Callable[[object], _T],
        query: Mapping[str, object] | None = None,
        *,
        patience: float = 0.0,
    ) -> Iterator[_T]:
        """Read a list page by page, each row once; may raise half way.

        `patience` are the seconds that all pages together may wait where Spoki asks to slow down.

        A row that cannot be read hides none of the others: when all are read SpokiRowsUnreadable
        names it, so that nobody takes what was read for the whole.
        """

        shared = Patience(patience)

        def fetch(url: str) -> object:
            return self._transport.call(operation, "GET", url, effect=Effect.READ, patience=shared)

        unread: list[UnreadRow] = []
        rows = read_pages(fetch, self._transport.url(path, query))
        try:
            for position, row in enumerate(rows, start=1):
                try:
                    item = reader(row)
                except SpokiProtocolError as error:
                    identifier = as_int(as_object(row).get("id"))
                    unread.append(UnreadRow(position, error.field, identifier, row))
                    continue
                yield item
            if unread:
                raise SpokiRowsUnreadable(rows=unread)
        except SpokiProtocolError as error:
            error.operation = operation
            raise

    def create(
        self,
        operation: str,
        path: str,
        body: Mapping[str, object],
        reader: Callable[[object], _T],
        *,
        patience: float = 0.0,
    ) -> _T:
        """Make one thing, and read it from the answer. `patience` as in `list`."""
        return read_created(operation, reader, self.act(operation, path, body, patience=patience))

    def write(
        self,
        operation: str,
        path: str,
        body: object,
        *,
        method: str = "POST",
        patience: float = 0.0,
    ) -> object:
        """Write what may be written again without harm. Returns the JSON of the answer, or None."""
        return self._transport.call(
            operation,
            method,
            self._transport.url(path),
            effect=Effect.REPEATABLE,
            body=body,
            patience=Patience(patience),
        )

    def delete(self, operation: str, path: str) -> None:
        self.write(operation, path, None, method="DELETE")

    def act(
        self,
        operation: str,
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        patience: float = 0.0,
    ) -> object:
        """Do what might be done twice if repeated. Returns the JSON of the answer, or None."""
        return self._transport.call(
            operation,
            method,
            self._transport.url(path),
            effect=Effect.ONCE,
            body=body,
            refuses=is_error,
            patience=Patience(patience),
        )

    def send(self, operation: str, path: str, body: object, *, is_keyed: bool = True) -> object:
        """Send a message or start an automation. Returns the JSON of the answer, or None."""
        url = self._transport.url(path)
        return self._transport.call(
            operation,
            "POST",
            url,
            effect=Effect.ONCE,
            body=body,
            is_keyed=is_keyed,
            refuses=is_error_of_a_send,
        )


def given(**values: object) -> dict[str, object]:
    """Return the arguments that have a value."""
    return {key: value for key, value in values.items() if value is not None}


def read(operation: str, reader: Callable[[object], _T], payload: object) -> _T:
    """Read an answer, and say which call it was that came back in an unknown shape."""
    try:
        return reader(payload)
    except SpokiProtocolError as error:
        error.operation = operation
        raise


def read_created(operation: str, reader: Callable[[object], _T], payload: object) -> _T:
    """Read what was just made. In an unknown shape it still was made, perhaps."""
    error: SpokiError
    try:
        return reader(payload)
    except SpokiProtocolError as unread:
        error = error_of_shape(operation, effect=Effect.ONCE, status=None, field=unread.field)
    raise error
