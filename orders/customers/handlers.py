"""Topics about customers and about our app itself; `orders.handlers` adds them to the others."""

from collections.abc import Mapping
from datetime import datetime

from audiences.deliveries import Outcome
from orders import shops
from orders.customers import consents, hearing
from orders.customers.accounts import take_customer
from orders.customers.hearing import Heard
from orders.deliveries import Handler, JsonObject, Received
from orders.notices import look_at_shop
from orders.privacy.handlers import HANDLERS as PRIVACY
from orders.shopify.payloads.customer import (
    ConsentPayload,
    customer_id,
    read_consent,
    read_customer,
)
from orders.shopify.payloads.reading import Unreadable, gid, moment, tags

# How Shopify may call a merge that was carried out; its documented sample is one that failed.
_MERGED = frozenset({"completed", "complete", "success", "succeeded", "merged"})


def take_account(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/create, /update, /enable, /disable."""
    payload = read_customer(body)
    if payload is None:
        raise Unreadable("the customer has no id")
    account = take_customer(payload=payload, now=now)
    if account.gone_at is not None:
        return _outcome(Heard.GONE)
    is_old = payload.updated_at is not None and payload.updated_at != account.shopify_updated_at
    return _outcome(Heard.STALE) if is_old else Outcome("customer")


def take_deletion(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/delete: little more than the id."""
    return _outcome(
        hearing.forget_account(customer_id=_whose(body), at=happened_at(body, received))
    )


def take_merge(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/merge: only one that succeeded is acted on."""
    status = str(body.get("status") or "").lower()
    kept = gid(body.get("admin_graphql_api_customer_kept_id"))
    gone = gid(body.get("admin_graphql_api_customer_deleted_id"))
    if status not in _MERGED or body.get("errors"):
        return Outcome("not_merged", is_used=False)
    if kept is None or gone is None:
        raise Unreadable("the merge does not say which customers")
    return _outcome(hearing.merge_accounts(kept_id=kept, gone_id=gone, now=now))


def take_whatsapp_consent(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers_whats_app_marketing_consent/update, since API 2026-07."""
    heard = read_consent(body.get("whats_app_marketing_consent"), body.get("phone_number"))
    return _consent(consents.WHATSAPP, heard, body, received, now)


def take_sms_consent(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers_marketing_consent/update: kept, and used where the shop says that its label covers WhatsApp."""
    heard = read_consent(body.get("sms_marketing_consent"), body.get("phone"))
    return _consent(consents.SMS, heard, body, received, now)


def pass_email_consent(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers_email_marketing_consent/update: it is about e-mail, and says nothing of WhatsApp."""
    return Outcome("email_only", is_used=False)


def take_added_tags(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customer.tags_added: only those that came."""
    heard = hearing.hear_tags(
        customer_id=_whose(body),
        added=tags(body.get("tags")),
        at=happened_at(body, received),
        now=now,
    )
    return _outcome(heard)


def take_removed_tags(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customer.tags_removed: only those that went."""
    heard = hearing.hear_tags(
        customer_id=_whose(body),
        removed=tags(body.get("tags")),
        at=happened_at(body, received),
        now=now,
    )
    return _outcome(heard)


def pass_summary(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """customers/purchasing_summary: what people bought is counted on our own orders."""
    return Outcome("not_used", is_used=False)


def take_uninstall(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """app/uninstalled: the token is dead; nothing is asked of Shopify until somebody connects it again."""
    shop = shops.current_shop()
    if shop.domain and received.shop_domain and shop.domain != received.shop_domain:
        return Outcome("unknown_shop", is_used=False)
    at = received.triggered_at or received.received_at
    changed = shops.mark_uninstalled(shop, at=at, now=now)
    look_at_shop(shops.current_shop(), now=now)
    return Outcome("uninstalled") if changed else _outcome(Heard.STALE)


def take_scopes(body: JsonObject, received: Received, now: datetime) -> Outcome:
    """app/scopes_update: what Shopify lets us do from now on."""
    if not isinstance(body.get("current"), list):
        return Outcome("not_used", is_used=False)
    at = moment(body.get("updated_at")) or received.triggered_at or received.received_at
    changed = shops.note_scopes(shops.current_shop(), scopes=tags(body["current"]), at=at, now=now)
    look_at_shop(shops.current_shop(), now=now)
    return Outcome("scopes") if changed else _outcome(Heard.STALE)


def happened_at(body: JsonObject, received: Received) -> datetime:
    """When it happened: what the body says, else when Shopify set it off, else when it came."""
    return moment(body.get("occurredAt")) or received.triggered_at or received.received_at


def _consent(
    channel: str, heard: ConsentPayload, body: JsonObject, received: Received, now: datetime
) -> Outcome:
    if not heard.state:
        return Outcome("no_state", is_used=False)
    used = hearing.hear_consent(
        customer_id=_whose(body),
        channel=channel,
        heard=heard,
        seen_at=happened_at(body, received),
        now=now,
    )
    return _outcome(used)


def _whose(body: JsonObject) -> int:
    """:raises Unreadable: the body names no customer."""
    found = customer_id(body)
    if found is None:
        raise Unreadable("it does not say which customer")
    return found


def _outcome(heard: Heard) -> Outcome:
    return Outcome("customer") if heard is Heard.USED else Outcome(heard.value, is_used=False)


HANDLERS: Mapping[str, Handler] = {
    "customers/create": take_account,
    "customers/update": take_account,
    "customers/enable": take_account,
    "customers/disable": take_account,
    "customers/delete": take_deletion,
    "customers/merge": take_merge,
    "customers/purchasing_summary": pass_summary,
    "customer.tags_added": take_added_tags,
    "customer.tags_removed": take_removed_tags,
    "customers_whats_app_marketing_consent/update": take_whatsapp_consent,
    "customers_marketing_consent/update": take_sms_consent,
    "customers_email_marketing_consent/update": pass_email_consent,
    "app/uninstalled": take_uninstall,
    "app/scopes_update": take_scopes,
    **PRIVACY,
}
