"""How a consent is written to Shopify so that a second time does nothing new. HTTP, hence outside of transactions.

Shopify is read first: what it says already is not written, and what was said there later than here counts more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from audiences.identity import normalise_phone
from audiences.models import ConsentState, Contact
from orders.customers import consents
from orders.customers.asking_back import TURNED_OFF, lacks
from orders.customers.written import WRITTEN, mark, whose_echo
from orders.models import ShopCall, ShopifyCustomer
from orders.shop_call_ends import CallRefused, NotNeeded
from orders.shopify.client import ShopifyClient
from orders.shopify.types import NativeConsent
from orders.shops import current_shop

_SUBSCRIBED, _UNSUBSCRIBED = "subscribed", "unsubscribed"
# Ours → Shopify's (Admin API, CustomerMarketingConsentState).
_WORDS: Final = {ConsentState.WITHDRAWN: _UNSUBSCRIBED, ConsentState.GIVEN: _SUBSCRIBED}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What Shopify should say of an account, since when, and the number of the person it is about."""

    account: ShopifyCustomer
    state: str
    at: datetime
    phone: str


def write_consent(call: ShopCall, *, client: ShopifyClient, now: datetime) -> None:
    """Have Shopify say of the account what counts here now, as far as `call` still asks for that.

    :raises NotNeeded: it was overtaken, or there is nothing to write it to.
    :raises CallRefused: the app lacks the permission, or the version of the API.
    :raises ShopifyError: see `orders.shopify.errors`.
    """
    wanted = _wanted(call, client=client, now=now)
    there = client.whatsapp_consent(wanted.account.shopify_id)
    if there is None:
        raise NotNeeded("customer_gone")
    if not there.phone:
        raise NotNeeded("no_default_phone")
    if not _says_so(there, wanted):
        _refuse_what_is_not_ours(wanted, there)
        _keep(wanted, is_sent=False, now=now)
        client.write_whatsapp_consent(
            wanted.account.shopify_id, state=wanted.state.upper(), updated_at=wanted.at
        )
    _keep(wanted, is_sent=True, now=now, said=there)


def _wanted(call: ShopCall, *, client: ShopifyClient, now: datetime) -> _Wanted:
    shop = current_shop()
    if not shop.writes_consent_back:
        raise NotNeeded(TURNED_OFF)
    account = call.customer
    if account is None:
        raise NotNeeded("no_account")
    if account.gone_at is not None:
        raise NotNeeded("customer_gone")
    person = _person(account)
    at = person.marketing_consent_at if person else None
    # Her newest word counts: what was asked for before it has nothing to say any more.
    if person is None or at is None or person.marketing_consent != call.payload.get("state"):
        raise NotNeeded("overtaken")
    if missing := lacks(shop, version=client.version):
        raise CallRefused(missing)
    state = _WORDS[ConsentState(person.marketing_consent)]
    return _Wanted(account, state, min(at, now), person.phone or "")


def _person(account: ShopifyCustomer) -> Contact | None:
    """Whom the account leads to now, or the contact that she was merged into."""
    people = Contact.objects.select_related("merged_into")
    found = people.filter(pk=account.contact_id or 0).first()
    return found.merged_into or found if found else None


def _refuse_what_is_not_ours(wanted: _Wanted, there: NativeConsent) -> None:
    if _is_later(there, wanted):
        raise NotNeeded("newer_on_shopify")
    if wanted.state == _UNSUBSCRIBED:
        return
    if there.state != _UNSUBSCRIBED:
        raise NotNeeded("not_ended_there")
    if normalise_phone(there.phone).e164 != wanted.phone:
        raise NotNeeded("other_number")
    if not _is_our_withdrawal(there, wanted):
        raise NotNeeded("not_ended_by_us")


def _is_our_withdrawal(there: NativeConsent, wanted: _Wanted) -> bool:
    """A call that found her unsubscribed already has told Shopify nothing: that withdrawal is not ours to take back."""
    if there.updated_at is None:
        return _UNSUBSCRIBED in wanted.account.consents.get(WRITTEN, {})
    return _is_echo(there, there.updated_at, wanted)


def _is_later(there: NativeConsent, wanted: _Wanted) -> bool:
    """Whether somebody else than we said it, after her; Shopify may date what we wrote by its own clock."""
    if there.updated_at is None or there.updated_at <= wanted.at:
        return False
    return not _is_echo(there, there.updated_at, wanted)


def _is_echo(there: NativeConsent, at: datetime, wanted: _Wanted) -> bool:
    heard = {"state": there.state, "at": at.isoformat()}
    return bool(whose_echo(wanted.account.consents, heard))


def _says_so(there: NativeConsent, wanted: _Wanted) -> bool:
    """Whether Shopify says so already; who was redacted there is not subscribed either."""
    is_ended = wanted.state == _UNSUBSCRIBED and there.state in consents.ENDED
    return is_ended or there.state == wanted.state


def _keep(
    wanted: _Wanted,
    *,
    is_sent: bool,
    now: datetime,
    said: NativeConsent | None = None,
) -> None:
    """Note with the account what is about to be written; once it was, that Shopify says so.

    :raises NotNeeded: the account has gone since it was read, and nothing was written yet.
    """
    with transaction.atomic():
        account = ShopifyCustomer.objects.select_for_update(no_key=True).get(pk=wanted.account.pk)
        if account.gone_at is not None:
            # Erased meanwhile: nothing is written down of her any more, nor written there.
            if not is_sent:
                raise NotNeeded("customer_gone")
            return
        if not is_sent:
            account.consents = mark(
                account.consents, state=wanted.state, at=wanted.at, phone=wanted.phone, now=now
            )
        elif said is not None and _is_news(account, wanted):
            account.consents = account.consents | {consents.WHATSAPP: _kept(wanted, said)}
        account.save(update_fields=["consents"])


def _is_news(account: ShopifyCustomer, wanted: _Wanted) -> bool:
    kept: dict[str, Any] = account.consents.get(consents.WHATSAPP, {})
    if not kept:
        return True
    return kept["state"] != wanted.state and datetime.fromisoformat(kept["at"]) <= wanted.at


def _kept(wanted: _Wanted, said: NativeConsent) -> dict[str, Any]:
    """As `consents.newer` keeps what was heard, with whom it was about: the ledger has it from her."""
    return {
        "state": wanted.state,
        "level": "",
        "from": "other",
        "at": wanted.at.isoformat(),
        "is_dated": True,
        "phone": normalise_phone(said.phone).e164,
        "has_ended": False,
        "ours": wanted.phone,
    }
