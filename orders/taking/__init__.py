"""What Shopify says becomes rows: idempotent, in any order, inside the caller's transaction."""

from orders.taking.checkouts import delete_checkout, take_checkout
from orders.taking.news import take_courier_event, take_fulfillment, take_refund, take_return
from orders.taking.orders import delete_order, take_order
from orders.taking.products import delete_product, take_product
from orders.taking.results import Taken, TakenCheckout, TakenParcel
from orders.versions import Heard, Source

__all__ = [
    "Heard",
    "Source",
    "Taken",
    "TakenCheckout",
    "TakenParcel",
    "delete_checkout",
    "delete_order",
    "delete_product",
    "take_checkout",
    "take_courier_event",
    "take_fulfillment",
    "take_order",
    "take_product",
    "take_refund",
    "take_return",
]
