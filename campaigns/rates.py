"""Which rates count, and how a person adds a card: earlier ones stay as they were."""

from campaigns.cost import FIRST_RATES, Rate
from campaigns.models import MessageRate


def rates_in_use() -> tuple[Rate, ...]:
    """Return the rates of every market and day, for `campaigns.cost`; one small query.

    Where nobody keeps any, the first ones count. A correction of a day comes after what it corrects.
    """
    kept = tuple(_rate(row) for row in MessageRate.objects.order_by("valid_from", "pk"))
    return kept or FIRST_RATES


def _rate(row: MessageRate) -> Rate:
    return Rate(
        market=row.market,
        valid_from=row.valid_from,
        marketing=row.marketing,
        utility=row.utility,
        authentication=row.authentication,
        service=row.service,
        is_estimate=row.is_estimate,
    )
