"""Delivers webhooks: signed, tried again for hours, twice or late or never when asked.

The signature is computed here and not with our verifier's code, so that a mistake there is not mirrored:
base64 of HMAC-SHA256 over the raw body, keyed with the app's client secret.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.things import Subscription
from spoki.simulator.posting import keep_posting, post

if TYPE_CHECKING:
    from orders.shopify.simulator.shop import Shop

WORKERS = 8
_KEPT = 20_000


@dataclass(slots=True)
class Delivery:
    """One webhook on its way. Retries carry the same body, id and moment."""

    subscription: Subscription
    topic: str
    raw: bytes
    webhook_id: str
    event_id: str
    triggered_at: datetime
    api_version: str
    attempts: int = 0


def sign(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def written(body: Any) -> bytes:
    """As Rails writes JSON: compact, signs that HTML knows as escapes, letters as they are."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    for sign_, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign_, escape)
    return text.encode()


class Deliveries:
    def __init__(self, shop: "Shop") -> None:
        self.shop = shop
        self.log: deque[Json] = deque(maxlen=_KEPT)
        self.lost = 0
        self._busy = 0
        self._later = 0
        self._shuffled: list[Delivery] = []
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()

    @property
    def open(self) -> int:
        """How many deliveries are not done yet."""
        return self._queue.qsize() + self._busy + self._later + len(self._shuffled)

    def post(self, subscription: Subscription, body: Json, *, event_id: str) -> None:
        """Hand over one body for one subscription, with the losses and delays of the config."""
        shown = _only(body, subscription.include_fields)
        self.post_raw(subscription, written(shown), event_id=event_id)

    def post_raw(self, subscription: Subscription, raw: bytes, *, event_id: str = "") -> Delivery:
        """Deliver these bytes as they are."""
        config, rng = self.shop.config, self.shop.ids.rng
        delivery = Delivery(
            subscription=subscription,
            topic=subscription.topic,
            raw=raw,
            webhook_id=self.shop.ids.uuid(),
            event_id=event_id or self.shop.ids.uuid(),
            triggered_at=self.shop.exactly_now(),
            api_version=config.api_version,
        )
        if config.loss_share and rng.random() < config.loss_share:
            self.lost += 1
            self._note(delivery, status=0, error="lost on purpose")
            return delivery
        copies = 2 if config.duplicate_share and rng.random() < config.duplicate_share else 1
        for _ in range(copies):
            self._send(delivery)
        return delivery

    def _send(self, delivery: Delivery) -> None:
        config = self.shop.config
        if config.shuffle_seconds:
            if not self._shuffled:
                self.shop.timeline.after(config.shuffle_seconds, self._pour)
            self._shuffled.append(delivery)
        else:
            self._in(config.delay_seconds, delivery)

    def _pour(self) -> None:
        waiting, self._shuffled = self._shuffled, []
        self.shop.ids.rng.shuffle(waiting)
        for delivery in waiting:
            self._in(self.shop.config.delay_seconds, delivery)

    def _in(self, seconds: float, delivery: Delivery) -> None:
        if not seconds:
            self._queue.put_nowait(delivery)
            return

        def hand_over() -> None:
            self._later -= 1
            self._queue.put_nowait(delivery)

        self._later += 1
        self.shop.timeline.after(seconds, hand_over)

    def forget(self) -> None:
        """Drop what waits and the log; what is on the wire goes on."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._later = self.lost = 0
        self._shuffled.clear()
        self.log.clear()

    async def run(self) -> None:
        """Deliver until cancelled."""
        await keep_posting(self._work, workers=WORKERS)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            self._busy += 1
            delivery.attempts += 1
            status, error = await self._try(session, delivery)
            self._note(delivery, status=status, error=error)
            self._judge(delivery, is_taken=200 <= status < 300)
            self._busy -= 1

    def _judge(self, delivery: Delivery, *, is_taken: bool) -> None:
        config, subscription = self.shop.config, delivery.subscription
        if is_taken:
            subscription.failures = 0
            return
        subscription.failures += 1
        if delivery.attempts <= config.delivery_retries:
            self._in(config.retry_seconds * 2 ** (delivery.attempts - 1), delivery)
        elif config.removes_subscriptions and not subscription.is_from_config:
            self.shop.state.subscriptions.pop(subscription.id, None)
            self.shop.changed()

    async def _try(self, session: aiohttp.ClientSession, delivery: Delivery) -> tuple[int, str]:
        config = self.shop.config
        timeout = aiohttp.ClientTimeout(
            total=config.delivery_timeout_seconds, connect=config.connect_seconds
        )
        return await post(
            session,
            delivery.subscription.uri,
            body=delivery.raw,
            headers=self._headers(delivery),
            timeout=timeout,
        )

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Shop-Domain": self.shop.domain,
            "X-Shopify-API-Version": delivery.api_version,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": _nanoseconds(delivery.triggered_at),
        }
        if self.shop.config.signature == "missing":
            return headers
        secret = self.shop.app.client_secret
        secret += "-wrong" if self.shop.config.signature == "wrong" else ""
        return {**headers, "X-Shopify-Hmac-Sha256": sign(secret, delivery.raw)}

    def _note(self, delivery: Delivery, *, status: int, error: str) -> None:
        self.log.append(
            {
                "topic": delivery.topic,
                "webhook_id": delivery.webhook_id,
                "event_id": delivery.event_id,
                "uri": delivery.subscription.uri,
                "attempt": delivery.attempts,
                "status": status,
                "error": error,
                "epoch": self.shop.clock.epoch(),
                "body": delivery.raw.decode(errors="replace"),
            }
        )
        self.shop.changed()


def _only(body: Json, fields: list[str]) -> Json:
    return {key: value for key, value in body.items() if key in fields} if fields else body


def _nanoseconds(at: datetime) -> str:
    """UTC below the second, as the header writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}000Z"
