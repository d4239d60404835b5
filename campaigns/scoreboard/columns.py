"""Figures that a higher floor adds to each campaign and flow, such as revenue and refused parcels.

None is registered here: a column is there once somebody knows what belongs in it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise

from campaigns.figures import money, number

Text = str | Promise
# From then on, and before then; None = open.
Bounds = tuple[datetime | None, datetime | None]
# A flow and a version of a template: one use of the scoreboard.
FlowUse = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Column:
    """One more figure. `amounts` returns campaign id → amount, for those of which it knows one; sums
    are made by addition. `is_money`: the amounts are euro. `of_flows` returns (flow id, template
    version id) → amount of what flows sent between two moments; None: it knows of campaigns alone.
    `meaning` says to a reader what is counted."""

    label: Text
    amounts: Callable[[Collection[int]], Mapping[int, Decimal]]
    is_money: bool = False
    of_flows: Callable[[Collection[int], Bounds], Mapping[FlowUse, Decimal]] | None = None
    meaning: Text = ""

    def shown(self, amount: Decimal) -> str:
        if self.is_money:
            return f"{money(amount)} €"
        is_whole = amount == amount.to_integral_value()
        return number(int(amount) if is_whole else float(amount))


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
