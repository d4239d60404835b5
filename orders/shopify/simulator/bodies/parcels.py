"""Fulfilments, and what couriers say of them."""

from orders.shopify.simulator.bodies import parts
from orders.shopify.simulator.forms import Json, country_name, gid, local, province_name
from orders.shopify.simulator.things import CourierEvent, Fulfillment, Order


def fulfillment_body(one: Fulfillment, order: Order, currency: str) -> Json:
    """The body of `fulfillments/create` and `fulfillments/update`."""
    lines = [line for line in order.lines if str(line.id) in one.quantities]
    return {
        "id": one.id,
        "order_id": order.id,
        "status": one.status,
        "created_at": local(one.created_at),
        "service": "manual",
        "updated_at": local(one.updated_at),
        "tracking_company": one.company or None,
        "shipment_status": one.shipment_status,
        "location_id": 70_655_000_001,
        "origin_address": None,
        "email": order.email,
        "destination": parts.address(order.shipping_address),
        "line_items": [
            {**parts.line(line, order, currency), "quantity": one.quantities[str(line.id)]}
            for line in lines
        ],
        "tracking_number": one.tracking_number or None,
        "tracking_numbers": [one.tracking_number] if one.tracking_number else [],
        "tracking_url": one.tracking_url or None,
        "tracking_urls": [one.tracking_url] if one.tracking_url else [],
        "receipt": {},
        "name": one.name,
        "admin_graphql_api_id": gid("Fulfillment", one.id),
    }


def event_body(one: CourierEvent, parcel: Fulfillment, order: Order, *, shop_id: int) -> Json:
    """The body of `fulfillment_events/create`: 18 keys and no more."""
    address = order.shipping_address
    country = address.country_code if address else ""
    return {
        "id": one.id,
        "fulfillment_id": parcel.id,
        "status": one.status,
        "message": one.message or None,
        "happened_at": local(one.happened_at),
        "city": one.city or None,
        "province": province_name(address.province_code, country) if address else None,
        "country": country_name(country) or None,
        "zip": address.zip if address else None,
        "address1": None,
        "latitude": None,
        "longitude": None,
        "shop_id": shop_id,
        "created_at": local(one.created_at),
        "updated_at": local(one.created_at),
        "estimated_delivery_at": None,
        "order_id": order.id,
        "admin_graphql_api_id": gid("FulfillmentEvent", one.id),
    }
