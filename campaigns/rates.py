"""Which rates count, and how a person adds a card: earlier ones stay as they were."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.cost import FIRST_RATES, MARKETS, Rate, rate_for
from campaigns.models import MessageRate
from campaigns.policy_rules import Problem
from templates_sync.prices import Price

logger = logging.getLogger(__name__)

CATEGORIES = ("marketing", "utility", "authentication", "service")
# Meta's dearest message costs a seventh of this: above it a decimal was lost.
DEAREST = Decimal(1)
_FOUR_PLACES = Decimal("0.0001")


class CardRefused(Exception):
    """The card cannot be added; `problems` say why, by field."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem.text) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Card:
    """Prices in euro per delivered message from `valid_from` on, by market and category.

    A market that is not in `prices` keeps its earlier ones.
    """

    valid_from: date
    source: str
    verified_on: date
    is_estimate: bool
    prices: Mapping[str, Mapping[str, Decimal]]


def rates_in_use() -> tuple[Rate, ...]:
    """Return the rates of every market and day, for `campaigns.cost`; one small query.

    Where nobody keeps any, the first ones count. A correction of a day comes after what it corrects.
    """
    kept = tuple(_rate(row) for row in MessageRate.objects.order_by("valid_from", "pk"))
    return kept or FIRST_RATES


def price_at_home(category: str, now: datetime) -> Price:
    """Return what a message of `category` to Italy costs, for the pages of templates."""
    rate = rate_for("IT", on=timezone.localdate(now), rates=rates_in_use())
    return Price(rate.of(category), str(MARKETS["IT"]), rate.is_estimate)


def add_card(*, card: Card, by: User, now: datetime) -> list[MessageRate]:
    """Keep `card` beside the earlier ones.

    :raises CardRefused: with every problem found; nothing was kept.
    """
    if problems := _problems_of(card, today=timezone.localdate(now)):
        raise CardRefused(problems)
    with transaction.atomic():
        rows = [
            MessageRate.objects.create(
                market=market,
                valid_from=card.valid_from,
                is_estimate=card.is_estimate,
                source=card.source.strip(),
                verified_on=card.verified_on,
                added_by=by,
                added_at=now,
                **prices,
            )
            for market, prices in card.prices.items()
        ]
    logger.info("rates of %d markets from %s added by user %s", len(rows), card.valid_from, by.pk)
    return rows


def _problems_of(card: Card, *, today: date) -> list[Problem]:
    problems = []
    if not card.prices:
        problems.append(Problem("prices", _("Write the prices of at least one market.")))
    if unknown := sorted(set(card.prices) - set(MARKETS)):
        text = _("We do not know these markets: %(names)s.")
        problems.append(Problem("prices", text % {"names": ", ".join(unknown)}))
    if any(not 0 <= price <= DEAREST for row in card.prices.values() for price in row.values()):
        text = _("A message costs between 0 and 1 euro: look at the decimals.")
        problems.append(Problem("prices", text))
    if not card.source.strip():
        problems.append(Problem("source", _("Say where the prices come from.")))
    if card.verified_on > today:
        problems.append(Problem("verified_on", _("Not later than today.")))
    return problems


def _rate(row: MessageRate) -> Rate:
    prices = {category: _short(getattr(row, category)) for category in CATEGORIES}
    return Rate(row.market, row.valid_from, is_estimate=row.is_estimate, **prices)


def _short(price: Decimal) -> Decimal:
    """Return 0.0572 for the 0.057200 of the column; more than four decimals stay."""
    rounded = price.quantize(_FOUR_PLACES)
    return rounded if rounded == price else price.normalize()
