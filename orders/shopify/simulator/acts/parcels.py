"""Staff and couriers: a parcel leaves, is carried around, arrives, or comes back."""

from datetime import datetime

from orders.shopify.simulator.acts.buying import ActRefused
from orders.shopify.simulator.acts.telling import Happening
from orders.shopify.simulator.bodies.money_back import later_return_body, refund_body, return_body
from orders.shopify.simulator.bodies.parcels import event_body, fulfillment_body
from orders.shopify.simulator.shop import SHOP_ID, Shop
from orders.shopify.simulator.things import CourierEvent, Fulfillment, Order, Refund, Return

COURIERS = {
    "BRT": "https://vas.brt.example/vas/sped_det_show.hsm?nspediz={}",
    "GLS": "https://gls-italy.example/?option=com_gls&num={}",
    "SDA": "https://sda.example/wps/portal/tracking?codice={}",
    "Poste Italiane": "https://poste.example/cerca/#/risultati/{}",
}
# What couriers say in the 2026-10 schema, and two words that other schemas already know.
STATUSES = (
    "label_purchased", "label_printed", "confirmed", "carrier_picked_up", "in_transit",
    "out_for_delivery", "attempted_delivery", "delayed", "ready_for_pickup", "delivered", "failure",
    "picked_up", "returning_to_sender",
)  # fmt: skip
REFUSALS = ("event", "tag", "cancel", "restock", "return")


def ship(
    shop: Shop,
    order: Order,
    *,
    company: str = "BRT",
    tracking_number: str | None = None,
    quantities: dict[str, int] | None = None,
) -> Fulfillment:
    """Ship everything that is left, or the given pieces of lines; `tracking_number` "" = not known yet.

    :raises ActRefused: cancelled, or nothing is left to ship.
    """
    if order.cancelled_at:
        raise ActRefused("A cancelled order is not shipped.")
    left = {str(one.id): one.current_quantity - one.fulfilled_quantity for one in order.to_ship}
    leaving = {key: min(left[key], n) for key, n in (quantities or left).items() if key in left}
    if not leaving:
        raise ActRefused("Nothing is left to ship.")
    happening = Happening(shop)
    parcel = _parcel(shop, order, leaving, company, tracking_number)
    order.fulfillments.append(parcel)
    for line in order.lines:
        line.fulfilled_quantity += leaving.get(str(line.id), 0)
    happening.tell("fulfillments/create", fulfillment_body(parcel, order, shop.config.currency))
    whole = order.fulfillment_status == "fulfilled"
    happening.order(order, "orders/fulfilled" if whole else "orders/partially_fulfilled")
    return parcel


def _parcel(
    shop: Shop, order: Order, leaving: dict[str, int], company: str, tracking_number: str | None
) -> Fulfillment:
    if tracking_number is None:
        tracking_number = f"{company[:3].upper()}{shop.ids.rng.randrange(10**9, 10**10)}"
    return Fulfillment(
        id=shop.ids.new("Fulfillment"),
        name=f"{order.name}.{len(order.fulfillments) + 1}",
        created_at=shop.now(),
        updated_at=shop.now(),
        company=company,
        tracking_number=tracking_number,
        tracking_url=_page(company, tracking_number) if tracking_number else "",
        quantities=leaving,
    )


def _page(company: str, tracking_number: str) -> str:
    return COURIERS.get(company, "https://corriere.example/{}").format(tracking_number)


def track(shop: Shop, order: Order, parcel: Fulfillment, tracking_number: str) -> None:
    """The number comes later, with an update."""
    happening = Happening(shop)
    parcel.tracking_number, parcel.tracking_url = (
        tracking_number,
        _page(parcel.company, tracking_number),
    )
    _tell_update(shop, order, parcel, happening)


def courier_says(
    shop: Shop,
    order: Order,
    parcel: Fulfillment,
    status: str,
    *,
    message: str = "",
    happened_at: datetime | None = None,
) -> CourierEvent:
    """A piece of news; an older `happened_at` is a back-filled one. Any word is taken, as from the real one."""
    happening = Happening(shop)
    event = CourierEvent(
        id=shop.ids.new("FulfillmentEvent"),
        status=status,
        happened_at=happened_at or happening.at,
        created_at=happening.at,
        message=message,
        city=order.shipping_address.city if order.shipping_address else "",
    )
    parcel.events.append(event)
    parcel.shipment_status = max(parcel.events, key=lambda one: (one.happened_at, one.id)).status
    happening.tell("fulfillment_events/create", event_body(event, parcel, order, shop_id=SHOP_ID))
    _tell_update(shop, order, parcel, happening)
    return event


