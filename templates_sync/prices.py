"""What a message of a category costs. The floor above keeps the prices and registers them here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Price:
    """Euro per delivered message in the market that most messages go to."""

    amount: Decimal
    market: str
    is_estimate: bool

    def __str__(self) -> str:
        """Return it in the active language: “0,0572 € (Italia, stima)”."""
        amount = number_format(self.amount, decimal_pos=4)
        words = {"amount": amount, "market": self.market}
        if self.is_estimate:
            return _("%(amount)s € (%(market)s, estimate)") % words
        return _("%(amount)s € (%(market)s)") % words


PriceList = Callable[[str, datetime], Price]
_lists: list[PriceList] = []


def register(price_list: PriceList) -> None:
    """Take prices from `price_list`, called with a category and a moment; it replaces another."""
    _lists[:] = [price_list]


def price_of(category: str, *, now: datetime) -> Price | None:
    """Return what a message of `category` costs, None where nobody keeps prices."""
    return _lists[0](category, now) if _lists else None
