"""Whom an order is about: the phone that won, and the contact it leads to."""

from __future__ import annotations

from datetime import datetime

from orders.models import Order, ShopifyCustomer
from orders.people import contact_of
from orders.phones import choose_phone
from orders.shopify.payloads.order import OrderPayload
from orders.taking.columns import PERSON
from orders.versions import newer_fields


def apply_person(
    order: Order, payload: OrderPayload, fields: frozenset[str], *, version: str, now: datetime
) -> frozenset[str]:
    """Write phone, account and contact; return `fields`, with the person if the body names one.

    A body that names nobody (redacted, without permission) takes nobody away.
    """
    chosen = choose_phone(payload.phones)
    number = chosen.phone.e164 if chosen.phone else ""
    if "phones" in fields:
        order.phone = number
        order.phone_source = chosen.place
    if not newer_fields(order, version=version, told=[PERSON]):
        return fields
    if _is_known(order, payload, number):
        return fields | {PERSON}
    contact = contact_of(
        phone=chosen.phone,
        customer=payload.customer,
        address=payload.shipping_address,
        language=payload.language,
        now=now,
    )
    _write_account(order, payload)
    if contact is None:
        return fields
    order.contact = contact
    return fields | {PERSON}


def _is_known(order: Order, payload: OrderPayload, number: str) -> bool:
    """The same number and the same account as before: there is nothing to look up."""
    contact = order.contact
    account = order.customer.shopify_id if order.customer else None
    named = payload.customer.id if payload.customer else None
    return contact is not None and account == named and number in {"", contact.phone}


def _write_account(order: Order, payload: OrderPayload) -> None:
    if payload.customer is not None:
        order.customer = ShopifyCustomer.objects.filter(shopify_id=payload.customer.id).first()