def _tell_update(shop: Shop, order: Order, parcel: Fulfillment, happening: Happening) -> None:
    parcel.updated_at = max(happening.at, parcel.updated_at)
    happening.tell("fulfillments/update", fulfillment_body(parcel, order, shop.config.currency))
    happening.order(order)


def void(shop: Shop, order: Order, parcel: Fulfillment) -> None:
    """The label is voided: the parcel did not leave, another one may."""
    happening = Happening(shop)
    parcel.status = "cancelled"
    for line in order.lines:
        line.fulfilled_quantity -= parcel.quantities.get(str(line.id), 0)
    _tell_update(shop, order, parcel, happening)


def refuse(shop: Shop, order: Order, *, how: str = "event") -> None:
    """The parcel comes back; `how` is the trace it leaves, since no field of Shopify says "refused".

    event: the courier's news · tag: staff tag the order · cancel: staff cancel it after shipping ·
    restock: the goods go back on the shelf · return: a return is opened and closed.

    :raises ActRefused: nothing has left.
    """
    parcel = last_parcel(order)
    if how == "event":
        courier_says(
            shop, order, parcel, "attempted_delivery", message="Destinatario rifiuta il collo"
        )
        courier_says(shop, order, parcel, "failure", message="Reso al mittente")
    elif how == "tag":
        happening = Happening(shop)
        order.tags.append("rifiutato")
        happening.order(order)
    elif how == "cancel":
        happening = Happening(shop)
        cancel_now(shop, order, "declined", with_restock=True, happening=happening)
    elif how == "restock":
        restock(shop, order)
    elif how == "return":
        give_back(shop, order)
    else:
        raise ActRefused(f"A parcel is refused by: {', '.join(REFUSALS)}.")


def last_parcel(order: Order) -> Fulfillment:
    """:raises ActRefused: nothing has left."""
    sent = [one for one in order.fulfillments if one.status == "success"]
    if not sent:
        raise ActRefused("Nothing was shipped yet.")
    return sent[-1]


def restock(
    shop: Shop, order: Order, *, kind: str = "return", happening: Happening | None = None
) -> Refund:
    """A refund without money: what an unpaid parcel that came back looks like."""
    is_all = happening is None
    happening = happening or Happening(shop)
    refund = Refund(
        id=shop.ids.new("Refund"),
        at=happening.at,
        restock_type=kind,
        quantities={
            str(one.id): one.current_quantity for one in order.lines if one.current_quantity
        },
    )
    order.refunds.append(refund)
    for line in order.lines:
        product = shop.state.products.get(line.product_id or 0)
        if product:
            product.stock += line.current_quantity
        line.current_quantity = 0
    happening.tell("refunds/create", refund_body(refund, order, shop.config.currency))
    if is_all:
        happening.order(order)
    return refund


def give_back(shop: Shop, order: Order) -> Return:
    """A return is asked for and closed."""
    last_parcel(order)
    happening = Happening(shop)
    back = Return(
        id=shop.ids.new("Return"),
        name=f"{order.name}-R{len(order.returns) + 1}",
        created_at=happening.at,
        quantities={
            str(one.id): one.fulfilled_quantity for one in order.lines if one.fulfilled_quantity
        },
    )
    order.returns.append(back)
    happening.tell("returns/request", return_body(back, order))
    for status, topic in (("open", "returns/approve"), ("closed", "returns/close")):
        back.status = status
        happening.tell(topic, later_return_body(back, order))
    happening.order(order)
    return back


def cancel_now(
    shop: Shop, order: Order, reason: str, *, with_restock: bool, happening: Happening
) -> None:
    """What cancelling does once it is decided; it cannot be taken back."""
    order.cancelled_at = order.closed_at = happening.at
    order.cancel_reason = reason
    order.is_voided = order.paid_cents == 0
    if with_restock:
        restock(
            shop,
            order,
            kind="return" if order.fulfillment_status else "cancel",
            happening=happening,
        )
    happening.order(order, "orders/cancelled")
    customer = shop.customer_of(order)
    if customer:
        happening.purchases(customer)
