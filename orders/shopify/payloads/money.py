"""Amounts in hundredths of their currency. Shopify writes them as texts ("84.60", "08.22"), numbers or null."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

from orders.shopify.payloads.reading import JsonObject, as_object, text

# The largest amount a column holds; what is above is no amount of a shop.
_LARGEST = 10**15
# "No currency" in ISO 4217; Shopify writes it in empty sets.
NO_CURRENCY = "XXX"


@dataclass(frozen=True, slots=True)
class Money:
    cents: int
    currency: str

    @classmethod
    def of(cls, value: object) -> Self | None:
        """Read {"amount", "currency_code"}, or `currencyCode` as GraphQL says; None without an amount."""
        body = as_object(value)
        read = cents(body.get("amount"))
        if read is None:
            return None
        named = (body.get(key) for key in ("currency_code", "currencyCode", "currency"))
        return cls(read, next((code for code in map(currency, named) if code), ""))


@dataclass(frozen=True, slots=True)
class MoneySet:
    """The same amount in the shop's currency and in the one the buyer saw."""

    shop: Money | None
    presentment: Money | None

    @classmethod
    def of(cls, value: object) -> Self:
        body = as_object(value)
        return cls(
            shop=Money.of(body.get("shop_money", body.get("shopMoney"))),
            presentment=Money.of(body.get("presentment_money", body.get("presentmentMoney"))),
        )


def cents(value: object) -> int | None:
    """Return an amount in hundredths, half a hundredth rounded up; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    if not amount.is_finite() or abs(amount) > _LARGEST // 100:
        return None
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def currency(value: object) -> str:
    """Return an ISO code in capitals; "" for what is none."""
    code = text(value).upper()
    is_code = len(code) == 3 and code.isascii() and code.isalpha()
    return code if is_code and code != NO_CURRENCY else ""


def first_cents(body: JsonObject, *keys: str) -> int | None:
    """Return the first of the keys that holds an amount, itself or as a set in the shop's currency."""
    for key in keys:
        read = cents(body.get(key))
        if read is not None:
            return read
        inside = MoneySet.of(body.get(f"{key}_set")).shop
        if inside is not None:
            return inside.cents
    return None
