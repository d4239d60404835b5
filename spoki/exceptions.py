"""What can go wrong between us and Spoki, and the two questions each error answers.

May the same call be made again later (`retryable`)? Could a message have left all the same
(`maybe_sent`)? A message whose error says `maybe_sent` is never sent again by a machine.

    SpokiError
    ├── SpokiUnreachable      no answer, and nothing left               retryable
    ├── SpokiThrottled        too many requests; `retry_after` seconds   retryable
    ├── SpokiAuthError        401, 403: the key or the secret is wrong
    ├── SpokiNotFound         404
    ├── SpokiRefused          another 4xx, or an error inside a 2xx; see `code` and `detail`
    ├── SpokiServerError      5xx where the call may safely be repeated  retryable
    ├── SpokiOutcomeUnknown   the answer of a send was lost or senseless maybe_sent
    └── SpokiProtocolError    an answer of another shape than expected; names the `field`
        └── SpokiRowsUnreadable   a list read to its end but for these `rows`

The text of an error never holds a key, a phone number or the words of a message, so it may be
logged and shown. `detail` is what Spoki said, with every long run of digits blanked: it may be
shown to a person, never logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


class SpokiError(Exception):
    """The root. `operation` is a fixed word for the call, such as "send_template"."""

    retryable = False
    maybe_sent = False
    says = "failed"

    def __init__(
        self,
        operation: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        detail: str = "",
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(operation)
        self.operation = operation
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.request_id = request_id

    def __str__(self) -> str:
        parts = [f"Spoki {self.operation or 'call'} {self.says}"]
        if self.status is not None:
            parts.append(f"HTTP {self.status}")
        if self.code:
            parts.append(f"code {self.code}")
        if self.request_id:
            parts.append(f"request {self.request_id}")
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


class SpokiUnreachable(SpokiError):
    """The connection never opened, or a call that may safely be repeated got no answer."""

    retryable = True
    says = "got no answer"


class SpokiThrottled(SpokiError):
    """Too many requests: HTTP 429, or Meta's own throughput code `whatsapp::130429`.

    `retry_after` is in seconds, None when Spoki did not say.
    """

    retryable = True
    says = "was throttled"


class SpokiAuthError(SpokiError):
    """The key (or the secret of an automation) is missing, wrong, or not allowed to do this."""

    says = "was not authorised"


class SpokiNotFound(SpokiError):
    """There is no such thing, or this account has no such endpoint."""

    says = "found nothing"


class SpokiRefused(SpokiError):
    """Spoki said no: nothing left, and the same call would be refused again.

    `code` is like "spoki::1029" or "whatsapp::131049"; codes of the form "local::…" are refusals
    of this package, made before anything went over the wire.
    """

    says = "was refused"


class SpokiServerError(SpokiError):
    """A fault on Spoki's side, on a call that may safely be repeated."""

    retryable = True
    says = "failed on Spoki's side"


class SpokiOutcomeUnknown(SpokiError):
    """The request left and no answer that makes sense came back. Never repeat it blindly."""

    maybe_sent = True
    says = "has an unknown outcome"


class SpokiProtocolError(SpokiError):
    """An answer of a shape that we do not know. `field` is the path of what was wrong."""

    says = "got an answer of an unknown shape"

    def __init__(
        self,
        operation: str = "",
        *,
        field: str = "",
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(operation, status=status, request_id=request_id)
        self.field = field

    def __str__(self) -> str:
        return f"{super().__str__()}, field {self.field}" if self.field else super().__str__()


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of a list that could not be read: its place from 1 on, the path of what was wrong in it,
    its id where it has one, and the row itself, which may hold anything and is never logged.
    """

    position: int
    field: str
    id: int | None
    raw: Any = dataclass_field(repr=False)

    def __str__(self) -> str:
        return f"#{self.position} {self.field}" + ("" if self.id is None else f" (id {self.id})")


class SpokiRowsUnreadable(SpokiProtocolError):
    """A list whose other rows were all read; `rows` could not be. Raised when the list is at its end."""

    says = "listed rows of an unknown shape"

    def __init__(self, operation: str = "", *, rows: Sequence[UnreadRow]) -> None:
        super().__init__(operation, field=rows[0].field)
        self.rows = tuple(rows)
