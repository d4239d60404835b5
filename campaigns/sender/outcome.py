"""Pure: what an answer of Spoki, or a failure it reports later, means for everybody concerned.

The codes and what each demands are in `codes`; here attempts, rests and the policy come in.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from campaigns.sender.codes import RULES, Pace, Rule, is_new
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from spoki import (
    SendReceipt,
    SpokiAuthError,
    SpokiError,
    SpokiNotFound,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)

__all__ = ["RULES", "Outcome", "of_error", "of_receipt", "of_report"]

# Meta's servers are back within minutes, or it is an outage that waits for the next attempt.
LONGEST_BUSY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write down after one POST.

    `status` is the state of the row ("queued" = surely not sent, tried again after `again_in`).
    `is_counted`: it used up one of the message's attempts; what the account met does not.
    `account_pause` and `campaign_pause` are codes of `campaigns.reasons`; `freeze` stops
    everything for that long; with `halve` only its own class of sends (templates or texts), and
    the speed is halved too; `withdraw` records the person's refusal of marketing. `is_new_code`:
    people should ask what `error_code` means.
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
    is_new_code: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """Which attempt failed (1 = the first), under which policy; `dice` (0 to 1) blurs long rests."""

    attempts: int
    policy: Policy = DEFAULT_POLICY
    dice: float = 0.0


def is_known(code: str) -> bool:
    """Say whether a rule tells what this code means."""
    return code in RULES


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


def of_error(
    error: SpokiError, *, attempts: int, policy: Policy = DEFAULT_POLICY, dice: float = 0.0
) -> Outcome:
    """Return the outcome of a failed POST; `attempts` counts this one.

    Anything that may have left is unknown, whatever else the error says.
    """
    if error.maybe_sent:
        return Outcome("unknown", "no_answer", error_code=error.code or _status_code(error))
    if isinstance(error, SpokiThrottled):
        # A paced answer is not the message's fault: it does not count as an attempt.
        rest = _rest(error.retry_after, policy)
        return Outcome("queued", "throttled", again_in=timedelta(0), freeze=rest, halve=True)
    if isinstance(error, SpokiAuthError):
        return Outcome(
            "queued",
            "wrong_credentials",
            error_code=_status_code(error),
            account_pause="wrong_credentials",
        )
    if isinstance(error, SpokiUnreachable):
        # Nobody answers: everything rests a little, or a whole queue would knock in vain.
        rest = policy.unreachable_rest
        return Outcome("queued", "unreachable", again_in=timedelta(0), freeze=rest)
    return _refusal(error, Try(attempts, policy, dice))


def of_report(
    code: str, *, attempts: int, policy: Policy = DEFAULT_POLICY, dice: float = 0.0
) -> Outcome:
    """Return what a failure means that a webhook reports for a message that was accepted.

    It surely did not arrive. "queued": it may go once more, if its campaign still may; every such
    try counts, paced or not, so that no message goes round for ever.
    """
    rule = RULES.get(code)
    if rule is None:
        return Outcome("failed", "refused", error_code=code, is_new_code=is_new(code))
    tried = Try(attempts, policy, dice)
    found = _by_rule(replace(rule, status=rule.late), tried, retry_after=None)
    if found.status == "queued" and attempts >= policy.most_attempts and rule.pace != Pace.PERSON:
        found = replace(found, status="failed", reason="too_many_attempts")
    return replace(found, error_code=code, is_counted=True)


def _refusal(error: SpokiError, tried: Try) -> Outcome:
    """A clear no, by its code; an unknown code fails this message only."""
    code = error.code or ""
    rule = RULES.get(code)
    text = error.detail[:300]
    if rule is None:
        known = code or _status_code(error)
        reason = "endpoint_missing" if isinstance(error, SpokiNotFound) else "refused"
        is_unknown = isinstance(error, SpokiRefused) and is_new(code)
        return Outcome("failed", reason, error_code=known, error_text=text, is_new_code=is_unknown)
    found = _by_rule(rule, tried, retry_after=error.retry_after)
    return replace(found, error_code=code, error_text=text)


def _by_rule(rule: Rule, tried: Try, *, retry_after: float | None) -> Outcome:
    found = Outcome(
        rule.status,
        rule.reason,
        again_in=timedelta(0) if rule.status == "queued" else None,
        account_pause=rule.account_pause,
        campaign_pause=rule.campaign_pause,
        withdraw=rule.withdraw,
    )
    return _PACED[rule.pace](found, rule, tried, retry_after)


def _unpaced(found: Outcome, rule: Rule, tried: Try, retry_after: float | None) -> Outcome:
    return found


def _throttled(found: Outcome, rule: Rule, tried: Try, retry_after: float | None) -> Outcome:
    return replace(found, freeze=_rest(retry_after, tried.policy), halve=True)


def _person(found: Outcome, rule: Rule, tried: Try, retry_after: float | None) -> Outcome:
    """Meta, About the platform: wait 4^X seconds for this pair only; then it is given up."""
    if tried.attempts >= tried.policy.most_person_attempts:
        return replace(found, status="failed", reason="too_many_attempts", again_in=None)
    return replace(found, again_in=timedelta(seconds=4**tried.attempts), is_counted=True)


def _capped(found: Outcome, rule: Rule, tried: Try, retry_after: float | None) -> Outcome:
    """Meta, Per-user marketing limits: at least a day, or the person is blocked a day longer."""
    if tried.attempts > tried.policy.marketing_cap_retries:
        return replace(found, status="failed", again_in=None)
    rest = tried.policy.marketing_cap_rest + tried.policy.marketing_cap_jitter * tried.dice
    return replace(found, again_in=rest, is_counted=True)


def _busy(found: Outcome, rule: Rule, tried: Try, retry_after: float | None) -> Outcome:
    first = timedelta(seconds=rule.rest)
    if tried.attempts >= tried.policy.most_attempts:
        return replace(
            found, status="failed", reason="too_many_attempts", again_in=None, freeze=first
        )
    rest = min(first * 4 ** (tried.attempts - 1), LONGEST_BUSY)
    return replace(found, again_in=rest, freeze=first, is_counted=True)


_PACED = {
    Pace.NONE: _unpaced,
    Pace.THROTTLE: _throttled,
    Pace.PERSON: _person,
    Pace.CAP: _capped,
    Pace.BUSY: _busy,
}


def _rest(retry_after: float | None, policy: Policy) -> timedelta:
    """Return how long to rest: as asked, within reason; Spoki may leave Retry-After out."""
    longest = policy.longest_rest.total_seconds()
    return timedelta(seconds=min(retry_after or policy.default_rest.total_seconds(), longest))


def _status_code(error: SpokiError) -> str:
    return f"http::{error.status}" if error.status else ""
