"""A buyer at the shop: an order, a checkout that is left behind, a new customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orders.shopify.simulator.acts.telling import Happening
from orders.shopify.simulator.bodies import people
from orders.shopify.simulator.bodies.goods import gone_checkout_body
from orders.shopify.simulator.bodies.money_back import transaction_body
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import (
    Address,
    Checkout,
    Consent,
    Customer,
    Line,
    Order,
    Product,
    ShippingLine,
    Transaction,
)

COD = "Cash on Delivery (COD)"
COD_EXTRA_CENTS = 290
SHIPPING_CENTS = 490
FREE_FROM_CENTS = 4_900


class ActRefused(Exception):
    """It cannot be done; the text says why, for the person who asked."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One product and how many; `price_cents` and `title` of one's own make a line without product."""

    product_id: int | None = None
    quantity: int = 1
    title: str = ""
    price_cents: int | None = None
    requires_shipping: bool = True
    gift_card: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought, by whom, and how it is paid. Left out means: as the customer has it."""

    wishes: tuple[Wish, ...]
    customer: Customer | None = None
    gateways: tuple[str, ...] = (COD,)
    is_paid: bool = False
    paid_cents: int = 0
    address: Address | None = None
    billing: Address | None = None
    has_address: bool = True
    email: str | None = None
    phone: str = ""
    locale: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    source_name: str = "web"
    is_test: bool = False
    shipping_title: str | None = None
    shipping_cents: int | None = None
    presentment: tuple[str, str] = ("EUR", "1")
    checkout: Checkout | None = None
    omitted: tuple[str, ...] = ()


def new_customer(
    shop: Shop, *, whatsapp: bool = False, is_told: bool = True, **known: Any
) -> Customer:
    """Make a customer account; `whatsapp` ticks the box of the native consent."""
    happening = Happening(shop)
    made = Customer(
        id=shop.ids.new("Customer"), created_at=happening.at, updated_at=happening.at, **known
    )
    for address in made.addresses:
        address.id = address.id or shop.ids.new("MailingAddress")
    shop.state.customers[made.id] = made
    if is_told:
        happening.customer(made, "customers/create")
    if whatsapp:
        from_box = Consent(state="subscribed", updated_at=happening.at)
        set_consent(shop, made, "whatsapp", from_box, happening=happening)
    return made


def set_consent(
    shop: Shop,
    customer: Customer,
    channel: str,
    consent: Consent,
    *,
    happening: Happening | None = None,
) -> None:
    """`channel`: whatsapp, sms or email. Needs a phone, or an e-mail address.

    :raises ActRefused: the customer has none.
    """
    reach = customer.email if channel == "email" else customer.phone
    if not reach:
        raise ActRefused("A consent needs a phone, or an e-mail address.")
    happening = happening or Happening(shop)
    setattr(customer, f"{channel}_consent", consent)
    customer.updated_at = happening.at
    topic, body = {
        "whatsapp": ("customers_whats_app_marketing_consent/update", people.whatsapp_body),
        "sms": ("customers_marketing_consent/update", people.sms_body),
        "email": ("customers_email_marketing_consent/update", people.email_body),
    }[channel]
    happening.tell(topic, body(customer))
    happening.customer(customer)


def place(shop: Shop, purchase: Purchase) -> Order:
    """Make an order and tell of it.

    :raises ActRefused: nothing is bought, or a product is not there.
    """
    happening = Happening(shop)
    lines = lines_of(shop, purchase.wishes)
    order = _order(shop, purchase, happening, lines)
    order.transactions = _payments(shop, order, purchase, happening)
    shop.state.orders[order.id] = order
    customer = shop.customer_of(order)
    _tell_checkout(shop, order, purchase, happening)
    if customer:
        happening.customer(customer)
    happening.order(order, "orders/create", *(["orders/paid"] if _is_paid(order) else []))
    _tell_money(shop, order, happening)
    for product in _sold(shop, lines):
        happening.product(product)
    if customer:
        happening.purchases(customer)
    return order


def _order(shop: Shop, purchase: Purchase, happening: Happening, lines: list[Line]) -> Order:
    shop.state.last_number += 1
    number, customer = shop.state.last_number, purchase.customer
    address = purchase.address or (
        customer.addresses[0] if customer and customer.addresses else None
    )
    address = replace(address) if address and purchase.has_address else None
    billing = purchase.billing or (replace(address) if address else None)
    currency, rate = purchase.presentment
    email = purchase.email
    return Order(
        id=shop.ids.new("Order"),
        number=number,
        name=f"#{number}",
        created_at=happening.at,
        updated_at=happening.at,
        customer_id=customer.id if customer else None,
        email=(customer.email if customer else "") if email is None else email,
        phone=purchase.phone,
        locale=purchase.locale or (customer.locale if customer else "it"),
        shipping_address=address,
        billing_address=billing,
        lines=lines,
        shipping_lines=_shipping(shop, purchase, lines),
        gateways=list(purchase.gateways),
        tags=list(purchase.tags),
        note=purchase.note,
        attributes=dict(purchase.attributes),
        source_name=purchase.source_name,
        is_test=purchase.is_test,
        checkout_token=_checkout_token(shop, purchase),
        cart_token=_cart_token(shop, purchase),
        presentment_currency=currency,
        presentment_rate=rate,
        omitted=list(purchase.omitted),
    )


def _checkout_token(shop: Shop, purchase: Purchase) -> str | None:
    """Orders that an app or staff made have no checkout."""
    if purchase.checkout:
        return purchase.checkout.token
    return shop.ids.token() if purchase.source_name == "web" else None


def _cart_token(shop: Shop, purchase: Purchase) -> str | None:
    if purchase.checkout:
        return purchase.checkout.cart_token
    return shop.ids.token() if purchase.source_name == "web" else None


def lines_of(shop: Shop, wishes: tuple[Wish, ...]) -> list[Line]:
    """:raises ActRefused: nothing is wished for, or something that is not there."""
    lines = [_line(shop, wish) for wish in wishes if wish.quantity > 0]
    if not lines:
        raise ActRefused("Nothing is in the cart.")
    return lines


def _line(shop: Shop, wish: Wish) -> Line:
    product = shop.state.products.get(wish.product_id or 0)
    if wish.product_id and product is None:
        raise ActRefused("This product is not in the shop.")
    price = (
        wish.price_cents
        if wish.price_cents is not None
        else (product.price_cents if product else 0)
    )
    return Line(
        id=shop.ids.new("LineItem"),
        title=wish.title or (product.title if product else "Articolo su misura"),
        price_cents=price,
        quantity=wish.quantity,
        current_quantity=wish.quantity,
        product_id=product.id if product else None,
        variant_id=product.variant_id if product else None,
        vendor=product.vendor if product else "",
        requires_shipping=product.requires_shipping if product else wish.requires_shipping,
        gift_card=wish.gift_card,
    )


def _shipping(shop: Shop, purchase: Purchase, lines: list[Line]) -> list[ShippingLine]:
    """Italian shops hide the price of paying at the door in a shipping rate."""
    if not any(line.requires_shipping for line in lines):
        return []
    goods = sum(line.price_cents * line.quantity for line in lines)
    is_cod = COD in purchase.gateways
    cents = 0 if goods >= FREE_FROM_CENTS else SHIPPING_CENTS
    title = "Corriere espresso"
    if is_cod:
        cents, title = cents + COD_EXTRA_CENTS, "Contrassegno (+2,90 €)"
    if purchase.shipping_cents is not None:
        cents = purchase.shipping_cents
    return [ShippingLine(shop.ids.new("ShippingLine"), purchase.shipping_title or title, cents)]


def _payments(
    shop: Shop, order: Order, purchase: Purchase, happening: Happening
) -> list[Transaction]:
    """What came in at once; a COD order has a pending transaction, which no webhook tells of."""
    amount = order.current_total_cents if purchase.is_paid else purchase.paid_cents
    gateways = list(purchase.gateways)
    payments: list[Transaction] = []
    if amount:
        payments.append(
            _payment(shop, gateways[0] if gateways else "", amount, "success", happening)
        )
    left = order.current_total_cents - amount
    if left > 0 and gateways and gateways[-1]:
        payments.append(_payment(shop, gateways[-1], left, "pending", happening))
    return payments


def _payment(
    shop: Shop, gateway: str, cents: int, status: str, happening: Happening
) -> Transaction:
    is_manual = status == "pending"
    return Transaction(
        id=shop.ids.new("OrderTransaction"),
        kind="sale",
        status=status,
        gateway=gateway,
        is_manual=is_manual,
        amount_cents=cents,
        at=happening.at,
    )


def _is_paid(order: Order) -> bool:
    return order.outstanding_cents == 0 and order.paid_cents > 0


def _tell_money(shop: Shop, order: Order, happening: Happening) -> None:
    for payment in order.transactions:
        if payment.status == "success":
            body = transaction_body(payment, order, shop.config.currency)
            happening.tell("order_transactions/create", body)


def _tell_checkout(shop: Shop, order: Order, purchase: Purchase, happening: Happening) -> None:
    """The checkout the order came from is complete; a quick buyer's is told of with the order."""
    checkout = purchase.checkout
    if checkout is None and order.checkout_token:
        checkout = _checkout(shop, order)
        happening.checkout(checkout, "checkouts/create")
    if checkout:
        checkout.completed_at = happening.at
        happening.checkout(checkout, "checkouts/update")


