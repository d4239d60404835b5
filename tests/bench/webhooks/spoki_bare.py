"""The limit for Spoki's deliveries: a WSGI application that verifies and inserts, and does nothing else."""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.bench.webhooks.spoki_bodies import SECRET

_STORE = """
INSERT INTO conversations_spokidelivery
  (body_hash, body, event, event_uuid, received_at, state, outcome, attempts, error, due_at)
VALUES (%s, %s, '', '', %s, 'received', '', 0, '', %s)
ON CONFLICT (body_hash) DO NOTHING
RETURNING id
"""
_mine = threading.local()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    told, _, given = environ.get("HTTP_X_SPOKI_SIGNATURE", "").partition(",v2=")
    signed = told.removeprefix("t=").encode() + b"." + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest, given):
        start("401 Unauthorized", [("Content-Length", "0")])
        return [b""]
    now = datetime.now(UTC)
    values = [hashlib.sha256(body).hexdigest(), body, now, now]
    _connection().execute(_STORE, values)
    start("200 OK", [("Content-Length", "2"), ("Content-Type", "application/json")])
    return [b"{}"]


def _connection() -> psycopg.Connection:
    if not hasattr(_mine, "connection"):
        _mine.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    found: psycopg.Connection = _mine.connection
    return found
