"""Accounts of customers: what Shopify says of them becomes contacts, one by one or thousands at a time.

An account without a phone is kept and leads to nobody until a number is known. Two accounts with one number lead
to one contact. An account whose number changes takes its contact along if nobody else has it, and else leads to
whoever has the new number. Whoever writes locks accounts first, contacts after, each in the order of their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from audiences.consent import lock_person
from audiences.contacts import ContactData, Declaration, upsert_contacts
from audiences.identity import NOT_A_PHONE, Phone, normalise_phone
from audiences.models import Contact, ContactAlias
from audiences.phone_change import PhoneTaken, change_phone
from orders.customers import consents, feeding
from orders.customers.sources import ConsentSource, read_sources
from orders.customers.written import whose_echo
from orders.models import ShopifyCustomer
from orders.shopify.payloads.customer import ConsentPayload, CustomerPayload
from orders.shops import current_shop

HOME = "IT"
MAX_BATCH = 1000
_WRITTEN = ("contact", "phone", "email", "tags", "said", "consents", "shopify_updated_at")


@dataclass(slots=True)
class _News:
    """One account, what is new of it, and the number of whom it leads to from now on."""

    account: ShopifyCustomer
    payload: CustomerPayload
    phone: Phone
    is_move: bool
    before: Mapping[str, object]


def take_customer(*, payload: CustomerPayload, now: datetime) -> ShopifyCustomer:
    """Keep one account and tell its contact what is new; older news and a repetition change nothing.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on the person; nothing was changed.
    """
    return take_customers(payloads=[payload], now=now)[payload.id]


def take_customers(
    *, payloads: Sequence[CustomerPayload], now: datetime
) -> dict[int, ShopifyCustomer]:
    """Keep up to 1,000 accounts, all or none, by a fixed number of statements; return them by Shopify's id.

    Of an account named twice the later news counts. Only a changed number costs statements of its own.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on one of the people.
    """
    sources = read_sources(current_shop().consent_sources)
    latest = _latest(payloads)
    with transaction.atomic():
        accounts = lock_accounts(latest)
        news = [
            _settle(accounts[pk], payload, now=now)
            for pk, payload in latest.items()
            if _is_news(accounts[pk], payload)
        ]
        _tell(news, sources, now=now)
        _store(news)
    return accounts


def lock_accounts(ids: Iterable[int]) -> dict[int, ShopifyCustomer]:
    """Lock the accounts of these Shopify ids, made where they are new; inside a transaction."""
    wanted = sorted(set(ids))
    fresh = [ShopifyCustomer(shopify_id=pk) for pk in wanted]
    known = set(
        ShopifyCustomer.objects.filter(shopify_id__in=wanted).values_list("shopify_id", flat=True)
    )
    ShopifyCustomer.objects.bulk_create(
        [account for account in fresh if account.shopify_id not in known], ignore_conflicts=True
    )
    rows = ShopifyCustomer.objects.select_for_update(no_key=True).filter(shopify_id__in=wanted)
    return {row.shopify_id: row for row in rows.order_by("shopify_id")}


def declare(
    account: ShopifyCustomer, said: Sequence[Declaration], *, phone: Phone | None, now: datetime
) -> None:
    """Add declarations to the ledger of the person at `phone`, or of the account's contact where it is None."""
    if not said:
        return
    number = phone or _number_of(account)
    if number is not None and number.e164:
        upsert_contacts(rows=[ContactData(phone=number, declarations=said)], by=None, now=now)


@dataclass(frozen=True, slots=True)
class Leading:
    """An account that led to nobody, and the contact with this number that it leads to from now on."""

    account: ShopifyCustomer
    contact_id: int
    phone: Phone


def lead_to(account: ShopifyCustomer, contact_id: int, *, phone: Phone, now: datetime) -> None:
    """An account that led to nobody leads to this contact; what waited for a number is said of it."""
    lead_all([Leading(account, contact_id, phone)], now=now)


