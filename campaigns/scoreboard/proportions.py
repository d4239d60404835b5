"""Pure: how far a share can be trusted, and whether two shares differ beyond chance.

Wilson's interval for one share (E. B. Wilson, 1927), Newcombe's for the difference of two (R. G.
Newcombe, 1998, method 10), both at 95 %: unlike the textbook formula they hold for small numbers
and for shares near 0 and 1, which is what opt-outs are.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

# The normal deviate of a two-sided 95 %.
_Z: Final = 1.959963984540054
# Below so many people a share is shown as small, and compared with nothing.
FEWEST: Final = 100


class Verdict(StrEnum):
    """What two shares say about each other, the second one seen from the first."""

    HIGHER = "higher"
    LOWER = "lower"
    UNCLEAR = "unclear"
    FEW = "few"
    EARLY = "early"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of` people; a count above its denominator (a receipt overtaken) is all of them."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """Return the share from 0 to 1; None of nobody."""
        return min(1.0, self.count / self.of) if self.of else None

    @property
    def is_small(self) -> bool:
        return 0 < self.of < FEWEST

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the bounds between which the true share lies in 95 of 100 cases; None of nobody."""
        return wilson(min(self.count, self.of), self.of) if self.of else None


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return the lower and upper bound of `count` / `of`, from 0 to 1. `of` is at least 1."""
    share, square = count / of, _Z * _Z
    centre = share + square / (2 * of)
    spread = _Z * sqrt((share * (1 - share) + square / (4 * of)) / of)
    scale = 1 + square / of
    low = 0.0 if count == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if count == of else min(1.0, (centre + spread) / scale)
    return low, high


def difference(first: Share, second: Share) -> tuple[float, float]:
    """Return the bounds of second − first, from −1 to 1. Both are shares of somebody."""
    a, b = min(first.count, first.of) / first.of, min(second.count, second.of) / second.of
    (low_a, high_a), (low_b, high_b) = (
        wilson(round(a * first.of), first.of),
        wilson(round(b * second.of), second.of),
    )
    low = b - a - sqrt((b - low_b) ** 2 + (high_a - a) ** 2)
    high = b - a + sqrt((high_b - b) ** 2 + (a - low_a) ** 2)
    return low, high


def verdict(first: Share, second: Share, *, is_early: bool = False) -> Verdict:
    """Say whether `second` is higher or lower than `first` beyond chance.

    `is_early`: one of them is still being counted, so the question cannot be answered yet.
    """
    if not first.of or not second.of:
        return Verdict.NONE
    if min(first.of, second.of) < FEWEST:
        return Verdict.FEW
    if is_early:
        return Verdict.EARLY
    low, high = difference(first, second)
    if low > 0:
        return Verdict.HIGHER
    return Verdict.LOWER if high < 0 else Verdict.UNCLEAR
