"""A page of the conversation with one number, where an account has an endpoint that lists it.

Spoki's published API has none. An account that has one answers a page of the `data` objects that
the webhooks deliver.
"""

from dataclasses import dataclass
from typing import Self

from spoki.events import MessageEvent, message_from_data
from spoki.exceptions import SpokiProtocolError
from spoki.reading import as_int, as_object


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """`messages` in Spoki's order; `has_more` says whether to ask for the next page.

    `unreadable_count` rows were of an unknown shape and are not in `messages`.
    """

    messages: tuple[MessageEvent, ...]
    has_more: bool = False
    count: int | None = None
    unreadable_count: int = 0

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read an envelope of rows, or a bare array.

        :raises SpokiProtocolError: where there is neither.
        """
        payload = as_object(value)
        rows = value if isinstance(value, list) else payload.get("results")
        if not isinstance(rows, list):
            raise SpokiProtocolError("history", field="results")
        read = [message_from_data(row) if isinstance(row, dict) else None for row in rows]
        messages = tuple(message for message in read if message is not None)
        return cls(
            messages=messages,
            has_more=bool(rows) and bool(payload.get("next")),
            count=as_int(payload.get("count")),
            unreadable_count=len(rows) - len(messages),
        )