def lead_all(leading: Sequence[Leading], *, now: datetime) -> None:
    """As `lead_to`, for accounts of which each is named once."""
    if not leading:
        return
    for one in leading:
        one.account.contact_id = one.contact_id
    ShopifyCustomer.objects.bulk_update([one.account for one in leading], ["contact"])
    sources = read_sources(current_shop().consent_sources)
    rows = [
        ContactData(phone=one.phone, declarations=said)
        for one in leading
        if (said := _waiting(one, sources, now=now))
    ]
    if rows:
        upsert_contacts(rows=rows, by=None, now=now)


def _waiting(one: Leading, sources: Sequence[ConsentSource], *, now: datetime) -> list[Declaration]:
    return consents.of_account(
        sources,
        one.account.consents,
        account=one.account.shopify_id,
        phone=one.phone.e164,
        own_phone=one.account.phone,
        now=now,
    )


def number_of(contact: Contact) -> Phone:
    """The contact's number, read again from the form in which it is kept."""
    return normalise_phone(contact.phone or "")


def account_phone(payload: CustomerPayload) -> Phone:
    """The number of the account itself; `NOT_A_PHONE` where it has none."""
    return read_phone(payload.phone, payload)


def read_phone(text: str, payload: CustomerPayload) -> Phone:
    """Read a number of this customer; without prefix it is one of her country, Italy where none is known."""
    address = payload.default_address
    region = (address.country_code if address else "") or HOME
    return normalise_phone(text, region) if text else NOT_A_PHONE


def _latest(payloads: Sequence[CustomerPayload]) -> dict[int, CustomerPayload]:
    latest: dict[int, CustomerPayload] = {}
    for payload in payloads:
        known = latest.get(payload.id)
        if known is None or _moment(known) <= _moment(payload):
            latest[payload.id] = payload
    return latest


def _moment(payload: CustomerPayload) -> float:
    return payload.updated_at.timestamp() if payload.updated_at else 0.0


def _is_news(account: ShopifyCustomer, payload: CustomerPayload) -> bool:
    """A body without a moment of its own only fills an account of which nothing was heard."""
    if account.gone_at is not None:
        return False
    known = account.shopify_updated_at
    if payload.updated_at is None:
        return known is None
    return known is None or payload.updated_at >= known


def _settle(account: ShopifyCustomer, payload: CustomerPayload, *, now: datetime) -> _News:
    """Decide whom the account leads to; its own number counts more than that of an address."""
    before = dict(account.said)
    own = account_phone(payload)
    contact = _person(account)
    phone, is_move = _whom(account, contact, own, payload, now=now)
    account.phone = own.e164 or account.phone
    account.email = feeding.email_or_nothing(payload.email) or account.email
    account.tags = list(payload.tags) if payload.tags is not None else account.tags
    account.shopify_updated_at = payload.updated_at or account.shopify_updated_at
    return _News(account, payload, phone, is_move, before)


def _person(account: ShopifyCustomer) -> Contact | None:
    """The contact of the account, locked, or the one that it was merged into."""
    return lock_person(account.contact_id) if account.contact_id is not None else None


def _whom(
    account: ShopifyCustomer,
    contact: Contact | None,
    own: Phone,
    payload: CustomerPayload,
    *,
    now: datetime,
) -> tuple[Phone, bool]:
    """Return the number of whom the account leads to, and whether that is somebody else than before."""
    if contact is None or contact.phone is None:
        return own if own.e164 else _address_phone(payload), True
    if not own.e164 or own.e164 in {account.phone, contact.phone}:
        return number_of(contact), False
    if _may_take_along(account, contact, own):
        try:
            change_phone(
                contact=contact,
                phone=own,
                why=f"Shopify customer {account.shopify_id}",
                by=None,
                now=now,
            )
        except PhoneTaken:
            return own, True
        return own, False
    return own, True


def _may_take_along(account: ShopifyCustomer, contact: Contact, own: Phone) -> bool:
    """The contact's number is the account's old one, no other account has it, and the new one is a mobile."""
    others = ShopifyCustomer.objects.filter(contact=contact, gone_at=None).exclude(pk=account.pk)
    return account.phone == contact.phone and own.can_receive_whatsapp and not others.exists()


def _address_phone(payload: CustomerPayload) -> Phone:
    """Typed for a courier: only a mobile tells who the person is."""
    address = payload.default_address
    found = read_phone(address.phone, payload) if address else NOT_A_PHONE
    return found if found.can_receive_whatsapp else NOT_A_PHONE


