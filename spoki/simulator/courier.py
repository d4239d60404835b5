"""Delivers webhooks: signed, over persistent connections, late or twice or never when asked.

The signature is computed here and not with our verifier's code, so that a mistake there is not
mirrored. Spoki's V2 form: `t=<unix seconds>,v2=<hex HMAC-SHA256 of "t.body">`.
"""

import asyncio
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Any

import aiohttp

from spoki.simulator.clock import Clock, iso
from spoki.simulator.config import Config
from spoki.simulator.posting import keep_posting, post
from spoki.simulator.timeline import Timeline
from spoki.simulator.wire import Json

EVENTS = (
    "message.outbound",
    "message.inbound",
    "message.note",
    "chat.has_unread_messages",
    "contact.created",
    "contact.updated",
    "contact.deleted",
    "contact_tag.created",
    "contact_tag.deleted",
    "contact_list.created",
    "contact_list.deleted",
)
DEFAULT_EVENTS = ("message.outbound", "message.inbound", "contact.updated")
WORKERS = 16
_KEPT = 200_000


@dataclass(slots=True)
class Webhook:
    """One registration: one event, one secret."""

    id: int
    event: str
    url: str
    secret: str
    version: int = 2
    is_active: bool = True
    created: float = 0.0

    def as_json(self, *, with_secret: bool = False) -> Json:
        row: Json = {
            "id": self.id,
            "event": self.event,
            "version": self.version,
            "url": self.url,
            "is_active": self.is_active,
            "created_datetime": iso(self.created),
        }
        return {**row, "secret": self.secret} if with_secret else row


@dataclass(slots=True)
class Parcel:
    """One delivery on its way to one webhook."""

    webhook: Webhook
    body: bytes
    row: Json
    signature: str = ""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    message = str(timestamp).encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={timestamp},v2={digest}"


class Courier:
    def __init__(
        self, *, config: Config, clock: Clock, timeline: Timeline, rng: Random, account_id: int
    ) -> None:
        self.config = config
        self.webhooks: dict[int, Webhook] = {}
        self.log: deque[Json] = deque(maxlen=_KEPT)
        self.lost = 0
        self._busy = 0
        self._delayed = 0
        self.rng = rng
        self._clock = clock
        self._timeline = timeline
        self._account_id = account_id
        self._queue: asyncio.Queue[Parcel] = asyncio.Queue()

    def emit(self, event: str, data: Json, *, event_uuid: str, uuid: str = "") -> None:
        """Send an event to every active webhook that asked for it."""
        for webhook in self.webhooks.values():
            if webhook.is_active and webhook.event == event:
                self.post(webhook, self.envelope(event, data, event_uuid), event=event, uuid=uuid)

    def envelope(self, event: str, data: Json, event_uuid: str) -> Json:
        return {
            "version": 2,
            "event": event,
            "event_uuid": event_uuid,
            "timestamp": round(self._clock.epoch(), 3),
            "data": data,
        }

    def post(
        self, webhook: Webhook, body: Any, *, event: str, uuid: str = "", signature: str = ""
    ) -> None:
        """Hand over one body (JSON, or text as it is), with the losses and delays of the config."""
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        data = body.get("data") if isinstance(body, dict) else None
        status = data.get("send_status", "") if isinstance(data, dict) else ""
        config, chance = self.config, self.rng.random
        copies = 2 if config.duplicate_share and chance() < config.duplicate_share else 1
        for _ in range(copies):
            row = {"event": event, "uuid": uuid, "send_status": status, "webhook": webhook.id}
            parcel = Parcel(webhook, raw, row, signature)
            if config.loss_share and chance() < config.loss_share:
                self.lost += 1
                self._note(parcel, attempt=0, status=0, error="lost on purpose")
            elif config.reorder_share and chance() < config.reorder_share:
                self._later(config.reorder_seconds, parcel)
            else:
                self._queue.put_nowait(parcel)

    @property
    def open(self) -> int:
        """How many deliveries are not done yet."""
        return self._queue.qsize() + self._busy + self._delayed

    def forget(self) -> None:
        """Drop what waits, the log and the count of losses; what is on the wire goes on.

        The timeline is emptied by its owner, and with it the delayed deliveries.
        """
        while not self._queue.empty():
            self._queue.get_nowait()
        self._delayed = 0
        self.lost = 0
        self.log.clear()

    def _later(self, seconds: float, parcel: Parcel) -> None:
        def hand_over() -> None:
            self._delayed -= 1
            self._queue.put_nowait(parcel)

        self._delayed += 1
        self._timeline.after(seconds, hand_over)

    async def run(self) -> None:
        """Deliver until cancelled."""
        await keep_posting(self._work, workers=WORKERS)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            parcel = await self._queue.get()
            self._busy += 1
            attempt = parcel.row["attempt"] = parcel.row.get("attempt", 0) + 1
            status, error = await self._try(session, parcel)
            self._note(parcel, attempt=attempt, status=status, error=error)
            self._busy -= 1
            if not 200 <= status < 300 and attempt < self.config.delivery_attempts:
                self._later(self.config.delivery_retry_seconds, parcel)

    async def _try(self, session: aiohttp.ClientSession, parcel: Parcel) -> tuple[int, str]:
        timeout = aiohttp.ClientTimeout(total=self.config.delivery_timeout_seconds)
        return await post(
            session,
            parcel.webhook.url,
            body=parcel.body,
            headers=self._headers(parcel),
            timeout=timeout,
        )

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Spoki-Simulator",
            "X-SPOKI-ACCOUNT": str(self._account_id),
        }
        how = parcel.signature or self.config.signature
        if how == "missing":
            return headers
        at = int(self._clock.epoch() - (self.config.stale_seconds if how == "stale" else 0))
        secret = parcel.webhook.secret + ("-wrong" if how == "wrong" else "")
        value = sign(secret, at, parcel.body)
        headers["X-Spoki-Signature"] = (
            value.replace(",v2=", ";v9=") if how == "malformed" else value
        )
        return headers

    def _note(self, parcel: Parcel, *, attempt: int, status: int, error: str) -> None:
        self.log.append(
            {
                **parcel.row,
                "attempt": attempt,
                "status": status,
                "error": error,
                "epoch": self._clock.epoch(),
            }
        )
