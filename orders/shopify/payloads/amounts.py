"""What an order costs and what is still to be paid, in the shop's currency and in the buyer's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orders.shopify.payloads.money import Money, MoneySet, cents, currency
from orders.shopify.payloads.reading import JsonObject, text

# Nothing is left to pay, where Shopify does not say how much is.
_SETTLED = frozenset({"paid", "partially_refunded", "refunded", "voided"})


@dataclass(frozen=True, slots=True)
class Amounts:
    total_cents: int
    currency: str
    due_cents: int
    due_currency: str


def read_amounts(body: JsonObject) -> Amounts:
    """Return today's total in the shop's currency, and what is due in the one the buyer saw.

    `total_outstanding` comes in the shop's currency alone: it is converted at the rate of the order's own
    total, so that an unpaid order is due exactly what the buyer saw.
    """
    current = MoneySet.of(body.get("current_total_price_set"))
    original = MoneySet.of(body.get("total_price_set"))
    shop = _first(
        cents(body.get("current_total_price")),
        current.shop,
        cents(body.get("total_price")),
        original.shop,
    )
    seen = current.presentment or original.presentment
    paid_in = _named(currency(body.get("currency")), current.shop, original.shop) or "EUR"
    shown_in = _named(currency(body.get("presentment_currency")), seen) or paid_in
    due_set = MoneySet.of(body.get("total_outstanding_set")).presentment
    if due_set is not None:
        due, due_in = due_set.cents, due_set.currency or shown_in
    else:
        due, due_in = _due(body, shop, seen, paid_in, shown_in)
    return Amounts(max(shop or 0, 0), paid_in, max(due, 0), due_in)


def _due(
    body: JsonObject, total: int | None, seen: Money | None, paid_in: str, shown_in: str
) -> tuple[int, str]:
    """Without the buyer's total there is no rate: then the amount stays in the shop's currency."""
    outstanding = cents(body.get("total_outstanding"))
    if outstanding is None:
        is_settled = text(body.get("financial_status")).lower() in _SETTLED
        outstanding = 0 if is_settled else total or 0
    if shown_in == paid_in:
        return outstanding, paid_in
    rate = _rate(body, seen)
    if rate is None:
        return (0, shown_in) if outstanding == 0 else (outstanding, paid_in)
    return int((outstanding * rate).quantize(Decimal(1), ROUND_HALF_UP)), shown_in


def _rate(body: JsonObject, seen: Money | None) -> Decimal | None:
    """How much of the buyer's currency one of the shop's is, by the totals of the order itself."""
    for key in ("total_price_set", "current_total_price_set"):
        both = MoneySet.of(body.get(key))
        if both.shop and both.presentment and both.shop.cents > 0:
            return Decimal(both.presentment.cents) / Decimal(both.shop.cents)
    total = cents(body.get("current_total_price")) or cents(body.get("total_price"))
    return Decimal(seen.cents) / Decimal(total) if seen and total else None


def _first(*candidates: int | Money | None) -> int | None:
    for found in candidates:
        if found is not None:
            return found.cents if isinstance(found, Money) else found
    return None


def _named(code: str, *moneys: Money | None) -> str:
    return code or next((money.currency for money in moneys if money and money.currency), "")
