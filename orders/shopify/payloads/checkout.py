"""A checkout: a cart with somebody's details in it. Shopify tells of each step, never of its abandonment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from orders.shopify.payloads.address import Address, read_address
from orders.shopify.payloads.customer import CustomerPayload, read_customer
from orders.shopify.payloads.money import currency, first_cents
from orders.shopify.payloads.phones import FoundPhone, find_phones
from orders.shopify.payloads.reading import (
    JsonObject,
    Unreadable,
    as_object,
    identifier,
    language,
    moment,
    objects,
    own_id,
    pairs,
    text,
    whole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutLinePayload:
    """`price_cents` is of one piece."""

    title: str = ""
    quantity: int = 1
    price_cents: int = 0
    product_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutPayload:
    """Known by its token; a deletion carries `id` and `cart_token` alone.

    `recovery_url` opens the buyer's own checkout: a secret between shop and buyer.
    """

    id: int | None = None
    token: str = ""
    cart_token: str = ""
    email: str = ""
    phones: tuple[FoundPhone, ...] = ()
    customer: CustomerPayload | None = None
    shipping_address: Address | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    lines: tuple[CheckoutLinePayload, ...] = ()
    amount_cents: int = 0
    currency: str = "EUR"
    language: str = ""
    recovery_url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None


def read_checkout(body: object) -> CheckoutPayload:
    """Read the body of a checkouts/* topic.

    :raises Unreadable: with neither id, token nor cart token.
    """
    read = as_object(body)
    own, token, cart = own_id(read), text(read.get("token"), 64), text(read.get("cart_token"), 100)
    if own is None and not token and not cart:
        raise Unreadable("the checkout has neither id nor token")
    customer = read_customer(read.get("customer"))
    shipping = read_address(read.get("shipping_address"))
    return CheckoutPayload(
        id=own,
        token=token,
        cart_token=cart,
        email=text(read.get("email"), 254) or (customer.email if customer else ""),
        phones=_phones(read, shipping, customer),
        customer=customer,
        shipping_address=shipping,
        attributes=pairs(read.get("note_attributes")),
        lines=tuple(_line(line) for line in objects(read.get("line_items"))),
        amount_cents=max(first_cents(read, "total_price", "subtotal_price") or 0, 0),
        currency=_currency(read),
        language=language(read.get("customer_locale")),
        recovery_url=text(read.get("abandoned_checkout_url")),
        created_at=moment(read.get("created_at")),
        updated_at=moment(read.get("updated_at")) or moment(read.get("created_at")),
        completed_at=moment(read.get("completed_at")),
    )


def _phones(
    body: JsonObject, shipping: Address | None, customer: CustomerPayload | None
) -> tuple[FoundPhone, ...]:
    typed = text(body.get("phone")) or text(body.get("sms_marketing_phone"))
    billing = read_address(body.get("billing_address"))
    return find_phones(phone=typed, shipping=shipping, billing=billing, customer=customer)


def _currency(body: JsonObject) -> str:
    """Totals of a checkout are in the currency the buyer sees."""
    return currency(body.get("presentment_currency")) or currency(body.get("currency")) or "EUR"


def _line(body: JsonObject) -> CheckoutLinePayload:
    price = first_cents(body, "price", "variant_price")
    title = text(body.get("presentment_title"), 255) or text(body.get("title"), 255)
    return CheckoutLinePayload(
        title=title,
        quantity=max(whole(body.get("quantity"), 1), 0),
        price_cents=max(price or 0, 0),
        product_id=identifier(body.get("product_id")),
    )
