"""Many new orders at once, as an import brings them: the same rows as one by one, by a fixed number of statements.

Nothing is set off. Only what is plain goes this way: orders that are not known, without refunds, returns or
single news of couriers; everything else is taken one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audiences.models import Contact
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
from orders.people import contact_of, learn_consent_from_order
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


@dataclass(slots=True)
class _Fresh:
    """One order that is not saved yet, with what goes with it."""

    payload: OrderPayload
    order: Order
    parcels: list[Parcel]


def is_plain(payload: OrderPayload) -> bool:
    """Tell whether the order, if it is not known, may go the quick way."""
    has_news = any(parcel.events for parcel in payload.fulfillments)
    return not (payload.refunds or payload.returns or has_news)


def take_new_orders(
    *, payloads: Sequence[OrderPayload], heard: Heard, now: datetime
) -> list[Order]:
    """Keep plain orders that nobody knows yet, each once, as imported; the caller holds their turns.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on one of the people.
    """
    shop = current_shop()
    accounts = _accounts(payloads, now=now)
    fresh = [_fresh(payload, accounts, shop, heard=heard, now=now) for payload in payloads]
    copy_in([one.order for one in fresh])
    products = products_of(line for payload in payloads for line in payload.lines)
    copy_in([row for one in fresh for row in line_rows(one.order, one.payload.lines, products)])
    for one in fresh:
        for parcel in one.parcels:
            # Made before the order had its key.
            parcel.order = one.order
    copy_in([parcel for one in fresh for parcel in one.parcels])
    _learn_consents(fresh, read_sources(shop.consent_sources), now=now)
    _let_go(payloads, heard=heard, now=now)
    return [one.order for one in fresh]


def _accounts(payloads: Sequence[OrderPayload], *, now: datetime) -> Mapping[int, ShopifyCustomer]:
    """Return the accounts of these orders; those that are known as they are cost nothing more."""
    told = {payload.customer.id: payload.customer for payload in payloads if payload.customer}
    rows = ShopifyCustomer.objects.filter(shopify_id__in=told).select_related(
        "contact__merged_into"
    )
    known = {row.shopify_id: row for row in rows}
    behind = [
        customer
        for pk, customer in told.items()
        if (row := known.get(pk)) is None
        or row.shopify_updated_at is None
        or (customer.updated_at is not None and customer.updated_at > row.shopify_updated_at)
    ]
    if not behind:
        return known
    take_customers(payloads=behind, now=now)
    return {row.shopify_id: row for row in rows.all()}


def _fresh(
    payload: OrderPayload,
    accounts: Mapping[int, ShopifyCustomer],
    shop: Shop,
    *,
    heard: Heard,
    now: datetime,
) -> _Fresh:
    order = Order(
        shopify_id=payload.id,
        is_imported=True,
        total_cents=0,
        placed_at=payload.placed_at or heard.at or now,
    )
    clear_database_defaults(order)
    version = version_of_order(payload, heard, now)
    fields = told_by(payload)
    apply(order, payload, fields)
    order.customer = accounts.get(payload.customer.id) if payload.customer else None
    if _apply_person(order, payload, now=now):
        fields |= {PERSON}
    note_versions(order, version=version, applied=fields, fields=FIELDS)
    freeze_decision(order, payload, shop, version=version, is_new=True)
    _note_moments(order, payload, shop, at=payload.updated_at or heard.at or now)
    parcels = {one.id: one for one in payload.fulfillments}
    fresh = [new_parcel(order, one, heard=heard, now=now) for one in parcels.values()]
    settle(order, shop, parcels=fresh, refunds=(), returns=(), now=now)
    return _Fresh(payload, order, fresh)


def _apply_person(order: Order, payload: OrderPayload, *, now: datetime) -> bool:
    chosen = choose_phone(payload.phones)
    order.phone = chosen.phone.e164 if chosen.phone else ""
    order.phone_source = chosen.place
    order.contact = _contact(order.customer, chosen, payload, now=now)
    return order.contact is not None


def _contact(
    account: ShopifyCustomer | None, chosen: ChosenPhone, payload: OrderPayload, *, now: datetime
) -> Contact | None:
    """Whoever has the order's number; mostly the account's own person, who is at hand."""
    own = account.contact if account else None
    person = (own.merged_into or own) if own else None
    number = chosen.phone.e164 if chosen.phone else ""
    if person is not None and number in {"", person.phone}:
        return person
    return contact_of(
        phone=chosen.phone,
        customer=payload.customer,
        address=payload.shipping_address,
        language=payload.language,
        now=now,
    )


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
                attributes=one.payload.attributes,
                tags=one.payload.tags,
                language=one.payload.language,
                at=now,
            ),
            now=now,
        )
        if said and one.order.contact is not None:
            learn_consent_from_order(payload=one.payload, contact=one.order.contact, now=now)


def _let_go(payloads: Sequence[OrderPayload], *, heard: Heard, now: datetime) -> None:
    """Fulfil the wishes to read these orders, and wake the news that waited for them."""
    ids = [payload.id for payload in payloads]
    wished = set(
        OrderToRead.objects.filter(shopify_id__in=ids).values_list("shopify_id", flat=True)
    )
    for payload in payloads:
        if payload.id in wished:
            note_read(payload, heard, now=now)
    waiting = ShopifyDelivery.objects.unfinished().filter(object_id__in=ids)
    for pk in waiting.values_list("object_id", flat=True).distinct():
        if pk is not None:
            wake_parked(pk, now=now)
