"""What writing to a person costs: Meta's price for her country, without Spoki's own fee."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from audiences.models import Contact
from campaigns.cost import MARKETS, Rate, market_of, rate_for
from campaigns.rates import rates_in_use
from templates_sync.models import TemplateVersion
from templates_sync.prices import Price

# Free texts that each number may send in a month before they cost anything (Meta, Pricing, since October 2026).
FREE_TEXTS = 1_000
SERVICE = "service"


def price_for(
    contact: Contact,
    category: str,
    *,
    is_open: bool = False,
    now: datetime,
    rates: Sequence[Rate] | None = None,
) -> Price:
    """Return the price of one message of `category` ("service" is a free text) to the contact.

    Utility in an open window is free as long as free texts are.
    """
    market = market_of(contact.phone or "")
    rate = rate_for(market, on=timezone.localdate(now), rates=rates or rates_in_use())
    is_free = category == TemplateVersion.Category.UTILITY and is_open and not rate.of(SERVICE)
    amount = rate.of(SERVICE) if is_free else rate.of(category)
    return Price(amount, str(MARKETS.get(market, market)), rate.is_estimate)
