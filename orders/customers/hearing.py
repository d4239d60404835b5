"""What comes about an account by itself: a consent, tags, a merge, a deletion. Late or twice, it ends the same."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from audiences.consent import lock_person
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import Phone, normalise_phone
from audiences.merging import MergeBusy, MergeRefused, merge_contacts
from audiences.models import Contact
from orders.cod import follow
from orders.customers import consents, feeding
from orders.customers.accounts import declare, keep_consent, lock_accounts, number_of
from orders.customers.sources import ConsentSource, read_sources
from orders.models import Order, ShopifyCustomer
from orders.shopify.payloads.customer import ConsentPayload
from orders.shops import current_shop

# When each tag last came or went, beside what the account said.
_TAGS_AT = "tags_at"
_MOST_TAG = 255
# Why an order is not asked about (`orders.cod.words`), and for how long that may still change.
_NO_CONSENT = "no_orders_consent"
_RECENT = timedelta(days=2)


class Heard(StrEnum):
    """What became of it, in a word."""

    USED = "used"
    STALE = "stale"
    GONE = "customer_gone"
    UNKNOWN = "unknown_customer"
    OURS = "our_own"


def hear_consent(
    *,
    customer_id: int,
    channel: str,
    heard: ConsentPayload,
    seen_at: datetime,
    now: datetime,
) -> Heard:
    """Keep a consent of an account and tell the ledger; one without state, or older than the last, is no news.

    It is about the number that is named with it. An account of which nothing else is known waits for a number.
    """
    with transaction.atomic():
        account = lock_accounts([customer_id])[customer_id]
        if account.gone_at is not None:
            return Heard.GONE
        if not keep_consent(account, channel, heard, seen_at=seen_at):
            return Heard.STALE
        if account.consents[channel].get("ours"):
            account.save(update_fields=["consents"])
            return Heard.OURS
        named = normalise_phone(account.consents[channel]["phone"] or "")
        if named.e164 and account.contact_id is None:
            account.contact_id = _known_by(named, now=now)
        account.phone = account.phone or named.e164
        account.save(update_fields=["consents", "contact", "phone"])
        _tell_ledger(account, channel, named, now=now)
    return Heard.USED


def hear_tags(
    *,
    customer_id: int,
    added: Collection[str] = (),
    removed: Collection[str] = (),
    at: datetime,
    now: datetime,
) -> Heard:
    """Put tags on the account's contact, or take them off; of one tag the later news counts."""
    with transaction.atomic():
        account = lock_accounts([customer_id])[customer_id]
        if account.gone_at is not None:
            return Heard.GONE
        times = dict(account.said.get(_TAGS_AT, {}))
        newer = {tag for tag in {*added, *removed} if _is_newer(times.get(tag), at)}
        if not newer:
            return Heard.STALE
        came = [tag[:_MOST_TAG] for tag in added if tag in newer]
        went = [tag for tag in removed if tag in newer]
        account.tags = [tag for tag in account.tags if tag not in {*came, *went}] + came
        fit = [tag for tag in account.tags if len(tag) <= feeding.MOST_TAG]
        account.said = account.said | {
            feeding.TAGS: sorted(fit),
            _TAGS_AT: times | dict.fromkeys(newer, at.isoformat()),
        }
        account.save(update_fields=["tags", "said"])
        _tag_contact(account, came, went, at=at, now=now)
    return Heard.USED


def merge_accounts(*, kept_id: int, gone_id: int, now: datetime) -> Heard:
    """Two accounts were one customer: what the one had is the other's, the same again changes nothing.

    Their contacts become one as well, unless somebody else has the one that goes.

    :raises audiences.merging.MergeBusy: somebody is just at work on one of the two; try again.
    """
    with transaction.atomic():
        accounts = lock_accounts([kept_id, gone_id])
        kept, gone = accounts[kept_id], accounts[gone_id]
        if kept_id == gone_id or kept.gone_at is not None:
            return Heard.GONE
        Order.objects.filter(customer=gone).update(customer=kept)
        if gone.contact_id is not None:
            _join_contacts(kept, gone, now=now)
        kept.save(update_fields=["contact"])
        gone.contact_id = kept.contact_id
        gone.gone_at = gone.gone_at or now
        gone.save(update_fields=["contact", "gone_at"])
    return Heard.USED


