"""Which declarations Shopify is told of: asked for with the declaration, written by a worker (`orders.customers.writing_back`).

A withdrawal is always hers, so it is written to each of her accounts. A consent is written only where our own
withdrawal is to be taken back: whoever never was unsubscribed by us is not subscribed by us either, for a consent
that was given here is no licence for the shop's other tools. What came from Shopify is not told to it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from audiences import consent_news
from audiences.models import ConsentPurpose, ConsentRecord, Contact
from orders import shop_calls
from orders.models import Shop, ShopCall, ShopifyCustomer
from orders.shopify.queries import WHATSAPP_SINCE
from orders.shops import current_shop, is_connected

KIND: Final = ShopCall.Kind.WRITE_CONSENT
STATE: Final = ShopCall.State
NO_SCOPE, TOO_OLD = "no_write_customers", "version_without_consent"
TURNED_OFF: Final = "turned_off"
SCOPE: Final = "write_customers"
# How the sources of the ledger begin that tell what Shopify said (`orders.customers.consents`).
_SHOPIFYS: Final = "shopify:"
_GIVEN, _WITHDRAWN = ConsentRecord.State.GIVEN, ConsentRecord.State.WITHDRAWN
# Of so many at once, who has no account is not listed one by one: it was an import.
_MOST_LISTED: Final = 50
_MOST_FOUND: Final = 500


def hear_declarations(records: Sequence[ConsentRecord], now: datetime) -> None:
    """Ask for what Shopify must be told of these; inside their transaction."""
    if not settings.SHOPIFY_SHOP_DOMAIN:
        return
    said = {(one.contact_id, one.state, one.at) for one in records if _is_ours(one)}
    if not said or not _is_wanted(current_shop()):
        return
    people = Contact.objects.filter(pk__in={pk for pk, _, _ in said})
    # Only what counts now: an older word that comes late is no news.
    winners = [
        person
        for person in people.only("marketing_consent", "marketing_consent_at")
        if (person.pk, person.marketing_consent, person.marketing_consent_at) in said
    ]
    _ask(winners, now=now)


def find_unwritten(*, now: datetime) -> int:
    """Ask for what nobody asked for: accounts that came, or were merged, after the withdrawal; return how many.

    Shopify still shows them as subscribed, by a word older than ours. What lacked a permission or a version that is
    there by now is tried again.
    """
    shop = current_shop()
    if not _is_wanted(shop):
        return 0
    _revive(shop, now=now)
    if lacks(shop, version=settings.SHOPIFY_API_VERSION):
        return 0
    found = list(_contradicting()[:_MOST_FOUND])
    _ask_of(found, {one.contact.pk: one.contact for one in found if one.contact}, now=now)
    return len(found)


def lacks(shop: Shop, *, version: str) -> str:
    """Return the code of what Shopify would refuse, "" where nothing is known to lack. Unknown scopes may do."""
    if version < WHATSAPP_SINCE:
        return TOO_OLD
    return NO_SCOPE if shop.scopes and SCOPE not in shop.scopes else ""


def register_listener() -> None:
    """Have Shopify told of declarations; called when the application starts."""
    consent_news.register("orders", hear_declarations)


def _is_ours(record: ConsentRecord) -> bool:
    is_marketing = record.purpose == ConsentPurpose.WHATSAPP_MARKETING
    return is_marketing and not record.source.startswith(_SHOPIFYS)


def _is_wanted(shop: Shop) -> bool:
    return is_connected(shop) and shop.writes_consent_back


def _ask(people: Collection[Contact], *, now: datetime) -> None:
    by_id = {person.pk: person for person in people}
    accounts = ShopifyCustomer.objects.filter(contact__in=by_id, gone_at=None).order_by("pk")
    given = [pk for pk, one in by_id.items() if one.marketing_consent == _GIVEN]
    unsubscribed = _unsubscribed_by_us(accounts.filter(contact__in=given)) if given else set()
    found = [
        one
        for one in accounts
        if by_id[one.contact_id or 0].marketing_consent == _WITHDRAWN or one.pk in unsubscribed
    ]
    _ask_of(found, by_id, now=now)
    _list_strangers(by_id, now=now)


def _unsubscribed_by_us(accounts: QuerySet[ShopifyCustomer]) -> set[int | None]:
    """Return those of whom a withdrawal is the last that we told, or are about to tell."""
    told = ShopCall.objects.filter(customer__in=accounts.order_by(), kind=KIND)
    last = told.exclude(state=STATE.SKIPPED).order_by("customer", "-pk").distinct("customer")
    return {
        pk for pk, state in last.values_list("customer", "payload__state") if state == _WITHDRAWN
    }


def _ask_of(
    accounts: Sequence[ShopifyCustomer], people: dict[int, Contact], *, now: datetime
) -> None:
    """They are due at once and handed out together: one knock at the broker's door."""
    if not accounts:
        return
    calls = []
    for account in accounts:
        person = people[account.contact_id or 0]
        payload = _payload(person)
        key = f"consent:{payload['state']}:{payload['at']}"
        calls.append(
            ShopCall(
                customer=account,
                contact=person,
                key=key,
                kind=KIND,
                payload=payload,
                created_at=now,
                due_at=now,
            )
        )
    ShopCall.objects.bulk_create(calls, ignore_conflicts=True)
    transaction.on_commit(shop_calls.wake_for_due)


