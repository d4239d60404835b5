"""The signature of Spoki's webhook deliveries, version 2.

`X-Spoki-Signature: t=<unix seconds>,v2=<64 hex>`, where v2 is the HMAC-SHA256 of `t`, a dot and the
raw body, keyed with the whole secret, prefix included. https://support.spoki.com (outgoing webhooks)
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

HEADER = "X-Spoki-Signature"
TOLERANCE_SECONDS = 300

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def _digest(secret: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the header's value for `body`, signed at `timestamp` (unix seconds)."""
    return f"t={timestamp},v2={_digest(secret, str(timestamp), body)}"


def is_authentic(
    header: str | None,
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    tolerance_seconds: int = TOLERANCE_SECONDS,
) -> bool:
    """Say whether one of `secrets` signed these raw bytes, not further from `now` than tolerated.

    `now` is an aware datetime. Every secret is compared, in constant time, so that the answer's
    delay tells nothing. An empty secret never signs anything.
    """
    parts = _parts(header or "")
    if parts is None:
        return False
    timestamp, digest = parts
    if abs(now.timestamp() - int(timestamp)) > tolerance_seconds:
        return False
    matches = [
        hmac.compare_digest(_digest(secret, timestamp, body), digest)
        for secret in secrets
        if secret
    ]
    return any(matches)


def _parts(header: str) -> tuple[str, str] | None:
    """Return (t, v2) of a well-formed header, or None. A repeated part makes it malformed."""
    found: dict[str, str] = {}
    for part in header.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in found:
            return None
        found[name] = value
    timestamp, digest = found.get("t", ""), found.get("v2", "")
    if _TIMESTAMP.fullmatch(timestamp) and _DIGEST.fullmatch(digest):
        return timestamp, digest.lower()
    return None