def forget_account(*, customer_id: int, at: datetime) -> Heard:
    """The account was deleted on Shopify: it says nothing any more; its contact and orders stay.

    Shopify deletes no customer who has orders; whoever wants to be forgotten comes by another way.
    """
    with transaction.atomic():
        account = lock_accounts([customer_id])[customer_id]
        if account.gone_at is not None:
            return Heard.STALE
        account.gone_at = at
        account.save(update_fields=["gone_at"])
    return Heard.USED


def _known_by(number: Phone, *, now: datetime) -> int:
    return upsert_contact(data=ContactData(phone=number), by=None, now=now).contact_id


def _tell_ledger(account: ShopifyCustomer, channel: str, named: Phone, *, now: datetime) -> None:
    """The person at the number it was given for; and, if she has another one by now, her withdrawal there."""
    numbers = [named] if named.e164 else []
    person = _contact(account)
    if person is not None and person.phone and person.phone != named.e164:
        numbers.append(number_of(person))
    for number in numbers:
        said = consents.of_account(
            _sources(),
            {channel: account.consents[channel]},
            account=account.shopify_id,
            phone=number.e164,
            own_phone=account.phone,
            now=now,
        )
        declare(account, said, phone=number, now=now)
        if any(one.state == consents.GIVEN for one in said):
            _look_again(number, now=now)


def _look_again(number: Phone, *, now: datetime) -> None:
    """The consent came a moment after the order: the order need not wait for the round of ten minutes."""
    waiting = Order.objects.filter(
        contact__phone=number.e164,
        is_cod=True,
        cod_status=Order.CodStatus.NOT_ELIGIBLE,
        cod_reason=_NO_CONSENT,
        placed_at__gte=now - _RECENT,
    )
    follow.tend_all(order_ids=list(waiting.values_list("pk", flat=True)), now=now)


def _tag_contact(
    account: ShopifyCustomer,
    came: Collection[str],
    went: Collection[str],
    *,
    at: datetime,
    now: datetime,
) -> None:
    person = _contact(account)
    if person is None or not person.phone:
        return
    said = consents.of_tags(
        _sources(), account=account.shopify_id, added=came, removed=went, at=at, now=now
    )
    data = ContactData(
        phone=number_of(person),
        tags=[tag for tag in person.tags if tag not in went],
        added_tags=[tag for tag in came if len(tag) <= feeding.MOST_TAG],
        declarations=said,
    )
    upsert_contact(data=data, by=None, now=now)


def _join_contacts(kept: ShopifyCustomer, gone: ShopifyCustomer, *, now: datetime) -> None:
    mine, theirs = _contact(kept), _contact(gone)
    if mine is None or theirs is None or mine.pk == theirs.pk:
        kept.contact_id = mine.pk if mine else gone.contact_id
        return
    others = ShopifyCustomer.objects.filter(contact=theirs, gone_at=None)
    if others.exclude(pk__in=[kept.pk, gone.pk]).exists():
        return
    try:
        merge_contacts(
            survivor=mine,
            merged=theirs,
            why=f"Shopify customers {gone.shopify_id} → {kept.shopify_id}",
            by=None,
            now=now,
        )
    except MergeBusy:
        raise
    except MergeRefused:
        # Merged elsewhere meanwhile: a person decided already who is who.
        return


def _contact(account: ShopifyCustomer) -> Contact | None:
    return lock_person(account.contact_id) if account.contact_id is not None else None


def _is_newer(known: str | None, at: datetime) -> bool:
    return known is None or datetime.fromisoformat(known) < at


def _sources() -> tuple[ConsentSource, ...]:
    return read_sources(current_shop().consent_sources)
