"""An answer of Spoki, whoever fetched it: its JSON, or the error that it amounts to."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from spoki.exceptions import SpokiError
from spoki.outcomes import Effect, error_of_answer, error_of_shape, read_retry_after
from spoki.phones import redact

_UNREADABLE: Final = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer. `headers` are found by names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


def payload_of(
    answer: Answer,
    *,
    operation: str,
    effect: Effect,
    refuses: Callable[[object], bool],
    hidden: Sequence[str] = (),
) -> object:
    """Return the JSON of a 2xx answer, None where its body is empty.

    `refuses` says whether the body of a 2xx is an error all the same; `hidden` are secrets that
    must not show in an error.

    :raises SpokiError: for every other answer, of the kind that `spoki.exceptions` describes.
    """
    payload = _json_of(answer.content)
    is_fine = payload is not _UNREADABLE and 200 <= answer.status < 300
    if is_fine and not refuses(payload):
        return payload
    raise _error_of(answer, payload, operation, effect, hidden)


def _error_of(
    answer: Answer, payload: object, operation: str, effect: Effect, hidden: Sequence[str]
) -> SpokiError:
    status = answer.status
    request_id = redact(answer.headers.get("x-request-id") or "")[:64] or None
    if payload is _UNREADABLE and 200 <= status < 300:
        return error_of_shape(
            operation, effect=effect, status=status, field="body", request_id=request_id
        )
    return error_of_answer(
        operation,
        effect=effect,
        status=status,
        payload=None if payload is _UNREADABLE else payload,
        retry_after=read_retry_after(answer.headers.get("retry-after"), now=datetime.now(UTC)),
        request_id=request_id,
        hidden=hidden,
    )


def _json_of(content: bytes | None) -> object:
    if not content or not content.strip():
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _UNREADABLE
