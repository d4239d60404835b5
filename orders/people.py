"""Who placed an order or left a cart, and what the order says of that person's consent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audiences.contacts import ContactData, upsert_contact, upsert_contacts
from audiences.identity import Phone
from audiences.models import Contact
from orders.customers import accounts, consents, feeding
from orders.customers.sources import read_sources
from orders.models import ShopifyCustomer
from orders.shopify.payloads.address import Address
from orders.shopify.payloads.customer import CustomerPayload
from orders.shopify.payloads.order import OrderPayload
from orders.shops import current_shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Who is named by one order: the `phone` it will be delivered by, the account, the address."""

    phone: Phone | None
    customer: CustomerPayload | None
    address: Address | None
    language: str


@dataclass(frozen=True, slots=True)
class _Sought:
    """Somebody whose number is not the one of the account's own person. `is_first`: the account led to nobody."""

    named: Named
    account: ShopifyCustomer | None
    is_first: bool
    phone: Phone


def contact_of(
    *,
    phone: Phone | None,
    customer: CustomerPayload | None,
    address: Address | None,
    language: str,
    now: datetime,
) -> Contact | None:
    """Return whom the order is about: whoever has the `phone` it will be delivered by, made where new.

    That may be somebody else than the account it was ordered with, as with a present: then the account keeps its
    own contact. Without a phone it is the account's contact; None where no number is known at all.
    Inside the caller's transaction; the account's row is locked first, the contact's after it.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on the person; try again.
    """
    account = _account(customer, language, now=now)
    if phone is None or not phone.e164:
        return _person(account.contact_id) if account else None
    if account is not None and account.contact_id is not None:
        own = _person(account.contact_id)
        if own is not None and own.phone == phone.e164:
            return own
    return _by_phone(phone, account, customer, address, language, now=now)


def contacts_of(
    named: Sequence[Named], *, accounts: Mapping[int, ShopifyCustomer], now: datetime
) -> list[Contact | None]:
    """Return what `contact_of` would for each, by a fixed number of statements; `accounts` were taken already.

    Only who is named a second time, and differently, is looked up by herself, after the others.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on one of the people.
    """
    people = _people_of(accounts.values())
    found = {place: own for place, one in enumerate(named) if (own := _own(one, accounts, people))}
    sought = _sought_once(named, accounts, found)
    made = dict(zip(sought, _find_or_make(list(sought.values()), now=now), strict=True))
    # By now some of the accounts lead to somebody.
    people |= {contact.pk: contact for contact in made.values()}
    found |= made
    return [
        found.get(place) or _own(one, accounts, people) or _contact_of(one, now=now)
        for place, one in enumerate(named)
    ]


def _contact_of(one: Named, *, now: datetime) -> Contact | None:
    if one.customer is None and (one.phone is None or not one.phone.e164):
        return None
    return contact_of(
        phone=one.phone,
        customer=one.customer,
        address=one.address,
        language=one.language,
        now=now,
    )


def spoken_by(customer: CustomerPayload, language: str) -> CustomerPayload:
    """Webhooks tell the language with the order, not with the customer."""
    return customer if customer.language else replace(customer, language=language)


def learn_consent_from_order(*, payload: OrderPayload, contact: Contact, now: datetime) -> None:
    """Add to the ledger what the order says of WhatsApp, for the number that `contact` has.

    Its moment is when the order was placed, so an old order never undoes a later withdrawal.
    """
    sources = read_sources(current_shop().consent_sources)
    order = consents.OrderSaid(
        reference=f"order {payload.name} ({payload.id})",
        attributes=payload.attributes,
        tags=payload.tags,
        language=payload.language,
        at=payload.placed_at or now,
    )
    said = consents.of_order(sources, order, now=now)
    if said and contact.phone:
        number = accounts.number_of(contact)
        upsert_contact(data=ContactData(phone=number, declarations=said), by=None, now=now)
        contact.refresh_from_db()


def _account(
    customer: CustomerPayload | None, language: str, *, now: datetime
) -> ShopifyCustomer | None:
    if customer is None:
        return None
    return accounts.take_customer(payload=spoken_by(customer, language), now=now)


