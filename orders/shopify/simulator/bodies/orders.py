"""The order body, as of API 2026-10, and what an edit of an order says: differences alone."""

from datetime import datetime

from orders.shopify.simulator.bodies import parcels, parts
from orders.shopify.simulator.bodies.money_back import refund_body, return_body
from orders.shopify.simulator.forms import Json, gid, local, money
from orders.shopify.simulator.things import Customer, Order, ShippingLine


def order_body(order: Order, customer: Customer | None, *, currency: str, domain: str) -> Json:
    """Everything Shopify writes; `Order.omitted` takes keys out again."""
    body = {
        **_who(order),
        **_amounts(order, currency),
        **_state(order, domain),
        "billing_address": parts.address(order.billing_address),
        "customer": parts.customer_inside(customer, currency) if customer else None,
        "discount_applications": [],
        "fulfillments": [
            parcels.fulfillment_body(one, order, currency) for one in order.fulfillments
        ],
        "line_items": [parts.line(one, order, currency) for one in order.lines],
        "payment_terms": None,
        "refunds": [refund_body(one, order, currency) for one in order.refunds],
        "shipping_address": parts.address(order.shipping_address),
        "shipping_lines": [_shipping_line(one, order, currency) for one in order.shipping_lines],
        "returns": [return_body(one, order) for one in order.returns],
        "line_item_groups": [],
    }
    return {key: value for key, value in body.items() if key not in order.omitted}


def _who(order: Order) -> Json:
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "app_id": 580_111 if order.source_name == "web" else None,
        "browser_ip": "203.0.113.10" if order.source_name == "web" else None,
        "buyer_accepts_marketing": False,
        "contact_email": order.email,
        "customer_locale": order.locale or None,
        "email": order.email,
        "name": order.name,
        "note": order.note or None,
        "note_attributes": [{"name": n, "value": v} for n, v in order.attributes.items()],
        "number": order.number - 1000,
        "order_number": order.number,
        "phone": order.phone or None,
        "tags": ", ".join(order.tags),
        "test": order.is_test,
        "token": f"{order.id:032x}",
        "user_id": None,
    }


def _amounts(order: Order, currency: str) -> Json:
    """Each amount as text, and as a set with the currency that the buyer saw."""
    shipping = order.shipping_cents
    sums = {
        "current_shipping_price": shipping,
        "current_subtotal_price": order.goods_cents,
        "current_total_discounts": 0,
        "current_total_price": order.current_total_cents,
        "current_total_tax": 0,
        "subtotal_price": order.ordered_goods_cents,
        "total_discounts": 0,
        "total_line_items_price": order.ordered_goods_cents,
        "total_price": order.total_cents,
        "total_tax": 0,
        "total_shipping_price": shipping,
        "total_cash_rounding_payment_adjustment": 0,
        "total_cash_rounding_refund_adjustment": 0,
    }
    only_sets = {"current_shipping_price", "total_shipping_price"}
    only_sets |= {name for name in sums if "rounding" in name}
    texts = {name: money(cents) for name, cents in sums.items() if name not in only_sets}
    sets = {f"{name}_set": parts.money_set(cents, order, currency) for name, cents in sums.items()}
    return {
        **texts,
        **sets,
        "currency": currency,
        "presentment_currency": order.presentment_currency,
        "current_total_duties_set": None,
        "original_total_duties_set": None,
        "total_outstanding": money(order.outstanding_cents),
        "total_tip_received": "0.00",
        "total_weight": 0,
        "duties_included": False,
        "tax_exempt": False,
        "tax_lines": [],
        "taxes_included": True,
        "discount_codes": [],
    }


def _state(order: Order, domain: str) -> Json:
    return {
        "cancel_reason": order.cancel_reason,
        "cancelled_at": local(order.cancelled_at),
        "cart_token": order.cart_token,
        "checkout_token": order.checkout_token,
        "client_details": None,
        "closed_at": local(order.closed_at),
        "confirmation_number": None,
        "confirmed": True,
        "created_at": local(order.created_at),
        "device_id": None,
        "estimated_taxes": False,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfillment_status,
        "landing_site": "/" if order.source_name == "web" else None,
        "landing_site_ref": None,
        "location_id": None,
        "merchant_of_record_app_id": None,
        "order_status_url": f"https://{domain}/orders/{order.id:032x}/authenticate?key=example",
        "payment_gateway_names": list(order.gateways),
        "po_number": None,
        "processed_at": local(order.created_at),
        "reference": None,
        "referring_site": None,
        "source_identifier": None,
        "source_name": order.source_name,
        "source_url": None,
        "updated_at": local(order.updated_at),
    }


def _shipping_line(one: ShippingLine, order: Order, currency: str) -> Json:
    price = parts.money_set(one.price_cents, order, currency)
    return {
        "id": one.id,
        "carrier_identifier": None,
        "code": one.title,
        "current_discounted_price_set": price,
        "discounted_price": money(one.price_cents),
        "discounted_price_set": price,
        "is_removed": one.is_removed,
        "phone": None,
        "price": money(one.price_cents),
        "price_set": price,
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": one.title,
        "tax_lines": [],
        "discount_allocations": [],
    }


def edit_body(
    order: Order, *, edit_id: int, deltas: dict[int, int], at: datetime, staff_note: str
) -> Json:
    """`deltas`: line → pieces more (or, below 0, less). No prices: whoever wants them asks again."""
    return {
        "order_edit": {
            "app_id": None,
            "committed_at": local(at),
            "created_at": local(at),
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "id": edit_id,
            "line_items": {
                "additions": [{"id": i, "delta": more} for i, more in deltas.items() if more > 0],
                "removals": [{"id": i, "delta": -less} for i, less in deltas.items() if less < 0],
            },
            "notify_customer": False,
            "order_id": order.id,
            "shipping_lines": {"additions": [], "removals": []},
            "staff_note": staff_note,
            "user_id": None,
        }
    }
