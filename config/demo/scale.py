"""How much there is of everything.

The data grows by blocks: each block of people has the same number of orders and carts, so a larger
demo is a smaller one with more blocks, and growing it changes nobody who is there.
"""

from dataclasses import dataclass

PEOPLE_PER_BLOCK = 200
ORDERS_PER_BLOCK = 500
CHECKOUTS_PER_BLOCK = 60
# People: 1,000 for tests, 5,000 unless told otherwise, 60,000 with 150,000 orders.
SCALES = {"small": 1_000, "default": 5_000, "full": 60_000}

# Ids on the invented shop begin here: they tell the demo's rows from those that came later.
PRODUCTS_FROM = 8_100_000_000_000
NAMED_ORDERS_FROM = 8_150_000_000_000
ORDERS_FROM = 8_200_000_000_000
PARCELS_FROM = 8_250_000_000_000
CHECKOUTS_FROM = 8_300_000_000_000
IDS_PER_KIND = 10_000_000


class UnknownScale(Exception):
    """The scale is none of those offered."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks from `first` (counted from 0) to before `end`."""

    first: int
    end: int

    def numbers(self, each: int) -> dict[str, int]:
        """The rows of a kind that has `each` per block, numbered from 1 over all blocks."""
        return {"first": self.first * each + 1, "last": self.end * each}


def blocks_of(scale: str) -> int:
    """:raises UnknownScale: naming those there are."""
    if scale not in SCALES:
        raise UnknownScale(f"DEMO_SCALE is one of {', '.join(SCALES)}, not “{scale}”.")
    return SCALES[scale] // PEOPLE_PER_BLOCK
