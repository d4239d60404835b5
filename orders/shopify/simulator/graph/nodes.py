"""Orders and what belongs to them, as nodes of the Admin API: ids are global, words are upper case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orders.shopify.simulator.forms import (
    Json,
    converted,
    country_name,
    gid,
    province_name,
    zulu,
)
from orders.shopify.simulator.graph.goods import product_node, variant_node
from orders.shopify.simulator.graph.metafields import metafield_fields
from orders.shopify.simulator.graph.money import amount
from orders.shopify.simulator.graph.paging import Connection
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import (
    Address,
    CourierEvent,
    Fulfillment,
    Line,
    Order,
    Refund,
    Return,
    ShippingLine,
    Transaction,
)

_DISPLAY_FULFILLMENT = {
    None: "UNFULFILLED",
    "partial": "PARTIALLY_FULFILLED",
    "fulfilled": "FULFILLED",
}
# What the schema of 2026-10 knows; newer words of couriers are not there yet.
_EVENTS = {
    "attempted_delivery", "carrier_picked_up", "confirmed", "delayed", "delivered", "failure",
    "in_transit", "label_printed", "label_purchased", "out_for_delivery", "ready_for_pickup",
}  # fmt: skip
_DISPLAY = {*_EVENTS, "picked_up"}


def address_node(shop: Shop, one: Address | None, *, owner: int = 0) -> Json | None:
    if one is None:
        return None
    is_shown = shop.config.protected_data == "given"
    name = f"{one.first_name} {one.last_name}".strip()
    texts: Json = {
        "address1": one.address1,
        "address2": one.address2 or None,
        "city": one.city,
        "company": one.company or None,
        "country": country_name(one.country_code),
        "countryCodeV2": one.country_code or None,
        "firstName": one.first_name or None,
        "lastName": one.last_name or None,
        "name": name or None,
        "phone": one.phone or None,
        "province": province_name(one.province_code, one.country_code) or None,
        "provinceCode": one.province_code or None,
        "zip": one.zip or None,
    }
    return {
        "__typename": "MailingAddress",
        "id": gid("MailingAddress", one.id or owner),
        **(texts if is_shown else dict.fromkeys(texts)),
        "coordinatesValidated": False,
        "formatted": lambda _, **__: [text for text in (one.address1, one.city) if text],
        "formattedArea": one.city,
        "timeZone": "Europe/Rome",
    }


@dataclass(slots=True)
class Bags:
    """Money sets of one order."""

    shop: Shop
    order: Order

    def __call__(self, cents: int) -> Json:
        seen = converted(cents, self.order.presentment_rate)
        return {
            "shopMoney": amount(cents, self.shop.config.currency),
            "presentmentMoney": amount(seen, self.order.presentment_currency),
        }


def order_node(shop: Shop, order: Order, people: Callable[[Any], Json | None]) -> Json:
    """`people` writes the customer: it is asked only where the query does."""
    bag = Bags(shop, order)
    is_shown = shop.config.protected_data == "given"
    return {
        "__typename": "Order",
        **_plain(shop, order),
        **_sums(order, bag),
        "email": (order.email or None) if is_shown else None,
        "phone": (order.phone or None) if is_shown else None,
        "customer": lambda _: people(shop.customer_of(order)),
        "shippingAddress": address_node(shop, order.shipping_address, owner=order.id),
        "billingAddress": address_node(shop, order.billing_address, owner=order.id + 1),
        "displayAddress": address_node(shop, order.shipping_address, owner=order.id),
        "lineItems": Connection(order.lines, lambda one: line_node(shop, one, bag)),
        "shippingLine": shipping_node(order.shipping_lines[0], bag)
        if order.shipping_lines
        else None,
        "shippingLines": _shipping_lines(order, bag),
        "fulfillments": lambda _, first=None, **__: [
            fulfillment_node(shop, one, order, people) for one in order.fulfillments[:first]
        ],
        "refunds": lambda _, first=None, **__: [
            refund_node(shop, one, order, people) for one in order.refunds[:first]
        ],
        "returns": Connection(order.returns, lambda one: return_node(shop, one, order, people)),
        "transactions": lambda _, first=None, **__: [
            transaction_node(one, order, bag) for one in order.transactions[:first]
        ],
        **metafield_fields(order.metafields, owner=order.id, at=zulu(order.updated_at)),
    }


def _plain(shop: Shop, order: Order) -> Json:
    status = order.financial_status
    return {
        "id": gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": order.name,
        "number": order.number,
        "note": order.note or None,
        "tags": list(order.tags),
        "test": order.is_test,
        "confirmed": True,
        "createdAt": zulu(order.created_at),
        "processedAt": zulu(order.created_at),
        "updatedAt": zulu(order.updated_at),
        "cancelledAt": zulu(order.cancelled_at),
        "cancelReason": order.cancel_reason.upper() if order.cancel_reason else None,
        "closed": order.closed_at is not None,
        "closedAt": zulu(order.closed_at),
        "currencyCode": shop.config.currency,
        "presentmentCurrencyCode": order.presentment_currency,
        "customAttributes": [{"key": k, "value": v} for k, v in order.attributes.items()],
        "customerAcceptsMarketing": False,
        "customerLocale": order.locale or None,
        "discountCodes": [],
        "displayFinancialStatus": status.upper(),
        "displayFulfillmentStatus": _DISPLAY_FULFILLMENT[order.fulfillment_status],
        "edited": order.edited,
        "estimatedTaxes": False,
        "fulfillable": bool(order.to_ship) and order.cancelled_at is None,
        "fullyPaid": status == "paid",
        "unpaid": order.paid_cents == 0,
        "paymentGatewayNames": list(order.gateways),
        "requiresShipping": any(line.requires_shipping for line in order.lines),
        "restockable": True,
        "returnStatus": "RETURNED" if order.returns else "NO_RETURN",
        "sourceName": order.source_name,
        "statusPageUrl": f"https://{shop.domain}/orders/{order.id:032x}/authenticate?key=example",
        "subtotalLineItemsQuantity": sum(line.current_quantity for line in order.lines),
        "taxesIncluded": True,
    }


def _sums(order: Order, bag: Bags) -> Json:
    refunded = sum(one.amount_cents for one in order.refunds)
    return {
        "totalPriceSet": bag(order.total_cents),
        "originalTotalPriceSet": bag(order.total_cents),
        "currentTotalPriceSet": bag(order.current_total_cents),
        "currentSubtotalPriceSet": bag(order.goods_cents),
        "currentTotalTaxSet": bag(0),
        "currentTotalDiscountsSet": bag(0),
        "currentShippingPriceSet": bag(order.shipping_cents),
        "subtotalPriceSet": bag(order.ordered_goods_cents),
        "totalOutstandingSet": bag(order.outstanding_cents),
        "totalReceivedSet": bag(order.paid_cents + refunded),
        "netPaymentSet": bag(order.paid_cents),
        "totalRefundedSet": bag(refunded),
        "totalShippingPriceSet": bag(order.shipping_cents),
        "totalDiscountsSet": bag(0),
        "totalTaxSet": bag(0),
    }


def line_node(shop: Shop, one: Line, bag: Bags) -> Json:
    product = shop.state.products.get(one.product_id or 0)
    total = bag(one.price_cents * one.quantity)
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", one.id),
        "title": one.title,
        "name": one.title,
        "quantity": one.quantity,
        "currentQuantity": one.current_quantity,
        "unfulfilledQuantity": max(one.current_quantity - one.fulfilled_quantity, 0),
        "refundableQuantity": one.current_quantity,
        "nonFulfillableQuantity": 0,
        "requiresShipping": one.requires_shipping,
        "isGiftCard": one.gift_card,
        "restockable": True,
        "taxable": True,
        "vendor": one.vendor or None,
        "customAttributes": [],
        "originalUnitPriceSet": bag(one.price_cents),
        "discountedUnitPriceSet": bag(one.price_cents),
        "originalTotalSet": total,
        "discountedTotalSet": lambda _, **__: total,
        "totalDiscountSet": bag(0),
        "product": lambda _: product_node(shop, product) if product else None,
        "variant": lambda _: variant_node(shop, product) if product else None,
    }


def shipping_node(one: ShippingLine, bag: Bags) -> Json:
    return {
        "id": gid("ShippingLine", one.id),
        "title": one.title,
        "code": one.title,
        "custom": False,
        "isRemoved": one.is_removed,
        "source": "shopify",
        "originalPriceSet": bag(one.price_cents),
        "discountedPriceSet": bag(one.price_cents),
    }


def _shipping_lines(order: Order, bag: Bags) -> Connection:
    kept = [one for one in order.shipping_lines if not one.is_removed]
    return Connection(kept, lambda one: shipping_node(one, bag))


def fulfillment_node(
    shop: Shop, one: Fulfillment, order: Order, people: Callable[[Any], Json | None]
) -> Json:
    bag = Bags(shop, order)
    delivered = [each.happened_at for each in one.events if each.status == "delivered"]
    moving = [each.happened_at for each in one.events if each.status == "in_transit"]
    tracking = {
        "company": one.company or None,
        "number": one.tracking_number or None,
        "url": one.tracking_url or None,
    }
    lines = [
        (line, one.quantities[str(line.id)])
        for line in order.lines
        if str(line.id) in one.quantities
    ]
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", one.id),
        "legacyResourceId": str(one.id),
        "name": one.name,
        "status": one.status.upper(),
        "displayStatus": _display(one),
        "createdAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        "deliveredAt": zulu(max(delivered)) if delivered else None,
        "inTransitAt": zulu(min(moving)) if moving else None,
        "requiresShipping": True,
        "totalQuantity": sum(one.quantities.values()),
        "order": lambda _: order_node(shop, order, people),
        "trackingInfo": lambda _, **__: [tracking] if one.tracking_number or one.company else [],
        "events": Connection(
            [each for each in one.events if each.status in _EVENTS],
            event_node,
            key=lambda each: (zulu(each.happened_at), each.id),
        ),
        "fulfillmentLineItems": Connection(lines, lambda pair: _sent_line(shop, pair, bag)),
    }


def _display(one: Fulfillment) -> str:
    if one.status == "cancelled":
        return "CANCELED"
    status = one.shipment_status
    if status == "returning_to_sender":
        return "NOT_DELIVERED"
    return status.upper() if status in _DISPLAY else "FULFILLED"


def _sent_line(shop: Shop, pair: tuple[Line, int], bag: Bags) -> Json:
    line, quantity = pair
    total = bag(line.price_cents * quantity)
    return {
        "__typename": "FulfillmentLineItem",
        "id": gid("FulfillmentLineItem", line.id + 3),
        "lineItem": line_node(shop, line, bag),
        "quantity": quantity,
        "originalTotalSet": total,
        "discountedTotalSet": total,
    }


def event_node(one: CourierEvent) -> Json:
    return {
        "__typename": "FulfillmentEvent",
        "id": gid("FulfillmentEvent", one.id),
        "status": one.status.upper(),
        "happenedAt": zulu(one.happened_at),
        "createdAt": zulu(one.created_at),
        "message": one.message or None,
        "city": one.city or None,
    }


def transaction_node(one: Transaction, order: Order, bag: Bags) -> Json:
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", one.id),
        "kind": one.kind.upper(),
        "status": one.status.upper(),
        "gateway": one.gateway,
        "formattedGateway": one.gateway,
        "manualPaymentGateway": one.is_manual,
        "amountSet": bag(one.amount_cents),
        "createdAt": zulu(one.at),
        "processedAt": zulu(one.at),
        "paymentId": f"{order.name}.1",
        "test": order.is_test,
    }


def refund_node(
    shop: Shop, one: Refund, order: Order, people: Callable[[Any], Json | None]
) -> Json:
    bag = Bags(shop, order)
    lines = [(order.line(key), quantity) for key, quantity in one.quantities.items()]
    return {
        "__typename": "Refund",
        "id": gid("Refund", one.id),
        "legacyResourceId": str(one.id),
        "createdAt": zulu(one.at),
        "processedAt": zulu(one.at),
        "updatedAt": zulu(one.at),
        "note": one.note or None,
        "order": lambda _: order_node(shop, order, people),
        "totalRefundedSet": bag(one.amount_cents),
        "refundLineItems": Connection(
            [pair for pair in lines if pair[0]], lambda pair: _refund_line(shop, one, pair, bag)
        ),
        "transactions": Connection(
            one.transactions, lambda each: transaction_node(each, order, bag)
        ),
    }


def _refund_line(shop: Shop, one: Refund, pair: tuple[Line, int], bag: Bags) -> Json:
    line, quantity = pair
    return {
        "id": gid("RefundLineItem", line.id + 1),
        "lineItem": line_node(shop, line, bag),
        "quantity": quantity,
        "priceSet": bag(line.price_cents),
        "restockType": one.restock_type.upper(),
        "restocked": one.restock_type != "no_restock",
        "subtotalSet": bag(line.price_cents * quantity),
        "totalTaxSet": bag(0),
    }


def return_node(
    shop: Shop, one: Return, order: Order, people: Callable[[Any], Json | None]
) -> Json:
    return {
        "__typename": "Return",
        "id": gid("Return", one.id),
        "name": one.name,
        "status": one.status.upper(),
        "createdAt": zulu(one.created_at),
        "totalQuantity": sum(one.quantities.values()),
        "order": lambda _: order_node(shop, order, people),
    }
