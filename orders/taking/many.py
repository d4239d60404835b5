"""Many new orders at once, of an import or of waiting webhooks: the same rows as one by one, by a fixed number of
statements.

What an import brings sets nothing off. Only what is plain goes this way: orders that are not known, without refunds, returns or
single news of couriers; everything else is taken one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audiences.models import Contact
from orders import reactions
from orders.customers import consents
from orders.customers.accounts import take_customers
from orders.customers.sources import ConsentSource, read_sources
from orders.models import (
    Order,
    OrderToRead,
    Parcel,
    Shop,
    ShopifyCustomer,
    ShopifyDelivery,
)
from orders.people import Named, contacts_of, learn_consent_from_order, spoken_by
from orders.phones import ChosenPhone, choose_phone
from orders.rereading import note_read
from orders.shopify.payloads.order import OrderPayload
from orders.shops import current_shop
from orders.taking.cod import freeze_decision
from orders.taking.columns import FIELDS, PAID, PERSON, apply, told_by
from orders.taking.copying import copy_in
from orders.taking.lines import line_rows, products_of
from orders.taking.orders import clear_database_defaults, version_of_order
from orders.taking.parcels import new_parcel
from orders.taking.parking import wake_parked
from orders.taking.settling import is_marked, settle
from orders.versions import Heard, note_versions


@dataclass(frozen=True, slots=True)
class Told:
    """The body of an order, and how it came to us."""

    payload: OrderPayload
    heard: Heard


@dataclass(slots=True)
class _Fresh:
    """One order that is not saved yet, with what goes with it."""

    told: Told
    order: Order
    parcels: list[Parcel]


def is_plain(payload: OrderPayload) -> bool:
    """Tell whether the order, if it is not known, may go the quick way."""
    has_news = any(parcel.events for parcel in payload.fulfillments)
    return not (payload.refunds or payload.returns or has_news)


def take_new_orders(*, told: Sequence[Told], now: datetime, is_import: bool = True) -> list[Order]:
    """Keep plain orders that nobody knows yet, each told once; the caller holds their turns.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on one of the people.
    """
    shop = current_shop()
    payloads = [one.payload for one in told]
    accounts = _accounts(payloads, now=now)
    chosen = [choose_phone(payload.phones) for payload in payloads]
    people = _people(payloads, chosen, accounts, now=now)
    fresh = [_Fresh(one, _order(one, now=now, is_import=is_import), []) for one in told]
    for one, phone, person in zip(fresh, chosen, people, strict=True):
        _apply_person(one, phone, person, accounts)
        _write(one, shop, now=now)
    copy_in([one.order for one in fresh])
    products = products_of(line for payload in payloads for line in payload.lines)
    copy_in(
        [row for one in fresh for row in line_rows(one.order, one.told.payload.lines, products)]
    )
    for one in fresh:
        for parcel in one.parcels:
            # Made before the order had its key.
            parcel.order = one.order
    copy_in([parcel for one in fresh for parcel in one.parcels])
    _learn_consents(fresh, read_sources(shop.consent_sources), now=now)
    _let_go(told, now=now)
    orders = [one.order for one in fresh]
    if not is_import:
        reactions.new_orders_taken(orders, now=now)
    return orders


def _accounts(payloads: Sequence[OrderPayload], *, now: datetime) -> Mapping[int, ShopifyCustomer]:
    """Return the accounts of these orders; those that are known as they are cost nothing more."""
    told = [
        spoken_by(payload.customer, payload.language) for payload in payloads if payload.customer
    ]
    rows = ShopifyCustomer.objects.filter(shopify_id__in={customer.id for customer in told})
    known = {row.shopify_id: row for row in rows}
    behind = [
        customer
        for customer in told
        if (row := known.get(customer.id)) is None
        or row.contact_id is None
        or row.shopify_updated_at is None
        or (customer.updated_at is not None and customer.updated_at > row.shopify_updated_at)
    ]
    return {**known, **take_customers(payloads=behind, now=now)} if behind else known


def _people(
    payloads: Sequence[OrderPayload],
    chosen: Sequence[ChosenPhone],
    accounts: Mapping[int, ShopifyCustomer],
    *,
    now: datetime,
) -> list[Contact | None]:
    named = [
        Named(
            phone=one.phone,
            customer=payload.customer,
            address=payload.shipping_address,
            language=payload.language,
        )
        for payload, one in zip(payloads, chosen, strict=True)
    ]
    return contacts_of(named, accounts=accounts, now=now)


def _order(told: Told, *, now: datetime, is_import: bool) -> Order:
    order = Order(
        shopify_id=told.payload.id,
        is_imported=is_import,
        total_cents=0,
        placed_at=told.payload.placed_at or told.heard.at or now,
    )
    clear_database_defaults(order)
    return order


def _apply_person(
    one: _Fresh,
    chosen: ChosenPhone,
    person: Contact | None,
    accounts: Mapping[int, ShopifyCustomer],
) -> None:
    customer = one.told.payload.customer
    one.order.phone = chosen.phone.e164 if chosen.phone else ""
    one.order.phone_source = chosen.place
    one.order.contact = person
    one.order.customer = accounts.get(customer.id) if customer else None


def _write(one: _Fresh, shop: Shop, *, now: datetime) -> None:
    order, payload, heard = one.order, one.told.payload, one.told.heard
    version = version_of_order(payload, heard, now)
    fields = told_by(payload)
    apply(order, payload, fields)
    if order.contact is not None:
        fields |= {PERSON}
    note_versions(order, version=version, applied=fields, fields=FIELDS)
    freeze_decision(order, payload, shop, version=version, is_new=True)
    _note_moments(order, payload, shop, at=payload.updated_at or heard.at or now)
    parcels = {parcel.id: parcel for parcel in payload.fulfillments}
    one.parcels = [new_parcel(order, body, heard=heard, now=now) for body in parcels.values()]
    settle(order, shop, parcels=one.parcels, refunds=(), returns=(), now=now)


def _note_moments(order: Order, payload: OrderPayload, shop: Shop, *, at: datetime) -> None:
    order.shopify_updated_at = at
    order.paid_at = at if payload.financial_status in PAID else None
    order.marked_refused_at = at if is_marked(payload.tags, shop) else None


def _learn_consents(
    fresh: Sequence[_Fresh], sources: Sequence[ConsentSource], *, now: datetime
) -> None:
    """Few orders carry a consent of their own: those alone are asked."""
    for one in fresh:
        said = consents.of_order(
            sources,
            consents.OrderSaid(
                reference="",
                attributes=one.told.payload.attributes,
                tags=one.told.payload.tags,
                language=one.told.payload.language,
                at=now,
            ),
            now=now,
        )
        if said and one.order.contact is not None:
            learn_consent_from_order(payload=one.told.payload, contact=one.order.contact, now=now)


def _let_go(told: Iterable[Told], *, now: datetime) -> None:
    """Fulfil the wishes to read these orders, and wake the news that waited for them."""
    bodies = {one.payload.id: one for one in told}
    ids = list(bodies)
    wished = set(
        OrderToRead.objects.filter(shopify_id__in=ids).values_list("shopify_id", flat=True)
    )
    for wish in sorted(wished):
        note_read(bodies[wish].payload, bodies[wish].heard, now=now)
    waiting = ShopifyDelivery.objects.unfinished().filter(object_id__in=ids)
    for pk in waiting.values_list("object_id", flat=True).distinct():
        if pk is not None:
            wake_parked(pk, now=now)
