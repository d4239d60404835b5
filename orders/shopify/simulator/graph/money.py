"""MoneyV2."""

from orders.shopify.simulator.forms import Json, money


def amount(cents: int, currency: str) -> Json:
    return {"amount": money(cents), "currencyCode": currency}