def _tell(news: Sequence[_News], sources: Sequence[ConsentSource], *, now: datetime) -> None:
    """Write onto the contacts what is new, and let the accounts lead to them."""
    people = _locked_people({one.phone.e164 for one in news if one.phone.e164})
    for one in news:
        _keep_consents(one, now=now)
        one.account.said = {**one.before, **feeding.said_by(one.payload)}
    leading = [one for one in news if one.phone.e164]
    rows = [_row(one, people.get(one.phone.e164), sources, now=now) for one in leading]
    for one, done in zip(leading, upsert_contacts(rows=rows, by=None, now=now), strict=True):
        one.account.contact_id = done.contact_id


def _locked_people(numbers: set[str]) -> dict[str, Contact]:
    """By number, also by one that a person had before she was merged into another contact."""
    aliases = ContactAlias.objects.filter(kind=ContactAlias.Kind.PHONE, value__in=numbers)
    meant = dict(aliases.values_list("value", "contact_id"))
    rows = Contact.objects.select_for_update(no_key=True).filter(
        Q(phone__in=numbers) | Q(pk__in=meant.values())
    )
    people = {contact.pk: contact for contact in rows.order_by("pk")}
    found = {contact.phone: contact for contact in people.values() if contact.phone}
    return {number: people[pk] for number, pk in meant.items() if pk in people} | found


def _keep_consents(one: _News, *, now: datetime) -> None:
    seen_at = one.payload.updated_at or now
    for channel, heard in (
        (consents.WHATSAPP, one.payload.whatsapp_consent),
        (consents.SMS, one.payload.sms_consent),
    ):
        if heard is not None:
            keep_consent(one.account, channel, heard, region_of=one.payload, seen_at=seen_at)


def keep_consent(
    account: ShopifyCustomer,
    channel: str,
    heard: ConsentPayload,
    *,
    region_of: CustomerPayload | None = None,
    seen_at: datetime,
) -> bool:
    """Keep the latest of a channel with the account (not saved yet); False if it is no news."""
    fresh = consents.newer(account.consents.get(channel, {}), heard, seen_at=seen_at)
    if fresh is None:
        return False
    written = heard.phone
    number = read_phone(written, region_of) if region_of else normalise_phone(written)
    fresh["phone"] = number.e164
    if channel == consents.WHATSAPP and (ours := whose_echo(account.consents, fresh)):
        fresh["ours"] = ours
    account.consents = account.consents | {channel: fresh}
    return True


def _row(
    one: _News, contact: Contact | None, sources: Sequence[ConsentSource], *, now: datetime
) -> ContactData:
    account = one.account
    said = feeding.said_by(one.payload)
    told = feeding.told(said, one.before, contact, is_move=one.is_move)
    kept = [tag for tag in contact.tags if tag not in told.removed_tags] if contact else []
    at = one.payload.updated_at or now
    declarations = [
        *consents.of_account(
            sources,
            account.consents,
            account=account.shopify_id,
            phone=one.phone.e164,
            own_phone=account.phone,
            now=now,
        ),
        *consents.of_tags(
            sources,
            account=account.shopify_id,
            added=told.added_tags,
            removed=told.removed_tags,
            at=at,
            now=now,
        ),
        *consents.of_metafields(
            sources, one.payload.metafields, account=account.shopify_id, at=at, now=now
        ),
    ]
    return ContactData(
        phone=one.phone,
        fields=told.fields,
        attributes=told.attributes,
        tags=kept if told.removed_tags else None,
        added_tags=told.added_tags,
        declarations=declarations,
    )


def _store(news: Sequence[_News]) -> None:
    """The rows are there and locked: each conflicts with itself, a fraction of what `bulk_update` costs."""
    if len(news) == 1:
        news[0].account.save(update_fields=_WRITTEN)
        return
    ShopifyCustomer.objects.bulk_create(
        [one.account for one in news],
        update_conflicts=True,
        unique_fields=["shopify_id"],
        update_fields=_WRITTEN,
    )


def _number_of(account: ShopifyCustomer) -> Phone | None:
    contact = _person(account)
    return number_of(contact) if contact and contact.phone else None
