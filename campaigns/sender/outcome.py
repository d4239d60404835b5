"""Pure: what an answer of Spoki means for the message, the campaign, the account and the person.

The table follows Meta's "Error codes" page and Spoki's collection. Two questions decide: did it
surely not leave (then it may wait in the queue), and would the next message meet the same wall
(then more than this message must stop)?
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from spoki import (
    SendReceipt,
    SpokiAuthError,
    SpokiError,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)

# Spoki may leave Retry-After out; then a minute is long enough for any per-minute limit.
DEFAULT_REST_SECONDS = 60.0
UNREACHABLE_REST = timedelta(seconds=10)
# One odd header must not silence us for years.
LONGEST_REST_SECONDS = 3600.0
# Meta's pair rate is paced, not counted: 4, 16, 64, 256 seconds, then it is given up.
MOST_PERSON_ATTEMPTS = 5
MARKETING_CAP_REST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write down after one POST.

    `status` is the state of the row ("queued" = surely not sent, tried again after `again_in`).
    `is_counted`: it used up one of the message's attempts; what the account met does not.
    `account_pause` and `campaign_pause` are codes of `campaigns.reasons`; `freeze` stops
    everything for that long; with `halve` only its own class of sends (templates or texts), and
    the speed is halved too; `withdraw` records the person's refusal of marketing.
    """

    status: str
    reason: str = ""
    error_code: str = ""
    error_text: str = ""
    provider_uuid: str = ""
    provider_id: str = ""
    again_in: timedelta | None = None
    freeze: timedelta | None = None
    halve: bool = False
    account_pause: str = ""
    campaign_pause: str = ""
    withdraw: bool = False
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    status: str
    reason: str
    account_pause: str = ""
    campaign_pause: str = ""
    again_in: timedelta | None = None
    withdraw: bool = False


def _stop_account(pause: str) -> _Rule:
    return _Rule("queued", pause, account_pause=pause)


def _stop_campaign(pause: str, status: str = "failed") -> _Rule:
    return _Rule(status, pause, campaign_pause=pause)


RULES: Final[Mapping[str, _Rule]] = {
    # The whole account meets a wall: this message waits in the queue for a person's decision.
    "spoki::1029": _stop_account("credit_exhausted"),
    "whatsapp::131042": _stop_account("payment_problem"),
    "whatsapp::131048": _stop_account("spam_limit"),
    "whatsapp::131031": _stop_account("account_blocked"),
    "whatsapp::368": _stop_account("account_blocked"),
    "whatsapp::131064": _stop_account("miscategorised"),
    "whatsapp::135000": _stop_account("portfolio_pacing"),
    # The template meets a wall. Paused or disabled: nothing left, the message waits.
    "whatsapp::132015": _stop_campaign("template_paused", "queued"),
    "whatsapp::132016": _stop_campaign("template_disabled", "queued"),
    # A mistake in how we fill it would fail for everybody: stop at the first one.
    "whatsapp::132000": _stop_campaign("template_mismatch"),
    "whatsapp::132001": _stop_campaign("template_mismatch"),
    "whatsapp::132007": _stop_campaign("template_mismatch"),
    "whatsapp::132012": _stop_campaign("template_mismatch"),
    # Only this person.
    "whatsapp::131049": _Rule("queued", "marketing_cap", again_in=MARKETING_CAP_REST),
    "whatsapp::131050": _Rule("failed", "stopped_marketing", withdraw=True),
    "spoki::1044": _Rule("failed", "stopped_marketing", withdraw=True),
    "whatsapp::131026": _Rule("failed", "undeliverable"),
    "whatsapp::131047": _Rule("failed", "window_closed"),
}
_TWO_STEP: Final = {"whatsapp::131056": "person_pace"}


def of_receipt(receipt: SendReceipt) -> Outcome:
    """Return the outcome of a 2xx answer: accepted only with an identifier in it."""
    if not receipt.is_confirmed:
        return Outcome("unknown", "no_identifier")
    return Outcome(
        "accepted",
        provider_uuid=receipt.uuid or "",
        provider_id=receipt.id or "",
        reason="held" if receipt.is_held else "",
    )


def of_error(error: SpokiError, *, attempts: int) -> Outcome:
    """Return the outcome of a failed POST; `attempts` counts this one.

    Anything that may have left is unknown, whatever else the error says.
    """
    if error.maybe_sent:
        return Outcome("unknown", "no_answer", error_code=error.code or "")
    if isinstance(error, SpokiThrottled):
        # A paced answer is not the message's fault: it does not count as an attempt.
        rest = min(error.retry_after or DEFAULT_REST_SECONDS, LONGEST_REST_SECONDS)
        freeze = timedelta(seconds=rest)
        return Outcome("queued", "", again_in=timedelta(0), freeze=freeze, halve=True)
    if isinstance(error, SpokiAuthError):
        return Outcome("queued", "wrong_credentials", account_pause="wrong_credentials")
    if isinstance(error, SpokiUnreachable):
        # Nobody answers: everything rests a little, or a whole queue would knock in vain.
        return Outcome("queued", "unreachable", again_in=timedelta(0), freeze=UNREACHABLE_REST)
    if isinstance(error, SpokiRefused):
        return of_refusal(error, attempts=attempts)
    return _failed(error, "refused")


def of_refusal(error: SpokiRefused, *, attempts: int) -> Outcome:
    """Return the outcome of a clear no, by its code; an unknown code fails this message only."""
    code = error.code or ""
    if reason := _TWO_STEP.get(code):
        # Meta, About the platform: wait 4^X seconds for this pair only.
        return _retry(reason, attempts, error, timedelta(seconds=4**attempts))
    rule = RULES.get(code)
    if rule is None:
        return _failed(error, "refused")
    if rule.again_in is not None and attempts > 1:
        return _failed(error, rule.reason)
    return Outcome(
        rule.status,
        rule.reason,
        error_code=code,
        error_text=error.detail[:300],
        again_in=rule.again_in or (timedelta(0) if rule.status == "queued" else None),
        account_pause=rule.account_pause,
        campaign_pause=rule.campaign_pause,
        withdraw=rule.withdraw,
        is_counted=rule.again_in is not None,
    )


def _retry(reason: str, attempts: int, error: SpokiError, rest: timedelta) -> Outcome:
    if attempts >= MOST_PERSON_ATTEMPTS:
        return _failed(error, "too_many_attempts")
    return Outcome("queued", reason, error_code=error.code or "", again_in=rest, is_counted=True)


def _failed(error: SpokiError, reason: str) -> Outcome:
    return Outcome(
        "failed",
        reason,
        error_code=error.code or _status_code(error),
        error_text=error.detail[:300],
    )


def _status_code(error: SpokiError) -> str:
    return f"http::{error.status}" if error.status else ""
