"""Builds the clients of the outside world from settings: the only place that does."""

from django.conf import settings
from django.utils import timezone

from orders.access import GrantedAccess
from orders.shop_notices import note_version
from orders.shopify.auth import Access, StaticAccess
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import NotConnected
from spoki import SpokiClient


def spoki_gateway() -> SpokiClient:
    """Return a new client of Spoki with its own connection pool; one per thread."""
    return SpokiClient(
        base_url=settings.SPOKI_BASE_URL,
        api_key=settings.SPOKI_API_KEY,
        history_path=settings.SPOKI_HISTORY_PATH or None,
    )


def shopify_gateway() -> ShopifyClient:
    """Return a new client of the shop's Admin API; one per thread.

    :raises NotConnected: the settings lack the shop's address or its keys.
    """
    domain = settings.SHOPIFY_SHOP_DOMAIN
    base_url = (settings.SHOPIFY_ADMIN_URL or (f"https://{domain}" if domain else "")).rstrip("/")
    if not base_url:
        raise NotConnected("the client")
    return ShopifyClient(
        base_url=base_url,
        version=settings.SHOPIFY_API_VERSION,
        access=_shopify_access(base_url, domain),
        on_notice=note_version,
    )


def _shopify_access(base_url: str, domain: str) -> Access:
    if settings.SHOPIFY_ADMIN_TOKEN:
        return StaticAccess(settings.SHOPIFY_ADMIN_TOKEN)
    if settings.SHOPIFY_CLIENT_ID and settings.SHOPIFY_CLIENT_SECRET:
        return GrantedAccess(
            base_url=base_url,
            domain=domain or base_url,
            client_id=settings.SHOPIFY_CLIENT_ID,
            client_secret=settings.SHOPIFY_CLIENT_SECRET,
            clock=timezone.now,
        )
    raise NotConnected("the client")
