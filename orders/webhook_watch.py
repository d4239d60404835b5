"""Are our webhooks still there? Shopify deletes a subscription after eight failures and tells nobody here."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.alerts import watch
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import AccessDenied, Misspelt, Refused, ShopifyError
from orders.shopify.queries import WHATSAPP_SINCE
from orders.shopify.types import Subscription

logger = logging.getLogger(__name__)

PATH: Final = "/webhooks/shopify/"
MISSING: Final = "shopify_webhooks_missing"
UNREAD: Final = "shopify_webhooks_unread"
# Without these an order is not asked, a parcel not told of, a withdrawal not heard.
TOPICS: Final[tuple[str, ...]] = (
    "orders/create",
    "orders/updated",
    "orders/edited",
    "orders/cancelled",
    "orders/paid",
    "fulfillments/create",
    "fulfillments/update",
    "fulfillment_events/create",
    "refunds/create",
    "returns/request",
    "returns/approve",
    "returns/close",
    "returns/decline",
    "returns/cancel",
    "returns/reopen",
    "checkouts/create",
    "checkouts/update",
    "checkouts/delete",
    "customers/create",
    "customers/update",
    "customers/delete",
    "customers_marketing_consent/update",
    "customer.tags_added",
    "customer.tags_removed",
    "products/create",
    "products/update",
    "app/uninstalled",
)
NATIVE_CONSENT: Final = "customers_whats_app_marketing_consent/update"
# Nice to have: each needs a permission of its own that an app may well lack.
OPTIONAL: Final[tuple[str, ...]] = ("customers/merge",)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look at the webhooks found: all by their topics."""

    created: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    # Why the missing ones could not be made: a code of `orders.shopify_words` and Shopify's own words.
    error: str = ""
    detail: str = ""


def enum_of(topic: str) -> str:
    """Return the topic as the API spells it: "orders/create" is ORDERS_CREATE."""
    return topic.replace("/", "_").replace(".", "_").upper()


def wanted_topics(version: str) -> tuple[str, ...]:
    """Return the topics that must be there in this version of the API."""
    return TOPICS + ((NATIVE_CONSENT,) if version >= WHATSAPP_SINCE else ())


def our_address(present: Collection[Subscription]) -> str:
    """Return where our webhooks are to be sent, "" where nobody said so.

    SHOPIFY_WEBHOOK_URL says it, else those that are there, else the first trusted https origin.
    """
    if settings.SHOPIFY_WEBHOOK_URL:
        return str(settings.SHOPIFY_WEBHOOK_URL)
    for subscription in present:
        if urlsplit(subscription.uri).path.rstrip("/") == PATH.rstrip("/"):
            return subscription.uri
    origins = [one for one in settings.CSRF_TRUSTED_ORIGINS if one.startswith("https://")]
    origin = next((one for one in origins if "*" not in one), "")
    return f"{origin.rstrip('/')}{PATH}" if origin else ""


def look_after_webhooks(*, client: ShopifyClient, now: datetime) -> Watched:
    """List the webhooks, make what is missing, and tell people what could not be made.

    :raises ShopifyError: they could not even be listed; people are told all the same.
    """
    try:
        present = client.subscriptions()
    except ShopifyError as error:
        # A fault that passes is no news: the next look is in an hour.
        if not error.is_passing:
            _alarm(UNREAD, holds=True, now=now, detail=error.detail)
        raise
    _alarm(UNREAD, holds=False, now=now)
    address = our_address(present)
    ours = {one.topic for one in present if one.uri.rstrip("/") == address.rstrip("/")}
    lacking = [one for one in wanted_topics(client.version) if enum_of(one) not in ours]
    if not address:
        found = Watched(missing=tuple(lacking), error="no_webhook_address")
    else:
        found = _make(lacking, address, client)
        _make([one for one in OPTIONAL if enum_of(one) not in ours], address, client)
    _tell(found, now=now)
    return found


def _make(topics: Sequence[str], address: str, client: ShopifyClient) -> Watched:
    created, missing = [], []
    why: ShopifyError | None = None
    for topic in topics:
        try:
            client.create_subscription(topic=enum_of(topic), uri=address)
        except (Refused, AccessDenied, Misspelt) as error:
            if "already been taken" in error.detail.lower():
                continue
            logger.warning("no webhook for %s: %s", topic, error)
            missing.append(topic)
            why = why or error
        else:
            created.append(topic)
    if created:
        logger.info("webhooks were missing and are there again: %s", ", ".join(created))
    return Watched(
        created=tuple(created),
        missing=tuple(missing),
        error=why.code if why else "",
        detail=why.detail if why else "",
    )


def _tell(found: Watched, *, now: datetime) -> None:
    topics = ", ".join(found.missing[:5])
    _alarm(MISSING, holds=bool(found.missing), now=now, topics=topics, detail=found.detail)


def _alarm(code: str, *, holds: bool, now: datetime, **figures: object) -> None:
    watch(code=code, holds=holds, figures=figures, now=now, subject="shopify")
