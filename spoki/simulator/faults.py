"""What can go wrong on purpose: by the last six digits of a number, or ordered by a test.

An effect is written `kind` or `kind:argument`. The kinds ending in `_after` happen when the
message was already accepted, so that it goes out and its webhooks come:

* `late:<code>`        accepted, then a webhook with status Error and this code
* `refuse:<code>`      not accepted, `{"error", "error_code"}` with the configured HTTP status
* `refuse_200:<code>`  the same inside a 200
* `status:<n>`, `status_after:<n>`   an HTTP status with a `detail` body
* `429:<n>`            a 429 with `Retry-After: n` seconds; `429` alone has no header
* `html`, `html_after` a 200 with a page of HTML
* `hang`, `hang_after` no answer for `hang_seconds`, then the connection is cut
* `reset`, `reset_after`             the connection is cut at once
* `no_identifier`, `accepted_only`   accepted; the answer has no identifier
* `no_news`            accepted and sent; no webhook ever comes
* `slow:<seconds>`     a late answer
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

_KINDS = frozenset({
    "late", "refuse", "refuse_200", "status", "status_after", "429", "html", "html_after", "hang",
    "hang_after", "reset", "reset_after", "no_identifier", "accepted_only", "no_news", "slow",
})  # fmt: skip
_NEED_ARGUMENT = frozenset({"late", "refuse", "refuse_200", "status", "status_after", "slow"})
_ACCEPTING = frozenset({"late", "no_identifier", "accepted_only", "no_news", "slow"})

ERROR_TEXTS = {
    "whatsapp::131026": "Message undeliverable.",
    "whatsapp::131042": "Business eligibility payment issue.",
    "whatsapp::131047": "More than 24 hours have passed since the customer last replied.",
    "whatsapp::131048": "Message failed: spam rate limit hit.",
    "whatsapp::131049": "Not delivered to maintain healthy ecosystem engagement.",
    "whatsapp::131050": "User has stopped receiving marketing messages from this business.",
    "whatsapp::131053": "Media upload error.",
    "whatsapp::131056": "Too many messages to one user.",
    "whatsapp::130429": "Cloud API message throughput has been reached.",
    "whatsapp::130472": "User's number is part of an experiment.",
    "whatsapp::131031": "Business account locked.",
    "whatsapp::132001": "Template does not exist in this language.",
    "whatsapp::132015": "Template is paused.",
    "whatsapp::132016": "Template is disabled.",
    "spoki::1029": "Account credit exhausted.",
    "spoki::1044": "The contact cannot be messaged.",
    "spoki::3004": "Message refused.",
    "spoki::3014": "Too many variables for the length of the text.",
}

# The last six digits of a number decide: +39 333 0 131026 fails late with whatsapp::131026.
SUFFIXES: dict[str, str] = {
    **{
        code: f"late:whatsapp::{code}"
        for code in (
            "130429", "130472", "131026", "131031", "131042", "131048", "131049", "131050",
            "131053", "131056", "132001", "132015", "132016",
        )
    },
    "901029": "refuse:spoki::1029",
    "901044": "refuse:spoki::1044",
    "903004": "late:spoki::3004",
    "920029": "refuse_200:spoki::1029",
    "920044": "refuse_200:spoki::1044",
    "900000": "no_news",
    "900200": "no_identifier",
    "900201": "accepted_only",
    "900400": "status:400",
    "900401": "status:401",
    "900408": "hang_after",
    "900409": "reset_after",
    "900410": "hang",
    "900411": "reset",
    "900429": "429:2",
    "900430": "429",
    "900500": "status:500",
    "900501": "status_after:500",
    "900502": "html",
    "900503": "html_after",
}  # fmt: skip


class FaultRefused(Exception):
    """The order names no known effect, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Effect:
    kind: str
    argument: str = ""

    @property
    def accepts(self) -> bool:
        """Whether Spoki takes the message although something is wrong."""
        return self.kind in _ACCEPTING or self.kind.endswith("_after")

    @property
    def late_code(self) -> str | None:
        return self.argument if self.kind == "late" else None

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind


def parse(text: str) -> Effect:
    """:raises FaultRefused: when the effect is unknown or lacks its argument."""
    kind, _, argument = text.partition(":")
    if kind not in _KINDS or (kind in _NEED_ARGUMENT and not argument):
        raise FaultRefused(f"unknown effect: {text}")
    return Effect(kind, argument)


_BY_SUFFIX = {suffix: parse(text) for suffix, text in SUFFIXES.items()}


def by_number(phone: str) -> Effect | None:
    return _BY_SUFFIX.get(phone[-6:])


@dataclass(slots=True)
class Order:
    """A fault that a test asked for. Empty matches mean anything; `times` None means always.

    `every` 2 strikes at each second call that matches, the second first.
    """

    effect: Effect
    lane: str = ""
    method: str = ""
    path: str = ""
    phone: str = ""
    msg: str = ""
    template: int | None = None
    times: int | None = 1
    after: int = 0
    share: float = 1.0
    every: int = 1
    seen: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Order":
        """:raises FaultRefused: naming what cannot be read."""
        known = set(cls.__slots__) - {"seen"}
        if unknown := set(data) - known:
            raise FaultRefused(f"unknown field: {', '.join(sorted(unknown))}")
        if not isinstance(data.get("effect"), str):
            raise FaultRefused("effect: a text is needed")
        if data.get("every", 1) < 1:
            raise FaultRefused("every: 1 or more is needed")
        return cls(**{**data, "effect": parse(data["effect"])})

    def matches(self, seen: Mapping[str, Any]) -> bool:
        wanted = (
            ("lane", self.lane),
            ("method", self.method),
            ("phone", self.phone),
            ("msg", self.msg),
            ("template", self.template),
        )
        return all(not value or seen.get(name) == value for name, value in wanted) and (
            self.path in str(seen.get("path", ""))
        )


class FaultPlan:
    def __init__(self) -> None:
        self.orders: list[Order] = []

    def take(self, seen: Mapping[str, Any], rng: Random) -> Effect | None:
        """Return the effect of the first order that is due for this call, and use it up."""
        for order in self.orders:
            if not order.matches(seen):
                continue
            if order.after > 0:
                order.after -= 1
                continue
            order.seen += 1
            if order.seen % order.every:
                continue
            if order.share < 1 and rng.random() >= order.share:
                continue
            self._use(order)
            return order.effect
        return None

    def _use(self, order: Order) -> None:
        if order.times is not None:
            order.times -= 1
            if order.times <= 0:
                self.orders.remove(order)
