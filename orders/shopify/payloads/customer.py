"""A customer of the shop as webhooks tell it, and the consents that come with it or by themselves.

Since API 2025-01 the webhooks leave out tags and consents; older bodies have them: both are read, neither is
relied on (Shopify's changelog, customer webhook payloads). An e-mail consent is never read: it is about e-mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orders.shopify.payloads.address import Address, read_address
from orders.shopify.payloads.reading import (
    JsonObject,
    as_object,
    identifier,
    language,
    moment,
    objects,
    own_id,
    tags,
    text,
)

_STATE = 30
_PHONE = 60
_NAME = 150
_NOTE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPayload:
    """One channel of a customer. `state` is Shopify's word in small letters, "" where it says nothing.

    `at` is when the person said it, None where that is not told. `phone` is the number it was given for, as
    written, "" where none is named.
    """

    state: str = ""
    level: str = ""
    collected_from: str = ""
    at: datetime | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPayload:
    """`tags` are None where the body does not speak of them, and so are the consents. `language` is "it" of "it-IT".

    `metafields` are “namespace.key” → value, where the subscription asks for them.
    """

    id: int
    phone: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    tags: tuple[str, ...] | None = None
    addresses: tuple[Address, ...] = ()
    default_address: Address | None = None
    sms_consent: ConsentPayload | None = None
    whatsapp_consent: ConsentPayload | None = None
    metafields: Mapping[str, str] = field(default_factory=dict)
    updated_at: datetime | None = None
    note: str = ""


def read_customer(value: object) -> CustomerPayload | None:
    """Return the customer; None for null, an empty object, an empty list, or one without an id."""
    body = as_object(value)
    known = own_id(body)
    if known is None:
        return None
    addresses = _addresses(body)
    return CustomerPayload(
        id=known,
        phone=text(body.get("phone"), _PHONE),
        email=text(body.get("email")).lower(),
        first_name=text(body.get("first_name"), _NAME),
        last_name=text(body.get("last_name"), _NAME),
        language=language(body.get("locale") or body.get("customer_locale")),
        tags=tags(body["tags"]) if body.get("tags") is not None else None,
        addresses=addresses,
        default_address=_default_address(body, addresses),
        sms_consent=_inside(body, "sms_marketing_consent"),
        whatsapp_consent=_inside(body, "whats_app_marketing_consent", "whatsapp_marketing_consent"),
        metafields=_metafields(body.get("metafields")),
        updated_at=moment(body.get("updated_at")),
        note=text(body.get("note"), _NOTE),
    )


def customer_id(body: JsonObject) -> int | None:
    """Return whom a consent, a tag or a deletion is about: every topic calls it otherwise."""
    whole = own_id(body)
    named = (
        body.get(key) for key in ("customer_id", "customerId", "admin_graphql_api_customer_id")
    )
    return next((found for found in map(identifier, named) if found is not None), whole)


def read_consent(value: object, phone: object = None) -> ConsentPayload:
    """Read what stands inside `…_marketing_consent`; everything in it can be null.

    SMS and e-mail say `consent_updated_at` and `consent_collected_from`, WhatsApp `updated_at` and
    `collected_from`; GraphQL writes states in capitals.
    """
    body = as_object(value)
    at = moment(body.get("consent_updated_at")) or moment(body.get("updated_at"))
    origin = body.get("consent_collected_from") or body.get("collected_from")
    return ConsentPayload(
        state=text(body.get("state"), _STATE).lower(),
        level=text(body.get("opt_in_level"), _STATE).lower(),
        collected_from=text(origin, _STATE).lower(),
        at=at,
        phone=text(phone, _PHONE),
    )


def _inside(body: JsonObject, *keys: str) -> ConsentPayload | None:
    """The consent within a customer is for the customer's own phone."""
    for key in keys:
        if as_object(body.get(key)):
            return read_consent(body[key], body.get("phone"))
    return None


def _addresses(body: JsonObject) -> tuple[Address, ...]:
    read = (read_address(one) for one in objects(body.get("addresses")))
    return tuple(one for one in read if one is not None)


def _default_address(body: JsonObject, addresses: tuple[Address, ...]) -> Address | None:
    """`addresses` may be empty while the default one is filled, and the other way round."""
    marked = (read_address(one) for one in objects(body.get("addresses")) if one.get("default"))
    given = read_address(body.get("default_address")) or next(iter(marked), None)
    return given or next(iter(addresses), None)


def _metafields(value: object) -> dict[str, str]:
    read = {
        f"{text(one.get('namespace'))}.{text(one.get('key'))}": text(one.get("value"), 200)
        for one in objects(value)
    }
    return {name: said for name, said in read.items() if name.strip(".") and said}
