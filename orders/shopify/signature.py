"""The signature of Shopify's webhook deliveries.

`X-Shopify-Hmac-Sha256`: base64 of the HMAC-SHA256 of the raw body, keyed with the app's client secret, or
with the value that Shopify's admin shows for webhooks made there. https://shopify.dev (Verify webhook
deliveries; Deliver webhooks through HTTPS)
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

HEADER = "Hmac-Sha256"


def sign(secret: str, body: bytes) -> str:
    """Return the header's value for `body`."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def matching_secret(header: str, body: bytes, secrets: Sequence[str]) -> int | None:
    """Return the place in `secrets` of the one that signed these raw bytes, or None.

    Every secret is compared, in constant time, so that the answer's delay tells nothing. Compared as
    it is written: another spelling of the same base64 is not what Shopify sends. An empty secret
    never signs anything.
    """
    given = header.strip().encode(errors="replace")
    found = [
        place
        for place, secret in enumerate(secrets)
        if hmac.compare_digest(sign(secret, body).encode(), given) and secret
    ]
    return found[0] if found else None
