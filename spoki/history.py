"""A page of the conversation with one number, where an account has an endpoint that lists it.

Spoki's published API has none. An account that has one answers a page of the `data` objects that
the webhooks deliver; other envelopes and rows are read as far as they say who wrote what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from spoki.events import MessageEvent, message_from_data
from spoki.exceptions import SpokiProtocolError
from spoki.reading import JsonObject, as_flag, as_int, as_object

_ROW_KEYS: Final = ("results", "messages", "items", "data")
_INNER_KEYS: Final = ("data", "message")


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """`messages` in Spoki's order; `has_more` says whether to ask for the next page.

    `unreadable_count` rows were of an unknown shape and are not in `messages`; `unreadable` names what they lack,
    such as "direction", each once.
    """

    messages: tuple[MessageEvent, ...]
    has_more: bool = False
    count: int | None = None
    unreadable_count: int = 0
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read an envelope of rows, or a bare array.

        :raises SpokiProtocolError: where there is neither.
        """
        payload = as_object(value)
        rows = value if isinstance(value, list) else _rows(payload)
        if rows is None:
            raise SpokiProtocolError("history", field="results")
        read = [_read(row) for row in rows]
        messages = tuple(one for one in read if isinstance(one, MessageEvent))
        lacking = (one for one in read if isinstance(one, str))
        return cls(
            messages=messages,
            has_more=bool(rows) and (bool(payload.get("next")) or _says_more(payload)),
            count=as_int(payload.get("count")),
            unreadable_count=len(rows) - len(messages),
            unreadable=_each_once(lacking),
        )


def _rows(payload: JsonObject) -> list[Any] | None:
    found = (payload.get(key) for key in _ROW_KEYS)
    return next((rows for rows in found if isinstance(rows, list)), None)


def _says_more(payload: JsonObject) -> bool:
    return as_flag(payload.get("has_more")) is True


def _read(row: object) -> MessageEvent | str:
    """Return the message, or the name of what the row lacks."""
    if not isinstance(row, dict):
        return "object"
    inner = (row.get(key) for key in _INNER_KEYS)
    places = [row, *(place for place in inner if isinstance(place, dict))]
    found = (message_from_data(place) for place in places)
    message = next((one for one in found if one is not None), None)
    if message is None:
        return "direction"
    return message if message.created_at is not None or message.uuid else "created_datetime"


def _each_once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
