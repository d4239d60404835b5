"""The environment the demo runs in, decided before the settings are read."""

import secrets
from collections.abc import Mapping

from config.ports import PortRefused, free_port, listening_address

SIMULATOR_PORT = 8090
SHOP_PORT = 8091
SHOP_DOMAIN = "zampa-demo.myshopify.com"


def demo_environment() -> Mapping[str, str]:
    """Return what the demo sets, over whatever was set: it never talks to a real account.

    The secrets last as long as the demo runs: the simulator and the application share them.
    """
    address = f"http://127.0.0.1:{free_port(SIMULATOR_PORT)}"
    shop_secret = secrets.token_urlsafe(32)
    return {
        "DEMO_MODE": "true",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "*",
        "SPOKI_BASE_URL": address,
        "SPOKI_API_KEY": "demo-" + secrets.token_hex(16),
        "SPOKI_WEBHOOK_SECRETS": secrets.token_urlsafe(32),
        "SPOKI_HISTORY_PATH": "/api/1/messages/",
        "SEND_ALLOWLIST": "",
        "SHOPIFY_SHOP_DOMAIN": SHOP_DOMAIN,
        "SHOPIFY_ADMIN_URL": f"http://127.0.0.1:{free_port(SHOP_PORT)}",
        "SHOPIFY_CLIENT_ID": "zampa-demo",
        "SHOPIFY_CLIENT_SECRET": shop_secret,
        "SHOPIFY_WEBHOOK_SECRETS": shop_secret,
        "SHOPIFY_ADMIN_TOKEN": "",
        "SHOPIFY_API_VERSION": "2026-10",
        "SHOPIFY_WEBHOOK_URL": f"http://127.0.0.1:{_own_port()}/webhooks/shopify/",
        "SHOPIFY_COD_GATEWAYS": "",
    }


def _own_port() -> int:
    """Where the pages will listen; a PORT that is none is refused later, with a sentence."""
    try:
        return listening_address()[1]
    except PortRefused:
        return 0
