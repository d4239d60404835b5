"""The compliance topics: noted at once, carried out by a worker of their own."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from audiences.deliveries import Outcome
from orders.deliveries import Handler, JsonObject, Received
from orders.models import PrivacyRequest
from orders.privacy.requests import Asked, Kind, note_request
from orders.privacy.waking import wake
from orders.shopify.payloads.reading import Unreadable, as_object, identifier, text


def take_data_request(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/data_request: the merchant gets a file to hand on."""
    asked = _asked(Kind.DATA_REQUEST, body, received, "orders_requested")
    note_request(asked=asked, now=now)
    return Outcome("data_request")


def take_redact(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/redact: the customer is forgotten."""
    note_request(asked=_asked(Kind.REDACT, body, received, "orders_to_redact"), now=now)
    transaction.on_commit(wake)
    return Outcome("redact")


def take_shop_redact(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """shop/redact: 48 hours after our app was removed."""
    asked = Asked(
        kind=Kind.SHOP_REDACT, shop_domain=received.shop_domain, asked_at=_asked_at(received)
    )
    note_request(asked=asked, now=now)
    transaction.on_commit(wake)
    return Outcome("shop_redact")


def _asked(kind: PrivacyRequest.Kind, body: JsonObject, received: Received, orders: str) -> Asked:
    """:raises Unreadable: it names nobody at all."""
    customer = as_object(body.get("customer"))
    named = body.get(orders)
    ids = [identifier(one) for one in (named if isinstance(named, list) else [])]
    asked = Asked(
        kind=kind,
        shop_domain=received.shop_domain,
        asked_at=_asked_at(received),
        request_id=identifier(as_object(body.get("data_request")).get("id")),
        customer_id=identifier(customer.get("id")),
        email=text(customer.get("email")).lower(),
        phone=text(customer.get("phone")),
        order_ids=[pk for pk in ids if pk is not None],
    )
    if not (asked.customer_id or asked.email or asked.phone or asked.order_ids):
        raise Unreadable("it does not say whose data")
    return asked


def _asked_at(received: Received) -> datetime:
    return received.triggered_at or received.received_at


HANDLERS: Mapping[str, Handler] = {
    "customers/data_request": take_data_request,
    "customers/redact": take_redact,
    "shop/redact": take_shop_redact,
}
