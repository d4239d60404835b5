"""Customers and their consents; each consent topic has key names of its own."""

from orders.shopify.simulator.bodies import parts
from orders.shopify.simulator.forms import Json, gid, local, zulu
from orders.shopify.simulator.things import Consent, Customer


def customer_body(one: Customer, currency: str) -> Json:
    """The body of `customers/create` and `customers/update`: 17 keys since API 2025-01."""
    shown = parts.customer(one, currency)
    addresses = [
        parts.customer_address(each, one, is_default=place == 0)
        for place, each in enumerate(one.addresses)
    ]
    return {**shown, "addresses": addresses, "default_address": addresses[0] if addresses else None}


def sms_body(one: Customer) -> Json:
    return {
        "id": one.id,
        "phone": one.phone or None,
        "sms_marketing_consent": _older(one.sms_consent),
    }


def email_body(one: Customer) -> Json:
    shown = _older(one.email_consent)
    if shown:
        del shown["consent_collected_from"]
    return {
        "customer_id": one.id,
        "email_address": one.email or None,
        "email_marketing_consent": shown,
    }


def whatsapp_body(one: Customer) -> Json:
    """Since API 2026-07."""
    consent = one.whatsapp_consent
    return {
        "customer_id": one.id,
        "phone_number": one.phone or None,
        "whats_app_marketing_consent": consent
        and {
            "state": consent.state,
            "opt_in_level": consent.opt_in_level,
            "updated_at": local(consent.updated_at),
            "collected_from": consent.collected_from.lower(),
        },
    }


def _older(consent: Consent | None) -> Json | None:
    if consent is None:
        return None
    return {
        "state": consent.state,
        "opt_in_level": consent.opt_in_level,
        "consent_updated_at": local(consent.updated_at),
        "consent_collected_from": consent.collected_from.lower(),
    }


def tags_body(one: Customer, tags: list[str]) -> Json:
    """`customer.tags_added` and `customer.tags_removed`: written as the Admin API writes."""
    return {
        "customerId": gid("Customer", one.id),
        "tags": tags,
        "occurredAt": zulu(one.updated_at),
    }


def purchases_body(one: Customer, *, spent: str, orders: int, last: int, currency: str) -> Json:
    """`customers/purchasing_summary`."""
    return {
        "customerId": gid("Customer", one.id),
        "numberOfOrders": orders,
        "amountSpent": {"amount": spent, "currencyCode": currency},
        "lastOrderId": gid("Order", last),
        "occurredAt": zulu(one.updated_at),
    }


def redact_body(one: Customer, *, shop_id: int, domain: str, orders: list[int]) -> Json:
    """`customers/redact`; the phone may be missing."""
    known = {"id": one.id, "email": one.email, **({"phone": one.phone} if one.phone else {})}
    return {
        "shop_id": shop_id,
        "shop_domain": domain,
        "customer": known,
        "orders_to_redact": orders,
    }


def request_body(
    one: Customer, *, shop_id: int, domain: str, orders: list[int], request_id: int
) -> Json:
    """`customers/data_request`."""
    return {
        "shop_id": shop_id,
        "shop_domain": domain,
        "orders_requested": orders,
        "customer": {"id": one.id, "email": one.email, "phone": one.phone or None},
        "data_request": {"id": request_id},
    }
