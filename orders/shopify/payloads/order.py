"""An order as webhooks tell it, whichever of their shapes: REST since 2023-07, with keys left out or null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orders.shopify.payloads.address import Address, read_address
from orders.shopify.payloads.amounts import read_amounts
from orders.shopify.payloads.customer import CustomerPayload, read_customer
from orders.shopify.payloads.fulfillment import FulfillmentPayload, read_fulfillment
from orders.shopify.payloads.money import first_cents
from orders.shopify.payloads.phones import FoundPhone, find_phones
from orders.shopify.payloads.reading import (
    JsonObject,
    Unreadable,
    as_object,
    flag,
    identifier,
    language,
    missing,
    moment,
    objects,
    own_id,
    pairs,
    tags,
    text,
    texts,
    whole,
)
from orders.shopify.payloads.refund import RefundPayload, read_refund
from orders.shopify.payloads.returns import ReturnPayload, read_return

# Of which field a body says nothing when none of these keys is in it (`include_fields`, missing approvals).
FIELDS = {
    "name": ("name",),
    "email": ("email", "contact_email"),
    # Without the address one of the five places is not there to be looked at.
    "phones": ("shipping_address",),
    "customer": ("customer",),
    "shipping_address": ("shipping_address",),
    "total": ("current_total_price", "total_price", "current_total_price_set", "total_price_set"),
    "outstanding": (
        "total_outstanding",
        "current_total_price",
        "total_price",
        "current_total_price_set",
        "total_price_set",
    ),
    "financial_status": ("financial_status",),
    "fulfillment_status": ("fulfillment_status",),
    "gateway_names": ("payment_gateway_names", "gateway"),
    "tags": ("tags",),
    "note": ("note",),
    "attributes": ("note_attributes",),
    "source_name": ("source_name",),
    "language": ("customer_locale",),
    "is_test": ("test",),
    "placed_at": ("created_at", "processed_at"),
    "lines": ("line_items",),
    "shipping_titles": ("shipping_lines",),
    "checkout_token": ("checkout_token",),
    "cart_token": ("cart_token",),
    "cancelled_at": ("cancelled_at",),
    "closed_at": ("closed_at",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePayload:
    """`quantity` is what is left after edits and removals, `original_quantity` what was bought.

    `price_cents` is of one piece, in the shop's currency. Custom lines have neither product nor variant.
    """

    id: int | None = None
    product_id: int | None = None
    variant_id: int | None = None
    title: str = ""
    quantity: int = 1
    original_quantity: int = 1
    price_cents: int = 0
    requires_shipping: bool = True
    is_gift_card: bool = False
    # Webhooks leave these to the catalogue; None: nothing is said.
    product_type: str | None = None
    product_tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPayload:
    """`total_cents` is what the order costs today, in the shop's `currency`; `outstanding_cents` what is still
    to be paid, in `due_currency`: the one the buyer saw. `phones` are as typed, the most believed first.
    `missing` names the fields of `FIELDS` the body says nothing of: they stay as they are known.
    """

    id: int
    name: str = ""
    email: str = ""
    phones: tuple[FoundPhone, ...] = ()
    customer: CustomerPayload | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    total_cents: int = 0
    outstanding_cents: int = 0
    currency: str = "EUR"
    due_currency: str = "EUR"
    financial_status: str = ""
    fulfillment_status: str = ""
    gateway_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    source_name: str = ""
    language: str = ""
    is_test: bool = False
    needs_shipping: bool = True
    lines: tuple[LinePayload, ...] = ()
    shipping_titles: tuple[str, ...] = ()
    checkout_token: str = ""
    cart_token: str = ""
    created_at: datetime | None = None
    processed_at: datetime | None = None
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    closed_at: datetime | None = None
    fulfillments: tuple[FulfillmentPayload, ...] = ()
    refunds: tuple[RefundPayload, ...] = ()
    returns: tuple[ReturnPayload, ...] = ()
    missing: frozenset[str] = frozenset()

    @property
    def placed_at(self) -> datetime | None:
        """When the buyer placed it: orders brought in from elsewhere were placed before Shopify made them."""
        known = [at for at in (self.processed_at, self.created_at) if at is not None]
        return min(known, default=self.updated_at)


def read_order(body: object) -> OrderPayload:
    """Read the body of an orders/* topic (not orders/edited, which has another root).

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the order has no id")
    customer = read_customer(read.get("customer"))
    shipping = read_address(read.get("shipping_address"))
    billing = read_address(read.get("billing_address"))
    amounts = read_amounts(read)
    lines = tuple(read_line(line) for line in objects(read.get("line_items")))
    return OrderPayload(
        id=own,
        name=_name(read),
        email=text(read.get("email"), 254) or text(read.get("contact_email"), 254),
        phones=find_phones(
            phone=read.get("phone"), shipping=shipping, billing=billing, customer=customer
        ),
        customer=customer,
        shipping_address=shipping,
        billing_address=billing,
        total_cents=amounts.total_cents,
        outstanding_cents=amounts.due_cents,
        currency=amounts.currency,
        due_currency=amounts.due_currency,
        financial_status=text(read.get("financial_status"), 30).lower(),
        fulfillment_status=text(read.get("fulfillment_status"), 30).lower(),
        gateway_names=_gateways(read),
        tags=tuple(tag[:255] for tag in tags(read.get("tags"))),
        note=text(read.get("note")),
        attributes=pairs(read.get("note_attributes")),
        source_name=text(read.get("source_name"), 100),
        language=language(read.get("customer_locale")),
        is_test=flag(read.get("test")),
        needs_shipping=is_to_ship(lines) if "line_items" in read else True,
        lines=lines,
        shipping_titles=_shipping_titles(read),
        checkout_token=text(read.get("checkout_token"), 64),
        cart_token=text(read.get("cart_token"), 100),
        created_at=moment(read.get("created_at")),
        processed_at=moment(read.get("processed_at")),
        updated_at=moment(read.get("updated_at")) or moment(read.get("created_at")),
        cancelled_at=moment(read.get("cancelled_at")),
        cancel_reason=text(read.get("cancel_reason"), 30).lower(),
        closed_at=moment(read.get("closed_at")),
        fulfillments=tuple(
            read_fulfillment(o, order_id=own) for o in _with_id(read.get("fulfillments"))
        ),
        refunds=tuple(read_refund(o, order_id=own) for o in _with_id(read.get("refunds"))),
        returns=tuple(read_return(o, order_id=own) for o in _with_id(read.get("returns"))),
        missing=missing(read, FIELDS),
    )


def read_line(body: JsonObject) -> LinePayload:
    """Read one of `line_items`; what is not said to need no shipping does, except a gift card."""
    bought = max(whole(body.get("quantity"), 1), 0)
    left = whole(body.get("current_quantity"), bought)
    is_gift_card = flag(body.get("gift_card"))
    return LinePayload(
        id=own_id(body),
        product_id=identifier(body.get("product_id")),
        variant_id=identifier(body.get("variant_id")),
        title=text(body.get("title"), 255) or text(body.get("name"), 255),
        quantity=max(left, 0),
        original_quantity=bought,
        price_cents=max(first_cents(body, "price") or 0, 0),
        requires_shipping=flag(body.get("requires_shipping"), default=not is_gift_card),
        is_gift_card=is_gift_card,
    )


def is_to_ship(lines: Sequence[LinePayload]) -> bool:
    """Tell whether anything of it goes into a parcel: lines taken out no longer do."""
    return any(line.requires_shipping and line.quantity > 0 for line in lines)


def _name(body: JsonObject) -> str:
    """What the customer knows it by; a prefix may be set, so it is no number."""
    name = text(body.get("name"), 50)
    if name:
        return name
    number = text(body.get("order_number"), 40)
    return f"#{number}" if number else ""


def _gateways(body: JsonObject) -> tuple[str, ...]:
    """Names may be missing, or one empty text; bodies before 2022 had a single one."""
    names = texts(body.get("payment_gateway_names"))
    legacy = text(body.get("gateway"))
    if not names and legacy and "payment_gateway_names" not in body:
        names = (legacy,)
    return tuple(name[:255] for name in names)


def _shipping_titles(body: JsonObject) -> tuple[str, ...]:
    rates = objects(body.get("shipping_lines"))
    return texts([rate.get("title") for rate in rates if not flag(rate.get("is_removed"))])


def _with_id(value: object) -> list[JsonObject]:
    """An embedded copy without id cannot be told from another: its own topic brings it."""
    return [item for item in objects(value) if own_id(item) is not None]
