"""Erasing what somebody wants forgotten, and gathering what somebody wants to know.

A person is forgotten in one transaction, wholly or not at all. A whole shop goes in portions: one that stops half
way goes on where it was.
"""

import logging
from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction

from audiences.models import ConsentRecord, Contact
from audiences.privacy import ErasureBusy, erase_contact, tell
from campaigns.alerts import watch
from orders import deliveries
from orders.models import Checkout, Order, PrivacyRequest, Shop, ShopifyCustomer
from orders.notices import LATE
from orders.privacy import keeping, requests
from orders.privacy.whose import Found, find
from orders.shops import current_shop

logger = logging.getLogger(__name__)

STILL_CONNECTED = "still_connected"
# So many people of a whole shop in one run; the next run goes on.
_PEOPLE_AT_ONCE = 500
_ROWS_AT_ONCE = 2_000


class StillConnected(Exception):
    """Our app is installed in the shop: its data is not erased by a machine."""


def carry_out_due(*, now: datetime) -> int:
    """Carry out every erasure that is due and tell people of terms that are near; return how many were ended."""
    ended = sum(carry_out(pk, now=now) for pk in requests.due(now=now))
    late = requests.is_any_late(now=now)
    watch(code=LATE, holds=late > 0, figures={"count": late}, now=now)
    return ended


def carry_out(request_id: int, *, now: datetime) -> bool:
    """Erase what one request names; False if it is not ended yet. A fault is noted and tried again later."""
    request = PrivacyRequest.objects.get(pk=request_id)
    if request.state != requests.State.WAITING:
        return False
    try:
        if request.kind == requests.Kind.SHOP_REDACT:
            return _erase_shop(request, now=now)
        with transaction.atomic():
            return _erase_person(request, now=now)
    except StillConnected:
        requests.put_off(request, error=STILL_CONNECTED, now=now)
    except ErasureBusy:
        requests.put_off(request, error="busy", now=now)
    except Exception as error:
        # Whatever it is, the request must say it and be tried again: the term runs.
        logger.exception("privacy request %s could not be carried out", request.pk)
        requests.put_off(request, error=type(error).__name__, now=now)
    return False


def gather(request: PrivacyRequest) -> dict[str, Any]:
    """Return everything that is kept of whom a request names, fit for JSON; empty sections where nothing is."""
    found = find(request)
    sections: dict[str, Any] = {}
    for contact in Contact.objects.filter(pk__in=[*found.contacts, *found.shared]).order_by("pk"):
        for name, rows in tell(contact).items():
            sections.setdefault(name, []).extend(rows)
    own = keeping.tell_rows(orders=found.orders, checkouts=found.checkouts, accounts=found.accounts)
    return {
        "request": request.request_id,
        "shop": request.shop_domain,
        "customer": request.customer_id,
        # By account and order: a contact's own may be a part of them.
        "data": sections | {name: list(rows) for name, rows in own.items()},
    }


def figures_of(gathered: dict[str, Any]) -> dict[str, int]:
    """Return how many rows each section holds."""
    return {name: len(rows) for name, rows in gathered["data"].items() if rows}


def _erase_person(request: PrivacyRequest, *, now: datetime) -> bool:
    found = find(request)
    texts = _texts(request, found)
    why = f"Shopify privacy request {request.pk}"
    figures: Counter[str] = Counter()
    for contact in Contact.objects.filter(pk__in=found.contacts).order_by("pk"):
        figures.update(erase_contact(contact=contact, why=why, by=None, now=now).figures)
    _leave_shared(found, now=now)
    figures.update(keeping.erase_orders(found.orders, now=now))
    figures["checkouts"] += keeping.erase_checkouts(found.checkouts)
    figures["accounts"] += keeping.erase_accounts(found.accounts, now=now)
    _bury(request, now=now)
    figures["deliveries"] += deliveries.erase(texts=texts, object_ids=found.shopify_ids)
    if request.customer_id is not None:
        twins = PrivacyRequest.objects.filter(customer_id=request.customer_id)
        twins.exclude(state=requests.State.WAITING).update(email="", phone="")
    PrivacyRequest.objects.filter(pk=request.pk).update(email="", phone="")
    return requests.close(request=request, figures=dict(figures), by=None, now=now)


