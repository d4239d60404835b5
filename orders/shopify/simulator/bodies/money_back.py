"""Refunds, returns and transactions. Amounts of refund lines are numbers, all others are text."""

from orders.shopify.simulator.bodies import parts
from orders.shopify.simulator.forms import Json, gid, local, money
from orders.shopify.simulator.things import Order, Refund, Return, Transaction


def refund_body(one: Refund, order: Order, currency: str) -> Json:
    """Independent of money: an unpaid parcel that came back is restocked without a transaction."""
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("Refund", one.id),
        "created_at": local(one.at),
        "duties": [],
        "note": one.note or None,
        "order_adjustments": [],
        "order_id": order.id,
        "processed_at": local(one.at),
        "refund_line_items": [
            _refund_line(one, line_id, quantity, order, currency)
            for line_id, quantity in one.quantities.items()
        ],
        "refund_shipping_lines": [],
        "restock": one.restock_type != "no_restock",
        "return": None,
        "total_duties_set": parts.money_set(0, order, currency),
        "transactions": [transaction_body(each, order, currency) for each in one.transactions],
        "user_id": None,
    }


def _refund_line(one: Refund, line_id: str, quantity: int, order: Order, currency: str) -> Json:
    line = order.line(line_id)
    cents = line.price_cents * quantity if line else 0
    return {
        "id": int(line_id) + 1,
        "line_item": parts.line(line, order, currency) if line else None,
        "line_item_id": int(line_id),
        "location_id": None,
        "quantity": quantity,
        "restock_type": one.restock_type,
        "subtotal": cents / 100,
        "subtotal_set": parts.money_set(cents, order, currency),
        "total_tax": 0.0,
        "total_tax_set": parts.money_set(0, order, currency),
    }


def transaction_body(one: Transaction, order: Order, currency: str) -> Json:
    """The body of `order_transactions/create`; unsettled sums are in the currency XXX, as found."""
    nothing = {"amount": "0.0", "currency": "XXX"}
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("OrderTransaction", one.id),
        "amount": money(one.amount_cents),
        "amount_rounding": None,
        "authorization": None,
        "created_at": local(one.at),
        "currency": currency,
        "device_id": None,
        "error_code": None,
        "gateway": one.gateway,
        "kind": one.kind,
        "location_id": None,
        "manual_payment_gateway": one.is_manual,
        "message": None,
        "order_id": order.id,
        "parent_id": None,
        "payment_id": f"{order.name}.1",
        "processed_at": local(one.at),
        "receipt": {},
        "source_name": "web",
        "status": one.status,
        "test": order.is_test,
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": nothing},
        "user_id": None,
    }


def return_body(one: Return, order: Order) -> Json:
    """The body of `returns/request`: the order is nested, the reason is about the product."""
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("Return", one.id),
        "created_at": local(one.created_at),
        "order": {"id": order.id, "admin_graphql_api_id": gid("Order", order.id)},
        "status": one.status,
        "name": one.name,
        "total_return_line_items": sum(one.quantities.values()),
        "return_line_items": [
            {
                "id": int(line_id) + 2,
                "admin_graphql_api_id": gid("ReturnLineItem", int(line_id) + 2),
                "quantity": quantity,
                "return_reason": one.reason,
                "return_reason_note": "",
                "customer_note": None,
                "fulfillment_line_item": {
                    "id": int(line_id) + 3,
                    "line_item": {
                        "id": int(line_id),
                        "admin_graphql_api_id": gid("LineItem", int(line_id)),
                    },
                },
            }
            for line_id, quantity in one.quantities.items()
        ],
    }


def later_return_body(one: Return, order: Order) -> Json:
    """What is sent of a return after it was requested: little."""
    return {
        "id": one.id,
        "admin_graphql_api_id": gid("Return", one.id),
        "order_id": order.id,
        "status": one.status,
    }
