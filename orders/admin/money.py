"""Euro cents as people read them."""

from decimal import Decimal

from django.utils.formats import number_format


def euros(cents: int) -> str:
    return f"{number_format(Decimal(cents) / 100, decimal_pos=2)} €"
