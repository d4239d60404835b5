"""What can go wrong between us and Shopify, by what a caller may do about it.

No text here holds a token, a phone or an address of a person: details of answers are kept apart, in
`detail`, where whoever shows them knows that they are Shopify's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ShopifyError(Exception):
    """Something went wrong with `operation`. `code` names it for pages and rows.

    `is_passing`: the same call may succeed later. `maybe_done`: it may have been carried out although
    no answer said so. `retry_after` are seconds, None when Shopify did not say.
    """

    is_passing = False
    code = "shopify"
    says = "failed"

    def __init__(
        self,
        operation: str = "",
        *,
        status: int | None = None,
        detail: str = "",
        retry_after: float | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(operation, status)
        self.operation = operation
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.maybe_done = maybe_done

    def __str__(self) -> str:
        said = f"{self.operation or 'a call to Shopify'} {self.says}"
        return f"{said} (HTTP {self.status})" if self.status else said


class NotConnected(ShopifyError):
    """The settings lack the shop's address or its keys: nothing was called."""

    code = "not_connected"
    says = "cannot be made: the shop is not connected"


class Unreachable(ShopifyError):
    """No whole answer came back."""

    is_passing = True
    code = "unreachable"
    says = "got no answer"


class ServerFault(ShopifyError):
    """A fault on Shopify's side (5xx, INTERNAL_SERVER_ERROR)."""

    is_passing = True
    code = "server_fault"
    says = "failed on Shopify's side"


class Throttled(ShopifyError):
    """The bucket of points is empty, and waiting for it takes longer than we may wait here."""

    is_passing = True
    code = "throttled"
    says = "was throttled"


class TokenRefused(ShopifyError):
    """401, with a token that was renewed where it could be."""

    code = "token_refused"
    says = "was not authorised"


class AccessDenied(ShopifyError):
    """The app lacks a permission (scope) for this, or Shopify has not approved it for customers' data."""

    code = "access_denied"
    says = "lacks a permission"


class ShopClosed(ShopifyError):
    """402 and 423: the shop is frozen or locked; nothing can be done until its owner has settled that."""

    code = "shop_closed"
    says = "was refused, the shop is frozen"


class NotFound(ShopifyError):
    """There is no such order (any more), or no such version of the API."""

    code = "not_found"
    says = "found nothing"


class Misspelt(ShopifyError):
    """Shopify does not understand the question: a field that this version of the API does not have."""

    code = "misspelt"
    says = "was not understood"


class TooCostly(Misspelt):
    """The question asks for more points than a single one may (MAX_COST_EXCEEDED): ask for less at once."""

    code = "too_costly"
    says = "asked for too much at once"


class AnswerUnreadable(ShopifyError):
    """A 2xx whose shape is none that the documentation knows."""

    code = "unreadable"
    says = "got an answer that cannot be read"


class FileGone(ShopifyError):
    """The file of a bulk operation is not there any more: addresses end after seven days."""

    code = "file_gone"
    says = "found the file gone"


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of `userErrors`: what is wrong with what we asked, in Shopify's words."""

    message: str
    field: str = ""
    code: str = ""


class Refused(ShopifyError):
    """Shopify understood and said no (`userErrors`): the same call would be refused again."""

    code = "refused"
    says = "was refused"

    def __init__(self, operation: str, errors: Sequence[UserError]) -> None:
        super().__init__(operation, detail=" ".join(error.message for error in errors))
        self.errors = tuple(errors)

    def has(self, *codes: str) -> bool:
        """Say whether one of the errors has one of `codes`, in any case of letters."""
        wanted = {code.upper() for code in codes}
        return any(error.code.upper() in wanted for error in self.errors)
