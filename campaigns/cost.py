"""Pure: what a campaign costs, by Meta's rates per delivered template and the recipient's country.

Euro, without Spoki's own fee. The rates are an argument: people keep them in the admin
(`campaigns.rates` reads them). `FIRST_RATES` are where a new installation begins. Italy's marketing
rate and Germany's two are those Meta publishes in euro; the others are its dollar card of
1 January 2026 at the same ratio (0.828), so every figure is an estimate until the account's own
card is loaded. Meta changes prices on the first day of a quarter only (Meta, Pricing on the
WhatsApp Business Platform).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rate:
    """Euro per delivered message in one market from `valid_from` on.

    `service` is free text in an open window: free until 30 September 2026, then charged beyond the
    1,000 a month that each number has free. `is_estimate`: not read from the account's own card.
    """

    market: str
    valid_from: date
    marketing: Decimal
    utility: Decimal
    authentication: Decimal
    service: Decimal = Decimal(0)
    is_estimate: bool = True

    def of(self, category: str) -> Decimal:
        """Return the price of `category`; a mixed or unknown one costs as much as the dearest."""
        prices = {
            "marketing": self.marketing,
            "utility": self.utility,
            "authentication": self.authentication,
            "service": self.service,
        }
        return prices[category] if category in prices else max(prices.values())


@dataclass(frozen=True, slots=True)
class Line:
    """The part of one market in one category; `rate` in euro per message."""

    market: str
    label: str | Promise
    category: str
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


_CARD_OF_2026 = (
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
# Since then free text in an open window is charged like utility, and utility in it no longer free.
_SERVICE_CHARGED_FROM = date(2026, 10, 1)
FIRST_RATES = (
    *_CARD_OF_2026,
    *(
        replace(rate, valid_from=_SERVICE_CHARGED_FROM, service=rate.utility)
        for rate in _CARD_OF_2026
    ),
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


def rate_for(market: str, *, on: date, rates: Sequence[Rate]) -> Rate:
    """Return the rate in force on a day; before the first one, the first one.

    Of two for the same day the later in `rates` counts. A market without any costs as much as the
    dearest there is.

    :raises ValueError: `rates` is empty.
    """
    own = [rate for rate in rates if rate.market == market]
    if not own:
        markets = {rate.market for rate in rates}
        known = [rate_for(name, on=on, rates=rates) for name in markets]
        return replace(max(known, key=lambda rate: rate.marketing), market=market)
    own.sort(key=lambda rate: rate.valid_from)
    in_force = [rate for rate in own if rate.valid_from <= on]
    first_day = [rate for rate in own if rate.valid_from == own[0].valid_from]
    return (in_force or first_day)[-1]


def estimate_cost(
    *, category: str, people: Mapping[str, int], on: date, rates: Sequence[Rate]
) -> CostEstimate:
    """Return the cost if everybody's message is delivered; `people` are counts by market.

    Before 1 October 2026 utility in an open window was free; whoever writes then pays less.
    """
    counted = {market: count for market, count in people.items() if count > 0}
    used = {market: rate_for(market, on=on, rates=rates) for market in counted}
    lines = [_line(used[market], category, count) for market, count in counted.items()]
    lines.sort(key=lambda line: -line.amount)
    total = sum((line.people * line.rate for line in lines), Decimal(0))
    is_estimate = any(rate.is_estimate for rate in used.values()) or not used
    return CostEstimate(total.quantize(CENT, ROUND_HALF_UP), tuple(lines), is_estimate)


def _line(rate: Rate, category: str, people: int) -> Line:
    price = rate.of(category)
    amount = (people * price).quantize(CENT, ROUND_HALF_UP)
    label = MARKETS.get(rate.market, rate.market)
    return Line(rate.market, label, category, people, price, amount)


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
