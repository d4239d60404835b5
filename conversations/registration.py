"""Our webhooks on Spoki: which there should be, which there are, making them, and switching them on once we can read them.

Spoki has one webhook per event, each with a secret of its own (Spoki's help centre, outgoing webhooks). The secret is
shown when it is made and perhaps never again; we keep only what recognises it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.alerts import watch
from conversations.models import SpokiWebhook
from spoki import SpokiError, SpokiGateway, SpokiRefused, Webhook

logger = logging.getLogger(__name__)

PATH: Final = "/webhooks/spoki/"
MISSING, INACTIVE, UNREAD = (
    "spoki_webhooks_missing",
    "spoki_webhooks_inactive",
    "spoki_webhooks_unread",
)
# Without these no status, no answer, no STOP by message or on Spoki's page reaches us.
NEEDED: Final = ("message.inbound", "message.outbound", "contact.updated")
# Nice to have: what they tell is found by the nightly sweep as well.
USEFUL: Final = ("contact.created", "contact.deleted")
EVENTS: Final = NEEDED + USEFUL
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class RegistrationRefused(Exception):
    """It cannot be done as asked; `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook that was just made, or has a new secret; `secret` is shown once and kept nowhere."""

    event: str
    spoki_id: int
    secret: str

    def __repr__(self) -> str:
        return f"<Made {self.event} {self.spoki_id}>"


def our_address(present: Collection[Webhook] = ()) -> str:
    """Return where our webhooks are to be sent, "" where nobody said so.

    SPOKI_WEBHOOK_URL says it, else the first trusted https origin, else those that are there, if they agree.
    """
    if settings.SPOKI_WEBHOOK_URL:
        return str(settings.SPOKI_WEBHOOK_URL)
    origins = [one for one in settings.CSRF_TRUSTED_ORIGINS if one.startswith("https://")]
    origin = next((one for one in origins if "*" not in one), "")
    if origin:
        return f"{origin.rstrip('/')}{PATH}"
    # Another installation may share the account: two addresses tell nothing.
    known = {one.url for one in present if urlsplit(one.url).path.rstrip("/") == PATH.rstrip("/")}
    return known.pop() if len(known) == 1 else ""


def check_address(address: str) -> None:
    """:raises RegistrationRefused: Spoki could not, or must not, deliver there."""
    url = urlsplit(address)
    if not address:
        raise RegistrationRefused(
            "Nobody said where Spoki reaches this application: set SPOKI_WEBHOOK_URL to "
            f"https://YOUR-HOST{PATH}"
        )
    is_local = url.scheme == "http" and url.hostname in _LOOPBACK
    if not url.hostname or not (url.scheme == "https" or is_local):
        raise RegistrationRefused(f"Spoki delivers to https addresses only: {address} is none.")
    if url.path.rstrip("/") != PATH.rstrip("/"):
        raise RegistrationRefused(f"Deliveries are taken at {PATH}: {address} leads elsewhere.")


def look(*, client: SpokiGateway, now: datetime) -> list[SpokiWebhook]:
    """Write down how our webhooks stand on Spoki, and raise or end the alarms about them.

    :raises SpokiError: they could not be listed; people are told where waiting does not help.
    """
    try:
        present = client.webhooks()
    except SpokiError as error:
        if not error.retryable:
            _alarm(UNREAD, holds=True, now=now)
        raise
    _alarm(UNREAD, holds=False, now=now)
    rows = [_write(event, present, our_address(present), now=now) for event in EVENTS]
    needed = [row for row in rows if row.event in NEEDED]
    missing = [row.event for row in needed if not row.is_there]
    inactive = [row.event for row in needed if row.is_there and not row.is_active]
    _alarm(MISSING, holds=bool(missing), now=now, events=", ".join(missing))
    _alarm(INACTIVE, holds=bool(inactive), now=now, events=", ".join(inactive))
    return rows


def make_missing(*, client: SpokiGateway, address: str, now: datetime) -> Iterator[Made]:
    """Make the webhooks that are not there, switched off, and yield each as soon as it is made.

    One by one, so that a failure half way loses no secret of those before it. A second run makes nothing twice.

    :raises RegistrationRefused: the address will not do.
    :raises SpokiError: as the calls do.
    """
    check_address(address)
    there = {one.event for one in _ours(client.webhooks(), address)}
    for event in EVENTS:
        if event in there:
            continue
        try:
            webhook = client.create_webhook(event=event, url=address, is_active=False)
        except SpokiRefused:
            if event in NEEDED:
                raise
            logger.info("Spoki offers no webhook for %s: it is done without", event)
            continue
        yield _made(webhook.id, event, webhook.secret or "", address, now=now)


def renew_secrets(*, client: SpokiGateway, address: str, now: datetime) -> Iterator[Made]:
    """Give those of our webhooks that are switched off a new secret, and yield each: for a secret that was lost.

    What is in use is left alone: deliveries on their way would be refused.

    :raises RegistrationRefused: the address will not do.
    :raises SpokiError: as the calls do.
    """
    check_address(address)
    for webhook in _ours(client.webhooks(), address):
        if not webhook.is_active:
            secret = client.rotate_webhook_secret(webhook.id)
            yield _made(webhook.id, webhook.event, secret, address, now=now)


def activate(*, client: SpokiGateway, address: str, now: datetime) -> tuple[list[str], list[str]]:
    """Switch on our webhooks whose secret is in SPOKI_WEBHOOK_SECRETS; return (events that are on, those refused).

    What we could not verify would be answered 401, and Spoki may give up on us: it stays off.

    :raises RegistrationRefused: the address will not do.
    :raises SpokiError: as the calls do.
    """
    check_address(address)
    on, refused = [], []
    for webhook in _ours(client.webhooks(), address):
        if webhook.is_active:
            on.append(webhook.event)
        elif _knows_secret(webhook):
            client.update_webhook(webhook.id, is_active=True)
            on.append(webhook.event)
        else:
            refused.append(webhook.event)
    look(client=client, now=now)
    return on, refused


def _ours(present: Sequence[Webhook], address: str) -> list[Webhook]:
    """Return one webhook per event of ours at this address, an active one before others."""
    found: dict[str, Webhook] = {}
    for webhook in sorted(present, key=lambda one: (not one.is_active, one.id)):
        is_ours = webhook.url.rstrip("/") == address.rstrip("/")
        if is_ours and webhook.event in EVENTS:
            found.setdefault(webhook.event, webhook)
    return list(found.values())


def _write(event: str, present: Sequence[Webhook], address: str, *, now: datetime) -> SpokiWebhook:
    found = next((one for one in _ours(present, address) if one.event == event), None)
    values = {
        "spoki_id": found.id if found else None,
        "url": found.url[:500] if found else "",
        "is_there": found is not None,
        "is_active": found is not None and found.is_active,
        "checked_at": now,
    }
    if found is not None:
        # Another webhook at our address has a secret of its own: the one we know is not it.
        others = SpokiWebhook.objects.filter(event=event).exclude(spoki_id=found.id)
        others.update(secret_digest="")
    row, _is_new = SpokiWebhook.objects.update_or_create(event=event, defaults=values)
    return row


def _made(spoki_id: int, event: str, secret: str, address: str, *, now: datetime) -> Made:
    SpokiWebhook.objects.update_or_create(
        event=event,
        defaults={
            "spoki_id": spoki_id,
            "url": address[:500],
            "is_there": True,
            "is_active": False,
            "secret_digest": digest_of(secret) if secret else "",
            "checked_at": now,
        },
    )
    return Made(event, spoki_id, secret)


def digest_of(secret: str) -> str:
    """Return what recognises a secret and does not give it away: it is long and random."""
    return hashlib.sha256(f"spoki-webhook:{secret}".encode()).hexdigest()


def _knows_secret(webhook: Webhook) -> bool:
    """Say whether its secret is among those we verify with; whether Spoki shows it again is not documented."""
    configured = [digest_of(secret) for secret in settings.SPOKI_WEBHOOK_SECRETS]
    row = SpokiWebhook.objects.filter(event=webhook.event, spoki_id=webhook.id).first()
    wanted = digest_of(webhook.secret) if webhook.secret else (row.secret_digest if row else "")
    return bool(wanted) and any(hmac.compare_digest(wanted, one) for one in configured)


def _alarm(code: str, *, holds: bool, now: datetime, **figures: object) -> None:
    watch(code=code, holds=holds, figures=figures, now=now, subject="spoki")
