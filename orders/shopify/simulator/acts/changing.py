"""What staff, or an app, change about an order: tags, note, address, lines, payment, end."""

from datetime import datetime

from orders.shopify.simulator.acts.buying import ActRefused, Wish, lines_of
from orders.shopify.simulator.acts.parcels import cancel_now
from orders.shopify.simulator.acts.telling import Happening
from orders.shopify.simulator.bodies.money_back import refund_body, transaction_body
from orders.shopify.simulator.bodies.orders import edit_body
from orders.shopify.simulator.bodies.people import tags_body
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Customer, Order, Refund, Transaction

REASONS = ("customer", "declined", "fraud", "inventory", "staff", "other")


def add_tags(shop: Shop, thing: Order | Customer, tags: list[str]) -> None:
    """Tags are compared without case; those that are there stay as they are written."""
    have = {tag.casefold() for tag in thing.tags}
    new = [tag.strip() for tag in tags if tag.strip() and tag.strip().casefold() not in have]
    new = list(dict.fromkeys(new))
    if new:
        thing.tags = sorted([*thing.tags, *new], key=str.casefold)
        _tell_tags(shop, thing, "customer.tags_added", new)


def remove_tags(shop: Shop, thing: Order | Customer, tags: list[str]) -> None:
    unwanted = {tag.strip().casefold() for tag in tags}
    gone = [tag for tag in thing.tags if tag.casefold() in unwanted]
    if gone:
        thing.tags = [tag for tag in thing.tags if tag not in gone]
        _tell_tags(shop, thing, "customer.tags_removed", gone)


def _tell_tags(shop: Shop, thing: Order | Customer, topic: str, tags: list[str]) -> None:
    happening = Happening(shop)
    if isinstance(thing, Order):
        happening.order(thing)
        return
    happening.customer(thing)
    happening.tell(topic, tags_body(thing, tags))


def changed(shop: Shop, order: Order) -> None:
    """Something about the order was changed in place: tell."""
    Happening(shop).order(order)


def edit(
    shop: Shop,
    order: Order,
    *,
    quantities: dict[str, int],
    more: tuple[Wish, ...] = (),
    staff_note: str = "",
) -> None:
    """Edit the order: other quantities of lines (0 takes a line out), and new lines.

    :raises ActRefused: cancelled, shipped, or nothing changes.
    """
    if order.cancelled_at or order.fulfillment_status:
        raise ActRefused("An order is edited before it is shipped or cancelled.")
    happening = Happening(shop)
    deltas: dict[int, int] = {}
    for line in order.lines:
        wanted = quantities.get(str(line.id), line.current_quantity)
        if wanted != line.current_quantity:
            deltas[line.id] = wanted - line.current_quantity
            line.quantity = max(line.quantity, wanted)
            line.current_quantity = wanted
    for line in lines_of(shop, more) if more else []:
        order.lines.append(line)
        deltas[line.id] = line.quantity
    if not deltas:
        raise ActRefused("Nothing was changed.")
    order.edited = True
    body = edit_body(
        order,
        edit_id=shop.ids.new("OrderEdit"),
        deltas=deltas,
        at=happening.at,
        staff_note=staff_note,
    )
    happening.tell("orders/edited", body)
    happening.order(order)


def cancel(
    shop: Shop, order: Order, *, reason: str = "customer", with_restock: bool = True
) -> None:
    """:raises ActRefused: it was cancelled before, or a parcel of it is on its way."""
    if order.cancelled_at:
        raise ActRefused("The order is cancelled already.")
    if order.fulfillment_status:
        raise ActRefused("Cannot cancel an order that has fulfillments.")
    if reason not in REASONS:
        raise ActRefused(f"A reason is one of: {', '.join(REASONS)}.")
    cancel_now(shop, order, reason, with_restock=with_restock, happening=Happening(shop))


def pay(shop: Shop, order: Order, *, gateway: str = "") -> None:
    """The cash is recorded ("mark as paid"): days after delivery, or never.

    :raises ActRefused: nothing is due.
    """
    if not order.outstanding_cents:
        raise ActRefused("Nothing is due.")
    happening = Happening(shop)
    paid = _money(shop, order, "sale", gateway or (order.gateways or ["manual"])[-1], happening.at)
    order.transactions.append(paid)
    currency = shop.config.currency
    happening.tell("order_transactions/create", transaction_body(paid, order, currency))
    happening.order(order, "orders/paid")


def _money(shop: Shop, order: Order, kind: str, gateway: str, at: datetime) -> Transaction:
    cents = order.outstanding_cents if kind == "sale" else order.paid_cents
    return Transaction(
        id=shop.ids.new("OrderTransaction"),
        kind=kind,
        status="success",
        gateway=gateway,
        is_manual=True,
        amount_cents=cents,
        at=at,
    )


def refund(shop: Shop, order: Order, *, note: str = "") -> None:
    """Give all the money back.

    :raises ActRefused: nothing was paid.
    """
    if order.paid_cents <= 0:
        raise ActRefused("Nothing was paid.")
    happening, currency = Happening(shop), shop.config.currency
    back = _money(shop, order, "refund", (order.gateways or ["manual"])[-1], happening.at)
    made = Refund(
        id=shop.ids.new("Refund"),
        at=happening.at,
        note=note,
        restock_type="no_restock",
        amount_cents=back.amount_cents,
        transactions=[back],
    )
    order.transactions.append(back)
    order.refunds.append(made)
    happening.tell("refunds/create", refund_body(made, order, currency))
    happening.tell("order_transactions/create", transaction_body(back, order, currency))
    happening.order(order)
