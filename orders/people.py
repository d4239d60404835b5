"""Who placed an order or left a cart, and what the order says of that person's consent."""

from dataclasses import replace
from datetime import datetime

from audiences.contacts import ContactData, upsert_contact
from audiences.identity import Phone
from audiences.models import Contact
from orders.customers import accounts, consents, feeding
from orders.customers.sources import read_sources
from orders.models import ShopifyCustomer
from orders.shopify.payloads.address import Address
from orders.shopify.payloads.customer import CustomerPayload
from orders.shopify.payloads.order import OrderPayload
from orders.shops import current_shop


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
    """Webhooks tell the language with the order, not with the customer."""
    if customer is None:
        return None
    spoken = customer if customer.language else replace(customer, language=language)
    return accounts.take_customer(payload=spoken, now=now)


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
    said = feeding.said_by(customer) if is_first and customer else feeding.of_recipient(address)
    known = Contact.objects.filter(phone=phone.e164).first()
    told = feeding.told(said | _spoken(language), {}, known, is_move=True)
    data = ContactData(
        phone=phone, fields=told.fields, attributes=told.attributes, added_tags=told.added_tags
    )
    done = upsert_contact(data=data, by=None, now=now)
    if account is not None and is_first:
        accounts.lead_to(account, done.contact_id, phone=phone, now=now)
    return Contact.objects.get(pk=done.contact_id)


def _spoken(language: str) -> dict[str, str]:
    return {"language": language} if language else {}


def _person(contact_id: int | None) -> Contact | None:
    """The contact, or the one that it was merged into."""
    if contact_id is None:
        return None
    found = Contact.objects.filter(pk=contact_id).select_related("merged_into").first()
    return found.merged_into or found if found else None
