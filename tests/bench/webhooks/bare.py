"""The limit: a WSGI application that verifies and inserts, and does nothing else. The server runs `application`.

The same signature, the same statement into the same table, a connection kept per thread; no Django, nobody is
woken, no header is looked at that the row does not hold.
"""

import base64
import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.bench.webhooks.bodies import SECRET

_STORE = """
INSERT INTO orders_shopifydelivery
  (shop_domain, webhook_id, topic, event_id, api_version, triggered_at, object_id, body, received_at,
   state, outcome, attempts, error, due_at, leased_until, processed_at)
VALUES (%s, %s, %s, %s, %s, %s, NULL, %s, %s, 'received', '', 0, '', %s, NULL, NULL)
ON CONFLICT (shop_domain, webhook_id) DO NOTHING
RETURNING id
"""
_NAMES = ("SHOP_DOMAIN", "WEBHOOK_ID", "TOPIC", "EVENT_ID", "API_VERSION", "TRIGGERED_AT")
_mine = threading.local()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
    given = environ.get("HTTP_X_SHOPIFY_HMAC_SHA256", "").encode()
    if not hmac.compare_digest(signature, given):
        start("401 Unauthorized", [("Content-Length", "0")])
        return [b""]
    now = datetime.now(UTC)
    said = [environ[f"HTTP_X_SHOPIFY_{name}"] for name in _NAMES]
    _connection().execute(_STORE, [*said, body, now, now])
    start("200 OK", [("Content-Length", "0")])
    return [b""]


def _connection() -> psycopg.Connection:
    if not hasattr(_mine, "connection"):
        _mine.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    found: psycopg.Connection = _mine.connection
    return found