def _checkout(shop: Shop, order: Order) -> Checkout:
    return Checkout(
        id=shop.ids.new("AbandonedCheckout"),
        token=order.checkout_token or "",
        cart_token=order.cart_token or "",
        created_at=order.created_at,
        updated_at=order.created_at,
        customer_id=order.customer_id,
        email=order.email,
        phone=order.phone,
        locale=order.locale,
        shipping_address=order.shipping_address,
        lines=list(order.lines),
        url=recovery_url(shop, order.checkout_token or ""),
    )


def recovery_url(shop: Shop, token: str) -> str:
    return f"https://{shop.domain}/checkouts/{token}/recover?key={shop.ids.token()}"


def _sold(shop: Shop, lines: list[Line]) -> list[Product]:
    """Take what was sold off the shelf; return what changed."""
    sold = []
    for line in lines:
        product = shop.state.products.get(line.product_id or 0)
        if product:
            product.stock = max(product.stock - line.quantity, 0)
            sold.append(product)
    return sold


def abandon(shop: Shop, purchase: Purchase) -> Checkout:
    """Type details, put things into the cart, and leave.

    :raises ActRefused: nothing is in the cart.
    """
    happening, customer = Happening(shop), purchase.customer
    token = shop.ids.token()
    address = purchase.address or (
        customer.addresses[0] if customer and customer.addresses else None
    )
    checkout = Checkout(
        id=shop.ids.new("AbandonedCheckout"),
        token=token,
        cart_token=shop.ids.token(),
        created_at=happening.at,
        updated_at=happening.at,
        customer_id=customer.id if customer else None,
        email=purchase.email or (customer.email if customer else ""),
        phone=purchase.phone,
        locale=purchase.locale or (customer.locale if customer else "it"),
        shipping_address=replace(address) if address and purchase.has_address else None,
        lines=lines_of(shop, purchase.wishes),
        url=recovery_url(shop, token),
    )
    shop.state.checkouts[checkout.id] = checkout
    happening.checkout(checkout, "checkouts/create")
    happening.checkout(checkout, "checkouts/update")
    return checkout


def drop_checkout(shop: Shop, checkout: Checkout) -> None:
    """`checkouts/delete`: the body has no token."""
    del shop.state.checkouts[checkout.id]
    happening = Happening(shop)
    happening.tell("checkouts/delete", gone_checkout_body(checkout, currency=shop.config.currency))
