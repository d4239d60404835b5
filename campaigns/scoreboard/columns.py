"""Figures that a higher floor adds to each campaign, such as revenue and refused parcels.

None is registered here: a column is there once somebody knows what belongs in it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise

from campaigns.figures import money, number

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Column:
    """One more figure. `amounts` returns campaign id → amount, for those of which it knows one; sums
    are made by addition. `is_money`: the amounts are euro."""

    label: Text
    amounts: Callable[[Collection[int]], Mapping[int, Decimal]]
    is_money: bool = False

    def shown(self, amount: Decimal) -> str:
        return f"{money(amount)} €" if self.is_money else number(float(amount))


_columns: dict[str, Column] = {}


def register(name: str, column: Column) -> None:
    """Add a column; a name registered again replaces the first."""
    _columns[name] = column


def unregister(name: str) -> None:
    _columns.pop(name, None)


def find(name: str) -> Column:
    """:raises KeyError: nothing was added under this name."""
    return _columns[name]


def columns() -> list[Column]:
    """Return what was added, in the order in which it was."""
    return list(_columns.values())
