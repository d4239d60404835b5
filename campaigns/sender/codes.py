"""Pure: the table of error codes, Meta's and Spoki's, and what each one demands.

Meta, "Error codes" (15 May 2026) and the pages on messaging limits, template pausing and pacing,
portfolio pacing and per-user limits; Spoki's collection for its own. Two questions decide: did it
surely not leave (then it may wait in the queue), and would the next message meet the same wall
(then more than this message must stop)?
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Pace(Enum):
    """How a message that may be tried again is kept waiting."""

    NONE = "not at all: whatever stopped it decides"
    THROTTLE = "everything of its class rests, and goes slower"
    PERSON = "4^X seconds, for this person alone"
    CAP = "a day and a little, as often as the policy allows"
    BUSY = "longer each time; everybody rests as long as the first time"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one code demands.

    `reason` is told of the message, `status` becomes its state when the code comes in the answer
    ("queued": nothing left, it may go later; "unknown": it may have left). `late` is the state when
    a webhook reports the code after Spoki had accepted the message: then it surely did not arrive,
    and what a person repairs, or what only came too fast, goes once more.

    `account_pause` and `campaign_pause` are codes of `campaigns.reasons`. `rest` is in seconds.
    """

    reason: str
    status: str = "failed"
    late: str = "failed"
    pace: Pace = Pace.NONE
    rest: float = 0.0
    account_pause: str = ""
    campaign_pause: str = ""
    withdraw: bool = False
    # It says something about one person, so that many in a row are no wall.
    is_personal: bool = False


def _person(reason: str, *, withdraw: bool = False) -> Rule:
    return Rule(reason, withdraw=withdraw, is_personal=True)


def _forbidden(pause: str) -> Rule:
    """Meta stops the account: nothing goes again until a person has judged."""
    return Rule(pause, "queued", account_pause=pause)


def _repairable(pause: str) -> Rule:
    """A person repairs it on Spoki's or Meta's side; then everybody in the queue gets it."""
    return Rule(pause, "queued", late="queued", account_pause=pause)


def _stop_campaign(pause: str, status: str = "failed") -> Rule:
    return Rule(pause, status, campaign_pause=pause)


def _busy(rest: float) -> Rule:
    return Rule("provider_busy", "queued", late="queued", pace=Pace.BUSY, rest=rest)


_THROTTLED = Rule("throttled", "queued", late="queued", pace=Pace.THROTTLE, is_personal=True)
_UNSURE = Rule("provider_unsure", "unknown")

_META: Final[Mapping[int, Rule]] = {
    # Stop everything at the first sign.
    131048: _forbidden("spam_limit"),
    131031: _forbidden("account_blocked"),
    368: _forbidden("account_blocked"),
    131064: _forbidden("miscategorised"),
    135000: _forbidden("portfolio_pacing"),
    131042: _repairable("payment_problem"),
    # Configuration: stop everything, and say what to do.
    **dict.fromkeys((0, 190), _repairable("meta_token")),
    **dict.fromkeys((3, 10, 131005, *range(200, 300)), _repairable("meta_permission")),
    33: _repairable("number_deleted"),
    131037: _repairable("display_name"),
    **dict.fromkeys((131045, 133010), _repairable("number_not_registered")),
    # The template meets a wall. Paused or disabled: nothing left, the message waits.
    132015: _stop_campaign("template_paused", "queued"),
    132016: _stop_campaign("template_disabled", "queued"),
    132068: _stop_campaign("flow_blocked", "queued"),
    132069: _stop_campaign("flow_throttled", "queued"),
    # A mistake in how we fill it would fail for everybody: stop at the first one.
    132000: _stop_campaign("template_mismatch"),
    132012: _stop_campaign("template_mismatch"),
    132001: _stop_campaign("template_missing"),
    132007: _stop_campaign("template_content"),
    # Too fast, or a bad moment.
    **dict.fromkeys((130429, 4, 80007), _THROTTLED),
    131056: Rule("person_pace", "queued", late="queued", pace=Pace.PERSON, is_personal=True),
    131049: Rule("marketing_cap", "queued", late="queued", pace=Pace.CAP, is_personal=True),
    131016: _busy(30),
    133004: _busy(30),
    131057: _busy(60),
    **dict.fromkeys((1, 2, 131000), _UNSURE),
    # This person, or what we wanted to tell this person.
    131050: _person("stopped_marketing", withdraw=True),
    131026: _person("undeliverable"),
    131047: _person("window_closed"),
    130472: _person("experiment"),
    130497: _person("country_restricted"),
    131021: _person("own_number"),
    132005: _person("text_too_long"),
    132018: _person("value_refused"),
    **dict.fromkeys((100, 131008, 131009), Rule("bad_parameter")),
    131051: Rule("unsupported_type"),
    **dict.fromkeys((131052, 131053), Rule("media_problem")),
    133016: Rule("refused"),
}

RULES: Final[Mapping[str, Rule]] = {
    **{f"whatsapp::{code}": rule for code, rule in _META.items()},
    "spoki::1029": _repairable("credit_exhausted"),
    "spoki::1044": _person("stopped_marketing", withdraw=True),
    "spoki::3004": Rule("refused_by_spoki"),
    "spoki::3014": _stop_campaign("template_content"),
    # Refused by ourselves before anything went over the wire: what Meta would refuse.
    "local::invalid_phone": _person("bad_phone"),
    "local::empty_variable": _person("value_refused"),
    "local::variable_layout": _person("value_refused"),
}
# Made by ourselves where Spoki gave no code: the HTTP status, or another refusal of our own.
_OWN = ("http::", "local::")


def is_new(code: str) -> bool:
    """Return whether nobody has told us yet what `code` means."""
    return bool(code) and code not in RULES and not code.startswith(_OWN)


def failure_reason(code: str) -> str:
    """Return our reason for a reported error code; "refused" for one that we do not know."""
    rule = RULES.get(code)
    return rule.reason if rule is not None else "refused"


def is_personal(reason: str) -> bool:
    """Return whether `reason` says something about one person only, however many in a row."""
    return reason in _PERSONAL


_PERSONAL: Final = frozenset(rule.reason for rule in RULES.values() if rule.is_personal)
