"""What an answer, or its absence, means: pure decisions, one place for all calls.

Only a connection that never opened and a clear refusal prove that a send did not happen. Whatever
else goes wrong after the request may have left makes the outcome of a send unknown.
"""

import math
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import requests
from urllib3.exceptions import NewConnectionError

from spoki.exceptions import (
    SpokiAuthError,
    SpokiError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)
from spoki.refusals import read_refusal

_THROUGHPUT_CODE = "whatsapp::130429"
_RETRIED_STATUSES = (502, 503, 504)
_PLAIN_REFUSALS = {401: SpokiAuthError, 403: SpokiAuthError, 404: SpokiNotFound}


class Effect(Enum):
    """What a second, equal call would do."""

    READ = "nothing: it may be repeated in place"
    REPEATABLE = "nothing new: the caller may repeat it"
    ONCE = "perhaps the same thing twice: it is never repeated"


def error_of_answer(
    operation: str,
    *,
    effect: Effect,
    status: int,
    payload: object,
    retry_after: float | None = None,
    request_id: str | None = None,
    hidden: Sequence[str] = (),
) -> SpokiError:
    """Return the error that an answer amounts to. A 2xx comes here when its body is an error.

    `hidden` are secrets that must not show in the error, should the answer repeat them.
    """
    if not (200 <= status < 300 or status >= 400):
        # Redirects are never followed: the key would go wherever the answer points.
        return error_of_shape(
            operation, effect=effect, status=status, field="redirect", request_id=request_id
        )
    refusal = read_refusal(payload, hidden=hidden)
    return _kind(status, refusal.code, effect)(
        operation,
        status=status,
        code=refusal.code,
        detail=refusal.detail,
        retry_after=retry_after,
        request_id=request_id,
    )


def error_of_shape(
    operation: str,
    *,
    effect: Effect,
    status: int | None,
    field: str,
    request_id: str | None = None,
) -> SpokiError:
    """Return the error for an answer that makes no sense; after a send, nobody knows what it did."""
    if effect is Effect.ONCE:
        return SpokiOutcomeUnknown(operation, status=status, request_id=request_id)
    return SpokiProtocolError(operation, status=status, field=field, request_id=request_id)


def _kind(status: int, code: str | None, effect: Effect) -> type[SpokiError]:
    if status >= 500 or status == 408:
        return SpokiOutcomeUnknown if effect is Effect.ONCE else SpokiServerError
    if status == 429 or code == _THROUGHPUT_CODE:
        return SpokiThrottled
    # With a business code, 403 and 404 speak of the message or the credit, not of key and path.
    if status == 401 or not code:
        return _PLAIN_REFUSALS.get(status, SpokiRefused)
    return SpokiRefused


def error_of_silence(operation: str, *, effect: Effect, failure: Exception | None) -> SpokiError:
    """Return the error for a call that got no whole answer."""
    if effect is Effect.ONCE and not never_opened(failure):
        return SpokiOutcomeUnknown(operation)
    return SpokiUnreachable(operation)


def never_opened(failure: Exception | None) -> bool:
    """Say whether the connection surely never opened, so that not one byte left.

    That is a connect timeout, a refused connection, a name that does not resolve, or a certificate
    that does not verify. Any other failure may have come after the body left.
    """
    if isinstance(failure, requests.ConnectTimeout):
        return True
    inner = failure.args[0] if failure is not None and failure.args else None
    reason = getattr(inner, "reason", None)
    if isinstance(reason, NewConnectionError):
        return True
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)


def is_worth_repeating(failure: Exception | None, status: int | None) -> bool:
    """Say whether a read may be tried again at once: a broken connection or a passing 50x."""
    if failure is None:
        return status in _RETRIED_STATUSES
    return isinstance(failure, requests.ConnectionError) and not isinstance(
        failure, requests.exceptions.SSLError
    )


def retry_pause(attempt: int, base: float) -> float:
    """Return the seconds to wait after failed attempt 1, 2, …: the base, then thrice, …"""
    return float(base * 3 ** (attempt - 1))


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, a number or an HTTP date; None if unreadable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_until(value, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
