"""What a campaign costs: Meta's rates per delivered template, by the recipient's calling code.

Euro, without Spoki's own fee. Italy's marketing rate and Germany's two are those Meta publishes in
euro; the others are its dollar card of 1 January 2026 at the same ratio (0.828), so every figure is
an estimate until the account's own card is loaded. Meta changes prices on the first day of a
quarter only (Meta, Pricing on the WhatsApp Business Platform).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rate:
    """Euro per delivered message in one market from `valid_from` on."""

    market: str
    valid_from: date
    marketing: Decimal
    utility: Decimal
    authentication: Decimal

    def of(self, category: str) -> Decimal:
        """Return the price of `category`; one we do not know costs as much as marketing."""
        prices = {"utility": self.utility, "authentication": self.authentication}
        return prices.get(category, self.marketing)


@dataclass(frozen=True, slots=True)
class Line:
    """The part of one market."""

    market: str
    label: str | Promise
    people: int
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """`total` in euro, rounded to the cent; `lines` dearest first."""

    total: Decimal
    lines: tuple[Line, ...]
    is_estimate: bool = True


MARKETS: Mapping[str, str | Promise] = {
    "IT": _("Italy"),
    "DE": _("Germany"),
    "FR": _("France"),
    "ES": _("Spain"),
    "NL": _("Netherlands"),
    "GB": _("United Kingdom"),
    "western": _("Rest of Western Europe"),
    "eastern": _("Rest of Central and Eastern Europe"),
    "america": _("North America"),
    "other": _("Other countries"),
}


def _rate(market: str, marketing: str, utility: str) -> Rate:
    # Meta's card prices authentication like utility in all of these markets.
    return Rate(market, date(2026, 1, 1), Decimal(marketing), Decimal(utility), Decimal(utility))


RATES = (
    _rate("IT", "0.0572", "0.0248"),
    _rate("DE", "0.1131", "0.0456"),
    _rate("FR", "0.0711", "0.0248"),
    _rate("ES", "0.0509", "0.0166"),
    _rate("NL", "0.1322", "0.0414"),
    _rate("GB", "0.0438", "0.0182"),
    _rate("western", "0.0490", "0.0142"),
    _rate("eastern", "0.0712", "0.0176"),
    _rate("america", "0.0207", "0.0028"),
    _rate("other", "0.0500", "0.0064"),
)

_PREFIXES = {
    "39": "IT",
    "49": "DE",
    "33": "FR",
    "34": "ES",
    "31": "NL",
    "44": "GB",
    **dict.fromkeys(("43", "32", "45", "358", "353", "47", "351", "46", "41"), "western"),
    **dict.fromkeys(("30", "48", "40", "420", "36", "385", "386", "421", "359", "355"), "eastern"),
    "1": "america",
}
LONGEST_PREFIX = 3


def market_of(phone: str) -> str:
    """Return the market of an E.164 phone, or of its first digits."""
    digits = phone.removeprefix("+")
    for length in range(LONGEST_PREFIX, 0, -1):
        if market := _PREFIXES.get(digits[:length]):
            return market
    return "other"


def rate_for(market: str, *, on: date) -> Rate:
    """Return the rate in force on a day; before the first card, the first card."""
    cards = sorted((rate for rate in RATES if rate.market == market), key=lambda r: r.valid_from)
    in_force = [rate for rate in cards if rate.valid_from <= on]
    return in_force[-1] if in_force else cards[0]


def estimate_cost(*, category: str, people: Mapping[str, int], on: date) -> CostEstimate:
    """Return the cost if everybody's message is delivered; `people` are counts by market."""
    lines = [
        _line(market, count, rate_for(market, on=on).of(category))
        for market, count in people.items()
        if count > 0
    ]
    lines.sort(key=lambda line: -line.amount)
    total = sum((line.people * line.rate for line in lines), Decimal(0))
    return CostEstimate(total.quantize(CENT, ROUND_HALF_UP), tuple(lines))


def _line(market: str, people: int, rate: Decimal) -> Line:
    amount = (people * rate).quantize(CENT, ROUND_HALF_UP)
    return Line(market, MARKETS[market], people, rate, amount)


def scaled(people: Mapping[str, int], *, total: int) -> dict[str, int]:
    """Return counts by market that add up to `total`, in the proportions of `people`. Pure.

    Nobody known means Italy: it is where the shop sells.
    """
    known = sum(people.values())
    if known == 0:
        return {"IT": total} if total else {}
    shares = {market: count * total // known for market, count in people.items()}
    largest = max(people, key=lambda market: people[market])
    shares[largest] += total - sum(shares.values())
    return shares
