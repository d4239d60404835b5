"""An answer of the Admin API: its JSON, or the error that it amounts to. A 200 may be an error too.

GraphQL Admin API: “errors” of the whole request come with status 200 and a code in `extensions`;
`userErrors` are part of the data and are read by the client's methods.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orders.shopify import throttle
from orders.shopify.errors import (
    AccessDenied,
    AnswerUnreadable,
    Misspelt,
    NotFound,
    ServerFault,
    ShopClosed,
    ShopifyError,
    Throttled,
    TokenRefused,
    TooCostly,
)
from orders.shopify.throttle import Cost

_UNREADABLE: Final = object()
_BY_STATUS: Final[Mapping[int, type[ShopifyError]]] = {
    401: TokenRefused,
    402: ShopClosed,
    403: AccessDenied,
    404: NotFound,
    423: ShopClosed,
    429: Throttled,
    430: Throttled,
}
_BY_CODE: Final[Mapping[str, type[ShopifyError]]] = {
    "THROTTLED": Throttled,
    "ACCESS_DENIED": AccessDenied,
    "MAX_COST_EXCEEDED": TooCostly,
    "INTERNAL_SERVER_ERROR": ServerFault,
    "SHOP_INACTIVE": ShopClosed,
    "RESOURCE_NOT_FOUND": NotFound,
    "NOT_FOUND": NotFound,
}
_MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


def payload_of(answer: Answer) -> Any:
    """Return the JSON of the body, something that is no mapping where it is none."""
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return _UNREADABLE


def error_of(
    operation: str, answer: Answer, payload: Any, *, cost: Cost | None, is_read: bool
) -> ShopifyError | None:
    """Return what is wrong with the answer, None where `data` may be used."""
    status = answer.status
    if not 200 <= status < 300:
        return _error_of_status(operation, answer, is_read=is_read)
    if not isinstance(payload, Mapping):
        return AnswerUnreadable(operation, status=status, maybe_done=not is_read)
    if errors := payload.get("errors"):
        return _error_of_errors(operation, errors, cost=cost, is_read=is_read)
    if not isinstance(payload.get("data"), Mapping):
        return AnswerUnreadable(operation, status=status, maybe_done=not is_read)
    return None


def _error_of_status(operation: str, answer: Answer, *, is_read: bool) -> ShopifyError:
    status = answer.status
    if status >= 500:
        return ServerFault(operation, status=status, maybe_done=not is_read)
    kind = _BY_STATUS.get(status, AnswerUnreadable)
    pause = _seconds(answer.headers.get("Retry-After")) if kind is Throttled else None
    return kind(operation, status=status, retry_after=pause)


def _error_of_errors(
    operation: str, errors: object, *, cost: Cost | None, is_read: bool
) -> ShopifyError:
    entries = errors if isinstance(errors, list) else [errors]
    codes = [_code(entry) for entry in entries]
    said = " ".join(_message(entry) for entry in entries)[:_MOST_SAID]
    if "THROTTLED" in codes:
        return Throttled(operation, retry_after=throttle.pause_after_refusal(cost))
    known = next((_BY_CODE[code] for code in codes if code in _BY_CODE), Misspelt)
    maybe_done = known is ServerFault and not is_read
    return known(operation, detail=said, maybe_done=maybe_done)


def _code(entry: object) -> str:
    extensions = entry.get("extensions") if isinstance(entry, Mapping) else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return str(code or "").upper()


def _message(entry: object) -> str:
    return str(entry.get("message") or "" if isinstance(entry, Mapping) else entry)


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
