"""Purchases, customers and products as control calls write them; the shop front uses the same."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from orders.shopify.simulator.acts.buying import COD, ActRefused, Purchase, Wish, new_customer
from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Address, Consent, Customer, Product

_ADDRESS = {one.name for one in fields(Address)}


def address_of(said: Json | None) -> Address | None:
    """:raises ActRefused: naming the first field there is not."""
    if said is None:
        return None
    unknown = sorted(set(said) - _ADDRESS)
    if unknown:
        raise ActRefused(f"An address has no {unknown[0]}.")
    return Address(**said)


def customer_of(shop: Shop, said: Any, *, is_told: bool = True) -> Customer | None:
    """`said`: an id, an object that makes a new customer, or None for an order without one.

    :raises ActRefused: there is no such customer.
    """
    if said is None:
        return None
    if isinstance(said, dict):
        known = dict(said)
        addresses = [
            one for one in (address_of(each) for each in known.pop("addresses", ())) if one
        ]
        whatsapp = bool(known.pop("whatsapp", False))
        return new_customer(shop, whatsapp=whatsapp, is_told=is_told, addresses=addresses, **known)
    found = shop.state.customers.get(int(said))
    if found is None:
        raise ActRefused("There is no such customer.")
    return found


def purchase_of(shop: Shop, said: Json) -> Purchase:
    """Read a purchase; a customer who is new is made, and told of.

    :raises ActRefused: something in it cannot be.
    """
    gateways: Any = said.get("gateways", said.get("gateway", COD))
    names = (gateways,) if isinstance(gateways, str) else tuple(gateways)
    plain = {
        name: said[name]
        for name in (
            "is_paid", "paid_cents", "email", "phone", "locale", "note", "source_name", "is_test",
            "shipping_title", "shipping_cents", "has_address",
        )
        if name in said
    }  # fmt: skip
    checkout = shop.state.checkouts.get(int(said["checkout"])) if said.get("checkout") else None
    return Purchase(
        wishes=wishes_of(shop, said.get("lines")),
        customer=customer_of(shop, said.get("customer")),
        gateways=names,
        address=address_of(said.get("address")),
        billing=address_of(said.get("billing")),
        tags=tuple(said.get("tags", ())),
        attributes=dict(said.get("attributes", {})),
        presentment=tuple(said.get("presentment", ("EUR", "1"))),
        checkout=checkout,
        omitted=tuple(said.get("omit", ())),
        **plain,
    )


def wishes_of(shop: Shop, said: Any) -> tuple[Wish, ...]:
    """Left out: one piece of the shop's first product."""
    if said is None:
        return (Wish(product_id=next(iter(shop.state.products), None)),)
    return tuple(Wish(**one) for one in said)


def seed_product(shop: Shop, said: Json) -> Product:
    """Put a product on the shelf without a word; its id may be given."""
    now = shop.now()
    known = {key: value for key, value in said.items() if key not in {"created_at", "updated_at"}}
    number = int(known.pop("id", 0)) or shop.ids.new("Product")
    variant = int(known.pop("variant_id", 0)) or number + 1
    made = Product(id=number, variant_id=variant, created_at=now, updated_at=now, **known)
    shop.state.products[number] = made
    return made


def seed_customer(shop: Shop, said: Json) -> Customer:
    """Note a customer without a word; `whatsapp_consent` is a state in lower case."""
    now = shop.now()
    known = dict(said)
    number = int(known.pop("id", 0)) or shop.ids.new("Customer")
    addresses = [Address(**one) for one in known.pop("addresses", ())]
    consent = known.pop("whatsapp_consent", None)
    at = known.pop("created_at", None)
    since = datetime.fromisoformat(at) if at else now
    made = Customer(
        id=number,
        created_at=since,
        updated_at=since,
        addresses=addresses,
        whatsapp_consent=Consent(state=consent, updated_at=since) if consent else None,
        **known,
    )
    shop.state.customers[number] = made
    return made
