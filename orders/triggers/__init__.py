"""What sets flows off besides a confirmation: parcels on their way, carts left behind, and time that passes."""

from orders.triggers.checkouts import ABANDONED
from orders.triggers.parcels import PARCEL_TRIGGERS
from orders.triggers.refill import REFILL_DUE
from orders.triggers.win_back import LAPSED

__all__ = ["register_triggers"]


def register_triggers() -> None:
    """Offer them to flows; called when the application starts."""
    from campaigns.flows import triggers

    for trigger in (*PARCEL_TRIGGERS, ABANDONED, REFILL_DUE, LAPSED):
        triggers.register(trigger)
