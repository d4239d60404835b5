"""What the shop holds. Amounts are cents of the shop's currency; times are aware."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Address:
    """As the buyer typed it: `phone` is free text, the house number may be missing."""

    id: int = 0
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    zip: str = ""
    city: str = ""
    province_code: str = ""
    country_code: str = "IT"
    phone: str = ""


@dataclass(slots=True)
class Consent:
    """States and levels in lower case, as webhooks write them."""

    state: str
    updated_at: datetime
    opt_in_level: str = "single_opt_in"
    collected_from: str = "SHOPIFY"


@dataclass(slots=True)
class Customer:
    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = "it"
    note: str = ""
    tags: list[str] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    email_consent: Consent | None = None
    sms_consent: Consent | None = None
    whatsapp_consent: Consent | None = None
    metafields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Product:
    """One variant each: the pet shop sells sizes as products of their own."""

    id: int
    variant_id: int
    title: str
    price_cents: int
    created_at: datetime
    updated_at: datetime
    product_type: str = ""
    vendor: str = ""
    tags: list[str] = field(default_factory=list)
    stock: int = 100
    requires_shipping: bool = True
    is_active: bool = True


@dataclass(slots=True)
class Line:
    """`quantity` is what was ordered, `current_quantity` what edits and refunds left of it."""

    id: int
    title: str
    price_cents: int
    quantity: int
    current_quantity: int
    product_id: int | None = None
    variant_id: int | None = None
    vendor: str = ""
    requires_shipping: bool = True
    gift_card: bool = False
    fulfilled_quantity: int = 0


@dataclass(slots=True)
class ShippingLine:
    id: int
    title: str
    price_cents: int
    is_removed: bool = False


@dataclass(slots=True)
class Transaction:
    id: int
    kind: str
    status: str
    gateway: str
    is_manual: bool
    amount_cents: int
    at: datetime


@dataclass(slots=True)
class CourierEvent:
    id: int
    status: str
    happened_at: datetime
    created_at: datetime
    message: str = ""
    city: str = ""


@dataclass(slots=True)
class Fulfillment:
    """`status` is of the request to ship, `shipment_status` of the parcel."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    shipment_status: str | None = None
    company: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    quantities: dict[str, int] = field(default_factory=dict)
    events: list[CourierEvent] = field(default_factory=list)


@dataclass(slots=True)
class Refund:
    id: int
    at: datetime
    note: str = ""
    restock_type: str = "return"
    quantities: dict[str, int] = field(default_factory=dict)
    amount_cents: int = 0
    transactions: list[Transaction] = field(default_factory=list)


@dataclass(slots=True)
class Return:
    id: int
    name: str
    created_at: datetime
    status: str = "requested"
    reason: str = "other"
    quantities: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    id: int
    number: int
    name: str
    created_at: datetime
    updated_at: datetime
    customer_id: int | None = None
    email: str = ""
    phone: str = ""
    locale: str = "it"
    shipping_address: Address | None = None
    billing_address: Address | None = None
    lines: list[Line] = field(default_factory=list)
    shipping_lines: list[ShippingLine] = field(default_factory=list)
    gateways: list[str] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    is_voided: bool = False
    tags: list[str] = field(default_factory=list)
    note: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    source_name: str = "web"
    is_test: bool = False
    checkout_token: str | None = None
    cart_token: str | None = None
    # What the buyer saw: another currency, at so many of its units for one of the shop's.
    presentment_currency: str = "EUR"
    presentment_rate: str = "1"
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    edited: bool = False
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    metafields: dict[str, str] = field(default_factory=dict)
    # Keys that bodies of this order leave out, as bodies of other integrations do.
    omitted: list[str] = field(default_factory=list)

    @property
    def goods_cents(self) -> int:
        return sum(line.price_cents * line.current_quantity for line in self.lines)

    @property
    def shipping_cents(self) -> int:
        return sum(line.price_cents for line in self.shipping_lines if not line.is_removed)

    @property
    def ordered_goods_cents(self) -> int:
        return sum(line.price_cents * line.quantity for line in self.lines)

    @property
    def current_total_cents(self) -> int:
        return self.goods_cents + self.shipping_cents

    @property
    def total_cents(self) -> int:
        return self.ordered_goods_cents + self.shipping_cents

    @property
    def paid_cents(self) -> int:
        """What came in, less what went back."""
        signs = {"sale": 1, "capture": 1, "refund": -1}
        return sum(
            signs.get(one.kind, 0) * one.amount_cents
            for one in self.transactions
            if one.status == "success"
        )

    @property
    def outstanding_cents(self) -> int:
        if self.cancelled_at or self.is_voided:
            return 0
        return max(self.current_total_cents - self.paid_cents, 0)

    @property
    def financial_status(self) -> str:
        came = [one for one in self.transactions if one.kind in {"sale", "capture"}]
        received = sum(one.amount_cents for one in came if one.status == "success")
        if received and self.paid_cents <= 0:
            return "refunded"
        if received and self.paid_cents < received:
            return "partially_refunded"
        if self.is_voided:
            return "voided"
        if received:
            return "partially_paid" if self.outstanding_cents else "paid"
        return "pending" if self.total_cents else "paid"

    @property
    def fulfillment_status(self) -> str | None:
        """None while nothing has left, as Shopify writes it."""
        wanted = sum(one.current_quantity for one in self.lines if one.requires_shipping)
        left = sum(one.fulfilled_quantity for one in self.lines if one.requires_shipping)
        if not left:
            return None
        return "fulfilled" if left >= wanted else "partial"

    @property
    def to_ship(self) -> list[Line]:
        return [
            line
            for line in self.lines
            if line.requires_shipping and line.current_quantity > line.fulfilled_quantity
        ]

    def line(self, line_id: int | str) -> Line | None:
        return next((one for one in self.lines if str(one.id) == str(line_id)), None)


@dataclass(slots=True)
class Checkout:
    """Abandoned is a state and no event: contact details, and no purchase."""

    id: int
    token: str
    cart_token: str
    created_at: datetime
    updated_at: datetime
    customer_id: int | None = None
    email: str = ""
    phone: str = ""
    locale: str = "it"
    shipping_address: Address | None = None
    lines: list[Line] = field(default_factory=list)
    completed_at: datetime | None = None
    url: str = ""

    @property
    def total_cents(self) -> int:
        return sum(line.price_cents * line.quantity for line in self.lines)


@dataclass(slots=True)
class Subscription:
    """`is_from_config`: declared in the app's file; the API neither lists nor removes those."""

    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    is_from_config: bool = False
    include_fields: list[str] = field(default_factory=list)
    filter: str = ""
    failures: int = 0