def _list_strangers(people: dict[int, Contact], *, now: datetime) -> None:
    """Whoever has no account is written nowhere: people see that it was thought of."""
    withdrawn = [pk for pk, one in people.items() if one.marketing_consent == _WITHDRAWN]
    if not withdrawn or len(people) > _MOST_LISTED:
        return
    known = ShopifyCustomer.objects.filter(contact__in=withdrawn, gone_at=None)
    strangers = set(withdrawn) - set(known.values_list("contact_id", flat=True))
    ShopCall.objects.bulk_create(
        ShopCall(
            contact=people[pk],
            key="consent",
            kind=KIND,
            payload=_payload(people[pk]),
            state=STATE.SKIPPED,
            error="no_account",
            created_at=now,
            due_at=now,
            done_at=now,
        )
        for pk in sorted(strangers)
    )


def _payload(person: Contact) -> dict[str, str]:
    at = person.marketing_consent_at
    return {"state": person.marketing_consent, "at": at.isoformat() if at else ""}


def _contradicting() -> QuerySet[ShopifyCustomer]:
    """Accounts whose person has withdrawn, though not by Shopify, and that were subscribed before, or nobody knows when."""
    ours = ConsentRecord.objects.filter(
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=_WITHDRAWN,
        at=OuterRef("contact__marketing_consent_at"),
    ).exclude(source__startswith=_SHOPIFYS)
    asked = ShopCall.objects.filter(
        customer=OuterRef("pk"),
        kind=KIND,
        created_at__gte=OuterRef("contact__marketing_consent_at"),
    )
    rows = ShopifyCustomer.objects.filter(
        gone_at=None,
        contact__marketing_consent=_WITHDRAWN,
        consents__whatsapp__state="subscribed",
    )
    # What was said by a contact that was merged into her is said by her.
    hers = Exists(ours.filter(contact=OuterRef("contact")))
    theirs = Exists(ours.filter(contact__merged_into=OuterRef("contact")))
    # What only shows a state brings nobody back here either (`orders.customers.consents`).
    heard_at = Cast(KT("consents__whatsapp__at"), DateTimeField())
    is_older = Q(heard_at__lt=F("contact__marketing_consent_at"))
    rows = rows.annotate(heard_at=heard_at).filter(is_older | Q(consents__whatsapp__is_dated=False))
    found = rows.filter(hers | theirs).exclude(Exists(asked))
    return found.select_related("contact").order_by(F("contact__marketing_consent_at").desc())


def _revive(shop: Shop, *, now: datetime) -> None:
    """What was refused for want of a permission or a version, or while it was switched off, waits again."""
    missing = lacks(shop, version=settings.SHOPIFY_API_VERSION)
    mended = [TURNED_OFF] + ([TOO_OLD] if missing != TOO_OLD else [])
    # Whether a token made by hand may write, Shopify never told: a person tries again.
    mended += [NO_SCOPE] if SCOPE in shop.scopes else []
    shop_calls.wait_again(kind=KIND, errors=mended, now=now)