def _by_phone(
    phone: Phone,
    account: ShopifyCustomer | None,
    customer: CustomerPayload | None,
    address: Address | None,
    language: str,
    *,
    now: datetime,
) -> Contact:
    """Whoever has the number. An account that led to nobody leads there, unless it is gone."""
    is_first = account is not None and account.contact_id is None and account.gone_at is None
    known = Contact.objects.filter(phone=phone.e164).first()
    named = Named(phone=phone, customer=customer, address=address, language=language)
    data = _data_of(_Sought(named, account, is_first, phone), known)
    done = upsert_contact(data=data, by=None, now=now)
    if account is not None and is_first:
        accounts.lead_to(account, done.contact_id, phone=phone, now=now)
    return Contact.objects.get(pk=done.contact_id)


def _data_of(sought: _Sought, known: Contact | None) -> ContactData:
    """An account that leads to nobody yet tells of its person; else only the parcel's address does."""
    named = sought.named
    is_told = sought.is_first and named.customer is not None
    said = feeding.said_by(named.customer) if is_told and named.customer else None
    if said is None:
        said = feeding.of_recipient(named.address)
    told = feeding.told(said | _spoken(named.language), {}, known, is_move=True)
    return ContactData(
        phone=sought.phone,
        fields=told.fields,
        attributes=told.attributes,
        added_tags=told.added_tags,
    )


def _find_or_make(sought: Sequence[_Sought], *, now: datetime) -> list[Contact]:
    """As `_by_phone`, for people of whom nobody is named twice."""
    if not sought:
        return []
    rows = Contact.objects.filter(phone__in=[one.phone.e164 for one in sought])
    known = {contact.phone: contact for contact in rows}
    data = [_data_of(one, known.get(one.phone.e164)) for one in sought]
    ids = [done.contact_id for done in upsert_contacts(rows=data, by=None, now=now)]
    leading = [
        accounts.Leading(one.account, pk, one.phone)
        for one, pk in zip(sought, ids, strict=True)
        if one.account is not None and one.is_first
    ]
    accounts.lead_all(leading, now=now)
    people = Contact.objects.in_bulk(ids)
    return [people[pk] for pk in ids]


def _own(
    one: Named, accounts: Mapping[int, ShopifyCustomer], people: Mapping[int, Contact]
) -> Contact | None:
    """The account's own person, if the order names no other number."""
    account = accounts.get(one.customer.id) if one.customer else None
    own = people.get(account.contact_id) if account and account.contact_id else None
    number = one.phone.e164 if one.phone else ""
    return own if own is not None and number in {"", own.phone} else None


def _sought_once(
    named: Sequence[Named], accounts: Mapping[int, ShopifyCustomer], found: Mapping[int, Contact]
) -> dict[int, _Sought]:
    """By their places: those with a number who are not found, and whose account and number nobody before them has."""
    customers: set[int] = set()
    numbers: set[str] = set()
    sought: dict[int, _Sought] = {}
    for place, one in enumerate(named):
        if place in found or one.phone is None or not one.phone.e164:
            continue
        account = accounts.get(one.customer.id) if one.customer else None
        if one.phone.e164 not in numbers and (account is None or account.pk not in customers):
            is_first = account is not None and account.contact_id is None and not account.gone_at
            sought[place] = _Sought(one, account, is_first, one.phone)
        numbers.add(one.phone.e164)
        customers |= {account.pk} if account else set()
    return sought


def _people_of(rows: Iterable[ShopifyCustomer]) -> dict[int, Contact]:
    """Whom these accounts lead to by the id they name; of who was merged, the one she was merged into."""
    ids = {row.contact_id for row in rows if row.contact_id is not None}
    found = Contact.objects.select_related("merged_into").in_bulk(ids) if ids else {}
    return {pk: contact.merged_into or contact for pk, contact in found.items()}


def _spoken(language: str) -> dict[str, str]:
    return {"language": language} if language else {}


def _person(contact_id: int | None) -> Contact | None:
    """The contact, or the one that it was merged into."""
    if contact_id is None:
        return None
    found = Contact.objects.filter(pk=contact_id).select_related("merged_into").first()
    return found.merged_into or found if found else None
