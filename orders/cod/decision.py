"""Is an order paid at the door? Pure: decided once, at first sight, by what Shopify says of the payment.

Shopify has no such flag: cash on delivery is a manual payment method whose name the merchant chose. The shop's own
list of names is the authority; without a list, usual words decide. An unpaid order without a payment name (draft
orders, orders made by apps) counts only where something else says so, or the shop opted in.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Payment(Protocol):
    """What the decision looks at of an order; amounts are cents, names and tags as Shopify wrote them."""

    @property
    def gateway_names(self) -> Sequence[str]: ...
    @property
    def financial_status(self) -> str: ...
    @property
    def fulfillment_status(self) -> str: ...
    @property
    def outstanding_cents(self) -> int: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def shipping_titles(self) -> Sequence[str]: ...
    @property
    def source_name(self) -> str: ...
    @property
    def is_test(self) -> bool: ...
    @property
    def needs_shipping(self) -> bool: ...
    @property
    def cancelled_at(self) -> object | None: ...


@dataclass(frozen=True, slots=True)
class CodDecision:
    """`rule` says what decided, either way: a word of at most 30 characters, kept with the order."""

    is_cod: bool
    rule: str


# After normalising; "cod" only as a word of its own, so that it is not found inside others.
_KEYWORDS = re.compile(
    r"cash on delivery|\bcod\b|\bc o d\b|contrassegno|contro ?assegno|alla consegna"
    r"|\bpay(ment)? on delivery|collect on delivery"
)
# Manual too, and pending for days: but the money comes another way.
_OTHER_WAYS = re.compile(r"bonifico|bank deposit|bank transfer|wire transfer|money order")
_MARKS = re.compile(r"[\W_]+")
_UNNAMED = frozenset({"", "manual"})
# Beside a COD name only these leave something to collect; older bodies have none at all.
_UNPAID = frozenset({"", "pending", "partially_paid"})
_LEFT = frozenset({"fulfilled", "partial", "restocked"})
# The shop's own checkout always names a payment; whoever stands at the till has paid.
_CHECKOUT, _TILL = "web", "pos"


def decide(
    payload: Payment, *, gateways: Collection[str], accepts_unnamed: bool, cod_tag: str
) -> CodDecision:
    """Return whether the order is paid at the door, and by which rule.

    `gateways` are the shop's names of cash on delivery (none: usual words decide), `accepts_unnamed` whether its unpaid
    draft orders without a payment name are, `cod_tag` the tag by which it marks them.
    """
    if not payload.needs_shipping:
        return CodDecision(False, "nothing_to_ship")
    if payload.is_test:
        return CodDecision(False, "test")
    rule = _named(payload.gateway_names, gateways) or _unnamed(
        payload, accepts_unnamed=accepts_unnamed, cod_tag=cod_tag
    )
    if not rule:
        return CodDecision(False, "other_payment")
    return _still_due(payload, rule)


def same_name(text: str) -> str:
    """Return a payment name as names are compared: without case, accents and superfluous blanks."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split())


def sounds_like_cod(text: str) -> bool:
    """Say whether a text uses the usual words for cash on delivery, and none for another manual payment."""
    # "Contr'assegno", "cash_on_delivery" and "C.O.D." are what they look like.
    words = _MARKS.sub(" ", same_name(text).replace("'", "").replace("’", "")).strip()
    return bool(_KEYWORDS.search(words)) and not _OTHER_WAYS.search(words)


def _named(names: Iterable[str], gateways: Collection[str]) -> str:
    """One name is enough: with a gift card the rest is paid at the door."""
    wanted = {same_name(name) for name in gateways} - {""}
    if wanted:
        return "gateway" if any(same_name(name) in wanted for name in names) else ""
    return "keyword" if any(sounds_like_cod(name) for name in names) else ""


def _unnamed(payload: Payment, *, accepts_unnamed: bool, cod_tag: str) -> str:
    if not {same_name(name) for name in payload.gateway_names} <= _UNNAMED:
        return ""
    source = same_name(payload.source_name)
    if source == _TILL:
        return ""
    own = {same_name(cod_tag)} - {""}
    if any(same_name(tag) in own or sounds_like_cod(tag) for tag in payload.tags):
        return "tag"
    if any(map(sounds_like_cod, _texts(payload.attributes))):
        return "attribute"
    if any(map(sounds_like_cod, payload.shipping_titles)):
        return "shipping_title"
    return "unnamed" if accepts_unnamed and source != _CHECKOUT else ""


def _texts(attributes: Mapping[str, str]) -> Iterator[str]:
    """A name counts where its value does not deny it ("COD: false")."""
    for name, value in attributes.items():
        yield value
        if same_name(value) in {"true", "1", "yes", "si", "on"}:
            yield name


def _still_due(payload: Payment, rule: str) -> CodDecision:
    """What was shipped may be paid or cancelled by now: the cash was collected, or the parcel refused."""
    if same_name(payload.fulfillment_status) in _LEFT:
        return CodDecision(True, rule)
    if payload.cancelled_at is not None:
        return CodDecision(False, "cancelled")
    is_unpaid = same_name(payload.financial_status) in _UNPAID
    if payload.outstanding_cents <= 0 or not is_unpaid:
        return CodDecision(False, "paid")
    return CodDecision(True, rule)
