"""Numbers and money as people read them."""

from decimal import Decimal

from django.utils.formats import number_format


def number(count: float) -> str:
    """Return a whole number with its groups of three: 1.204 in Italian."""
    return str(number_format(count, force_grouping=True))


def money(amount: Decimal) -> str:
    """Return euro with two decimals: 1.716,00 in Italian."""
    return str(number_format(amount, decimal_pos=2, force_grouping=True))
