"""The five places of an order that may hold a phone, in the order in which they are believed."""

from __future__ import annotations

from dataclasses import dataclass

from orders.shopify.payloads.address import Address
from orders.shopify.payloads.customer import CustomerPayload
from orders.shopify.payloads.reading import text

HOME = "IT"


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """A phone as it was typed; `region` is the country whose prefix goes without saying."""

    place: str
    raw: str
    region: str = HOME


def find_phones(
    *,
    phone: object,
    shipping: Address | None,
    billing: Address | None,
    customer: CustomerPayload | None,
) -> tuple[FoundPhone, ...]:
    """Return what was typed: shipping address first, since that is the number the courier calls.

    A number without prefix is of the country the parcel goes to.
    """
    default = customer.default_address if customer else None
    region = next(
        (a.country_code for a in (shipping, billing, default) if a and a.country_code), HOME
    )
    typed = (
        ("shipping_address", shipping.phone if shipping else ""),
        ("order", text(phone)),
        ("billing_address", billing.phone if billing else ""),
        ("customer", customer.phone if customer else ""),
        ("default_address", default.phone if default else ""),
    )
    return tuple(FoundPhone(place, raw, region) for place, raw in typed if raw)
