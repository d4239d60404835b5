"""Whose data it is: found by Shopify's id, else by e-mail, else by phone, else by the orders that are named."""

from dataclasses import dataclass

from django.db.models import Q

from audiences.identity import normalise_phone
from audiences.models import Contact
from orders.models import Checkout, Order, PrivacyRequest, ShopifyCustomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows of ours by their keys. `contacts` are hers alone; `shared` are somebody else's as well and stay."""

    accounts: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()
    checkouts: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()
    # Shopify's own identifiers of accounts and orders, those unknown here included.
    shopify_ids: tuple[int, ...] = ()

    @property
    def is_nobody(self) -> bool:
        return not (self.accounts or self.orders or self.checkouts or self.contacts or self.shared)


def find(request: PrivacyRequest) -> Found:
    """Find what is hers; nothing where nobody is known by what Shopify named."""
    accounts = _accounts(request)
    named = Order.objects.filter(shopify_id__in=request.order_ids)
    contacts = _contacts(request, accounts)
    if not accounts and not contacts:
        contacts = {order.contact_id for order in named if order.contact_id is not None}
    shared = {pk for pk in contacts if _is_of_another(pk, accounts)}
    own = contacts - shared
    hers = Q(customer__in=accounts) | Q(shopify_id__in=request.order_ids) | Q(contact__in=own)
    orders = Order.objects.filter(hers)
    checkouts = Checkout.objects.filter(Q(contact__in=own) | _typed(request, accounts))
    known = [pk for pk in orders.values_list("shopify_id", flat=True) if pk is not None]
    return Found(
        accounts=tuple(sorted(account.pk for account in accounts)),
        orders=tuple(orders.order_by("pk").values_list("pk", flat=True)),
        checkouts=tuple(checkouts.order_by("pk").values_list("pk", flat=True)),
        contacts=tuple(sorted(own)),
        shared=tuple(sorted(shared)),
        shopify_ids=tuple(
            sorted(
                {*known, *request.order_ids}
                | {account.shopify_id for account in accounts}
                | ({request.customer_id} if request.customer_id else set())
            )
        ),
    )


def _accounts(request: PrivacyRequest) -> list[ShopifyCustomer]:
    """The first way that finds anybody decides: a number or an address may be several people's."""
    ways = (
        Q(shopify_id=request.customer_id) if request.customer_id else None,
        Q(email__iexact=request.email) if request.email else None,
        Q(phone=phone) if (phone := normalise_phone(request.phone).e164) else None,
    )
    for way in ways:
        found = list(ShopifyCustomer.objects.filter(way)) if way is not None else []
        if found:
            return found
    return []


def _contacts(request: PrivacyRequest, accounts: list[ShopifyCustomer]) -> set[int]:
    led = {account.contact_id for account in accounts if account.contact_id is not None}
    if led or accounts:
        return _alive(led)
    people = Contact.objects.filter(merged_into=None)
    if request.email:
        by_email = set(people.filter(email__iexact=request.email).values_list("pk", flat=True))
        if by_email:
            return by_email
    phone = normalise_phone(request.phone).e164
    return set(people.filter(phone=phone).values_list("pk", flat=True)) if phone else set()


def _alive(ids: set[int]) -> set[int]:
    """The contacts, or those that they were merged into."""
    return {
        into or pk
        for pk, into in Contact.objects.filter(pk__in=ids).values_list("pk", "merged_into")
    }


def _is_of_another(contact_id: int, accounts: list[ShopifyCustomer]) -> bool:
    """Another account that is still there leads to the same number, a family's for instance."""
    mine = [account.pk for account in accounts]
    others = ShopifyCustomer.objects.filter(contact=contact_id, gone_at=None)
    return others.exclude(pk__in=mine).exists()


def _typed(request: PrivacyRequest, accounts: list[ShopifyCustomer]) -> Q:
    """Checkouts that hold her e-mail address; a number alone may be somebody else's."""
    emails = {request.email.lower(), *(account.email.lower() for account in accounts)} - {""}
    typed = Q(pk__in=[])
    for email in emails:
        typed |= Q(email__iexact=email)
    return typed
