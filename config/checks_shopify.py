"""What is wrong with the settings of Shopify, in words; see `config.checks`."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_HOST = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+")
_API_VERSION = re.compile(r"20\d\d-(01|04|07|10)|unstable")
_FIRST_WITH_WHATSAPP = "2026-07"


def shopify_shop_domain() -> Iterator[CheckMessage]:
    """SHOPIFY_SHOP_DOMAIN is the name that Shopify gave the shop, not the address that people see."""
    domain = settings.SHOPIFY_SHOP_DOMAIN
    hint = "Write it as webhooks name it, such as il-mio-negozio.myshopify.com, without https:// and path."
    if domain and not _HOST.fullmatch(domain):
        yield Error("SHOPIFY_SHOP_DOMAIN is not a host name.", hint=hint, id="house.E014")
    elif domain and not domain.endswith(".myshopify.com"):
        yield Warning(
            "SHOPIFY_SHOP_DOMAIN does not end in .myshopify.com: webhooks never name a shop by its own domain.",
            hint=hint,
            id="house.W010",
        )


def shopify_admin_url() -> Iterator[CheckMessage]:
    """SHOPIFY_ADMIN_URL, where set, is a web address, encrypted unless it is this machine."""
    if not settings.SHOPIFY_ADMIN_URL:
        return
    url = urlsplit(settings.SHOPIFY_ADMIN_URL)
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield Error(
            "SHOPIFY_ADMIN_URL is not a web address.",
            hint="Unset it: it is only for tests against a simulator.",
            id="house.E015",
        )
    elif url.scheme == "http" and url.hostname not in LOOPBACK:
        yield Error(
            "SHOPIFY_ADMIN_URL would send the shop's token unencrypted.",
            hint="Write it with https://. Plain http:// is for a simulator on this machine.",
            id="house.E016",
        )


def shopify_api_version() -> Iterator[CheckMessage]:
    """SHOPIFY_API_VERSION is a version of Shopify's calendar that knows the consent to WhatsApp."""
    version = settings.SHOPIFY_API_VERSION
    if not _API_VERSION.fullmatch(version):
        yield Error(
            "SHOPIFY_API_VERSION is not a version of Shopify's API.",
            hint="Write year and quarter, such as 2026-10, or unset it to get just that.",
            id="house.E017",
        )
    elif version < _FIRST_WITH_WHATSAPP:
        yield Warning(
            f"SHOPIFY_API_VERSION is {version}: Shopify's own consent to WhatsApp is not in it.",
            hint=f"Write {_FIRST_WITH_WHATSAPP} or later, or unset it to get 2026-10.",
            id="house.W006",
        )


def shopify_keys() -> Iterator[CheckMessage]:
    """Of SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET there are both, where no token stands in for them."""
    if settings.SHOPIFY_ADMIN_TOKEN:
        return
    if bool(settings.SHOPIFY_CLIENT_ID) != bool(settings.SHOPIFY_CLIENT_SECRET):
        missing = "SHOPIFY_CLIENT_SECRET" if settings.SHOPIFY_CLIENT_ID else "SHOPIFY_CLIENT_ID"
        yield Error(
            f"{missing} is not set, and the other one of the pair is.",
            hint="Copy both from the app's page on Shopify's Dev Dashboard, or unset both and set "
            "SHOPIFY_ADMIN_TOKEN.",
            id="house.E018",
        )


def shopify_without_domain() -> Iterator[CheckMessage]:
    """Whoever sets anything of Shopify names the shop."""
    named = [
        name
        for name in (
            "SHOPIFY_WEBHOOK_SECRETS",
            "SHOPIFY_CLIENT_ID",
            "SHOPIFY_ADMIN_TOKEN",
            "SHOPIFY_COD_GATEWAYS",
        )
        if getattr(settings, name)
    ]
    if named and not settings.SHOPIFY_SHOP_DOMAIN:
        yield Warning(
            f"{named[0]} is set, but SHOPIFY_SHOP_DOMAIN is not: nothing is asked of Shopify.",
            hint="Set SHOPIFY_SHOP_DOMAIN to the shop's name there, such as il-mio-negozio.myshopify.com.",
            id="house.W011",
        )


def shopify_connection() -> Iterator[CheckMessage]:
    """A shop that is named can be heard and asked."""
    if not settings.SHOPIFY_SHOP_DOMAIN:
        return
    if not settings.SHOPIFY_WEBHOOK_SECRETS:
        yield Warning(
            "SHOPIFY_WEBHOOK_SECRETS is not set: every delivery of Shopify will be refused.",
            hint="Set it to the app's client secret; for webhooks made in Shopify's admin add the value shown "
            "there, parted by a comma.",
            id="house.W007",
        )
    elif any(len(secret) < 16 for secret in settings.SHOPIFY_WEBHOOK_SECRETS):
        yield Warning(
            "SHOPIFY_WEBHOOK_SECRETS holds a secret shorter than 16 characters.",
            hint="Copy it again from Shopify; after a rotation keep the old one beside the new one for a day.",
            id="house.W008",
        )
    if not (settings.SHOPIFY_ADMIN_TOKEN or settings.SHOPIFY_CLIENT_ID):
        yield Warning(
            "Neither SHOPIFY_CLIENT_ID nor SHOPIFY_ADMIN_TOKEN is set: orders cannot be tagged, changed or read again.",
            hint="Set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET of the app on Shopify's Dev Dashboard.",
            id="house.W009",
        )


SHOPIFY: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    shopify_shop_domain,
    shopify_admin_url,
    shopify_api_version,
    shopify_keys,
    shopify_without_domain,
)
SHOPIFY_ON_DEPLOY: tuple[Callable[[], Iterator[CheckMessage]], ...] = (shopify_connection,)
