"""Pure: what asking changes. Refused parcels with and without a question, and the euro between them.

The rate is refused / (refused + delivered), of parcels that were shipped and have ended. Money is counted per order,
not per parcel: an order that a customer cancels when asked is never shipped, and that too is an effect of asking.
Intervals are Newcombe's, at 95 % (see `campaigns.scoreboard.proportions`).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from campaigns.scoreboard.proportions import Share, Verdict, difference, verdict

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """COD orders of one kind: how many were placed, and how those that were shipped ended.

    `open` are shipped parcels whose end is not known (yet); `spent` is what the messages to them cost, in euro.
    """

    orders: int = 0
    shipped: int = 0
    refused: int = 0
    delivered: int = 0
    open: int = 0
    spent: Decimal = Decimal(0)

    @property
    def rate(self) -> Share:
        """Refused parcels of those that ended."""
        return Share(self.refused, self.refused + self.delivered)

    @property
    def burden(self) -> Share:
        """Refused parcels of all orders of the group."""
        return Share(self.refused, self.orders)

    @property
    def open_share(self) -> Share:
        return Share(self.open, self.shipped)

    @property
    def spent_per_order(self) -> Decimal:
        return self.spent / self.orders if self.orders else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Euro: what was saved, and the bounds between which the truth lies in 95 of 100 cases; negative = lost."""

    amount: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_certain(self) -> bool:
        """Whether both bounds lie on the same side of nothing."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What the control group says: `points` is asked − not asked, from −1 to 1, with its bounds.

    All None while either group has nobody to be counted.
    """

    verdict: Verdict
    points: float | None = None
    low: float | None = None
    high: float | None = None
    saved: Money | None = None


def effect_of(asked: Group, held_out: Group, *, parcel_cost: Decimal) -> Effect:
    """Compare who was drawn to be asked with who was drawn not to be; `parcel_cost` in euro per refused parcel."""
    if not asked.rate.of or not held_out.rate.of:
        return Effect(verdict=Verdict.NONE)
    low, high = difference(held_out.rate, asked.rate)
    return Effect(
        verdict=verdict(held_out.rate, asked.rate),
        points=(asked.rate.value or 0.0) - (held_out.rate.value or 0.0),
        low=low,
        high=high,
        saved=_saved(asked, held_out, parcel_cost),
    )


def _saved(asked: Group, held_out: Group, parcel_cost: Decimal) -> Money:
    """Return what the asked orders would have cost more unasked, less what the messages cost."""
    low, high = difference(asked.burden, held_out.burden)
    middle = (held_out.burden.value or 0.0) - (asked.burden.value or 0.0)

    def euro(fewer: float) -> Decimal:
        parcels = Decimal(repr(fewer)) * asked.orders
        return (parcels * parcel_cost - asked.spent).quantize(CENT, ROUND_HALF_UP)

    return Money(amount=euro(middle), low=euro(low), high=euro(high))