def _texts(request: PrivacyRequest, found: Found) -> list[str]:
    """By what raw bodies are found besides their ids."""
    accounts = ShopifyCustomer.objects.filter(pk__in=found.accounts)
    orders = Order.objects.filter(pk__in=found.orders)
    emails = {request.email, *(account.email for account in accounts)}
    phones = {request.phone, *(account.phone for account in accounts)}
    for order in orders:
        emails.add(order.email)
        phones.add(order.phone)
    spelled = {keeping.national(phone) for phone in phones} | phones
    return sorted({*emails, *spelled} - {""})


def _leave_shared(found: Found, *, now: datetime) -> None:
    """A contact that is somebody else's too keeps its number, and loses what this customer's account said."""
    accounts = ShopifyCustomer.objects.filter(pk__in=found.accounts)
    for contact in Contact.objects.select_for_update(no_key=True).filter(pk__in=found.shared):
        said = [account.said for account in accounts if account.contact_id == contact.pk]
        for one in said:
            for name in ("first_name", "last_name", "email"):
                if one.get(name) and getattr(contact, name) == one[name]:
                    setattr(contact, name, "")
            for name in ("address", "city", "zip"):
                if contact.attributes.get(name) == one.get(name):
                    contact.attributes.pop(name, None)
        contact.updated_at = now
        contact.save()
    Order.objects.filter(pk__in=found.orders, contact__in=found.shared).update(contact=None)


def _bury(request: PrivacyRequest, *, now: datetime) -> None:
    """What Shopify still tells late of the customer finds the account erased, also if we never knew it."""
    if request.customer_id is None:
        return
    gone = ShopifyCustomer(shopify_id=request.customer_id, gone_at=now, erased_at=now)
    ShopifyCustomer.objects.bulk_create([gone], ignore_conflicts=True)


def _erase_shop(request: PrivacyRequest, *, now: datetime) -> bool:
    """Everything that Shopify told of people; contacts that agreed elsewhere stay the merchant's own.

    :raises StillConnected: the shop is connected; Shopify never sends this for one that is.
    """
    shop = current_shop()
    if shop.domain == request.shop_domain and shop.uninstalled_at is None:
        raise StillConnected
    figures = Counter(request.figures)
    people = _people_of_shop()[:_PEOPLE_AT_ONCE]
    for contact in people:
        why = f"Shopify privacy request {request.pk}"
        figures.update(erase_contact(contact=contact, why=why, by=None, now=now).figures)
    orders = _keys(Order.objects.filter(erased_at=None, shopify_id__isnull=False))
    checkouts = _keys(Checkout.objects.exclude(token=None, phone="", email=""))
    accounts = _keys(ShopifyCustomer.objects.filter(erased_at=None)) if not people else []
    figures.update(keeping.erase_orders(orders, now=now))
    figures["checkouts"] += keeping.erase_checkouts(checkouts)
    figures["accounts"] += keeping.erase_accounts(accounts, now=now)
    if people or orders or checkouts or accounts:
        PrivacyRequest.objects.filter(pk=request.pk).update(figures=dict(figures))
        return False
    figures["deliveries"] += deliveries.erase_all(shop_domain=request.shop_domain)
    Shop.objects.filter(pk=shop.pk).update(scopes=[], updated_at=now)
    return requests.close(request=request, figures=dict(figures), by=None, now=now)


def _people_of_shop() -> Any:
    """Contacts that accounts lead to and of whom nothing is declared elsewhere."""
    elsewhere = ConsentRecord.objects.exclude(source__startswith="shopify").values("contact")
    led = ShopifyCustomer.objects.filter(contact__isnull=False).values("contact")
    return Contact.objects.filter(pk__in=led).exclude(pk__in=elsewhere).order_by("pk")


def _keys(rows: Any) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:_ROWS_AT_ONCE])
