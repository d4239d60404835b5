"""What taking a body made of it. Changes are named after the columns that changed."""

from dataclasses import dataclass

from orders.models import Checkout, Order, Parcel


@dataclass(frozen=True, slots=True)
class Taken:
    """`is_stale`: older news, or the same again; nothing changed.

    `changes` are columns of Order, and "lines" for what is in it; of a new order all that is not empty.
    """

    order: Order
    is_new: bool
    is_stale: bool
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TakenParcel:
    """`changes` are columns of Parcel; of a new parcel all that is not empty."""

    parcel: Parcel
    is_new: bool
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TakenCheckout:
    """`changes` are columns of Checkout; of a new one all that is not empty."""

    checkout: Checkout
    is_new: bool
    changes: frozenset[str]
