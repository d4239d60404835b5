"""The bodies of Shopify's webhooks as typed, tolerant readings. Money in cents, moments in UTC, texts "" when missing."""

from orders.shopify.payloads.address import Address, read_address
from orders.shopify.payloads.checkout import CheckoutLinePayload, CheckoutPayload, read_checkout
from orders.shopify.payloads.customer import CustomerPayload, read_customer
from orders.shopify.payloads.fulfillment import (
    CourierEventPayload,
    FulfillmentPayload,
    read_courier_event,
    read_fulfillment,
)
from orders.shopify.payloads.money import Money, MoneySet
from orders.shopify.payloads.order import LinePayload, OrderPayload, read_order
from orders.shopify.payloads.phones import FoundPhone
from orders.shopify.payloads.product import ProductPayload, read_product
from orders.shopify.payloads.reading import JsonObject, Unreadable
from orders.shopify.payloads.refund import RefundPayload, read_refund
from orders.shopify.payloads.returns import ReturnPayload, read_return
from orders.shopify.payloads.transaction import (
    EditPayload,
    TransactionPayload,
    read_edit,
    read_transaction,
)

__all__ = [
    "Address",
    "CheckoutLinePayload",
    "CheckoutPayload",
    "CourierEventPayload",
    "CustomerPayload",
    "EditPayload",
    "FoundPhone",
    "FulfillmentPayload",
    "JsonObject",
    "LinePayload",
    "Money",
    "MoneySet",
    "OrderPayload",
    "ProductPayload",
    "RefundPayload",
    "ReturnPayload",
    "TransactionPayload",
    "Unreadable",
    "read_address",
    "read_checkout",
    "read_courier_event",
    "read_customer",
    "read_edit",
    "read_fulfillment",
    "read_order",
    "read_product",
    "read_refund",
    "read_return",
    "read_transaction",
]
