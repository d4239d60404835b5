"""What is wrong with the environment, in words: each check has an id and says what to do.

`house.E…` stops the commands, `house.W…` (with `check --deploy`) speaks of an installation that
serves people.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from config import environment, ports
from config.checks_shopify import LOOPBACK, SHOPIFY, SHOPIFY_ON_DEPLOY
from config.database import MALFORMED

BROKERS = {"amqp", "amqps", "redis", "rediss", "redis+socket", "pyamqp", "memory"}
_WHOLE = (
    ("SENDER_THREADS", 64),
    ("SNAPSHOT_RETENTION_DAYS", 365),
    ("MEDIA_MAX_MEGABYTES", 100),
    ("HISTORY_REMEMBER_MINUTES", 10),
    ("HISTORY_RETRY_MINUTES", 5),
    ("MEDIA_RETENTION_DAYS", 365),
)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
Check = Callable[[], Iterator[CheckMessage]]


def database_url() -> Iterator[CheckMessage]:
    """DATABASE_URL names a PostgreSQL."""
    yield from database_entry(settings.DATABASES["default"])


def database_entry(entry: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """The entry of DATABASES is not what stands for a malformed address."""
    if entry["NAME"] == MALFORMED["NAME"]:
        yield Error(
            "DATABASE_URL is not the address of a PostgreSQL database.",
            hint="Write postgres://USER:PASSWORD@HOST:5432/NAME, or unset it for the embedded one.",
            id="house.E001",
        )


def broker_url() -> Iterator[CheckMessage]:
    """CELERY_BROKER_URL names a broker that Celery speaks to."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme not in BROKERS:
        yield Error(
            "CELERY_BROKER_URL is not the address of RabbitMQ, Redis or Valkey.",
            hint="Write amqp://USER:PASSWORD@HOST:5672// or redis://HOST:6379/0, or unset it for the "
            "embedded one.",
            id="house.E002",
        )


def spoki_base_url() -> Iterator[CheckMessage]:
    """SPOKI_BASE_URL is a web address, encrypted unless it is this machine."""
    url = urlsplit(settings.SPOKI_BASE_URL)
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield Error(
            "SPOKI_BASE_URL is not a web address.",
            hint="Write https://api.spoki.com, or unset it to get just that.",
            id="house.E003",
        )
    elif url.scheme == "http" and url.hostname not in LOOPBACK:
        yield Error(
            "SPOKI_BASE_URL would send the API key unencrypted.",
            hint="Write it with https://. Plain http:// is for a simulator on this machine.",
            id="house.E004",
        )


def send_allowlist() -> Iterator[CheckMessage]:
    """SEND_ALLOWLIST holds international numbers only."""
    wrong = [phone for phone in settings.SEND_ALLOWLIST if not _is_e164(phone)]
    if wrong:
        yield Error(
            f"SEND_ALLOWLIST holds {len(wrong)} value(s) that are not phone numbers (position "
            f"{', '.join(str(settings.SEND_ALLOWLIST.index(phone) + 1) for phone in wrong)}).",
            hint="Write international numbers parted by commas, such as +393331234567,+393337654321.",
            id="house.E005",
        )


def empty_allowlist() -> Iterator[CheckMessage]:
    """SEND_ALLOWLIST names somebody where it is set: an empty list would mean everybody."""
    if os.environ.get("SEND_ALLOWLIST") and not settings.SEND_ALLOWLIST:
        yield Error(
            "SEND_ALLOWLIST is set and names nobody.",
            hint="Write phones such as +393331234567, or unset it to write to everybody.",
            id="house.E010",
        )


def numbers() -> Iterator[CheckMessage]:
    """What counts threads, days and megabytes are whole numbers."""
    for name, default in _WHOLE:
        if environment.is_malformed_whole(name):
            yield Error(
                f"{name} is not a whole number from 1 on.",
                hint=f"Unset it to get {default}.",
                id="house.E011",
            )


def switches() -> Iterator[CheckMessage]:
    """DEBUG and DEMO_MODE are on or off."""
    for name in ("DEBUG", "DEMO_MODE"):
        if environment.is_malformed_switch(name):
            yield Error(f"{name} is neither on nor off.", hint="Unset it.", id="house.E012")


def demo_mode() -> Iterator[CheckMessage]:
    """The demo writes to a simulator on this machine and never to a real account."""
    if not settings.DEMO_MODE:
        return
    for name in (
        "SPOKI_BASE_URL",
        *(["SHOPIFY_ADMIN_URL"] if settings.SHOPIFY_SHOP_DOMAIN else []),
    ):
        if urlsplit(getattr(settings, name)).hostname not in LOOPBACK:
            yield Error(
                f"DEMO_MODE is on while {name} is not a simulator on this machine.",
                hint="Unset DEMO_MODE; the demo is started with “make demo”, which sets what it needs.",
                id="house.E006",
            )


def listening_port() -> Iterator[CheckMessage]:
    """PORT is a port."""
    try:
        ports.listening_address()
    except ports.PortRefused as error:
        yield Error(str(error), hint="Unset PORT to get 8000.", id="house.E007")


def history_path() -> Iterator[CheckMessage]:
    """SPOKI_HISTORY_PATH is a path on Spoki's host."""
    if settings.SPOKI_HISTORY_PATH and not settings.SPOKI_HISTORY_PATH.startswith("/"):
        yield Error(
            "SPOKI_HISTORY_PATH is not a path.",
            hint="Write what follows the host, such as /api/1/messages/, or unset it.",
            id="house.E008",
        )


def spoki_webhook_url() -> Iterator[CheckMessage]:
    """SPOKI_WEBHOOK_URL is where Spoki reaches this application, encrypted unless it is this machine."""
    url = urlsplit(settings.SPOKI_WEBHOOK_URL)
    if not settings.SPOKI_WEBHOOK_URL:
        return
    is_local = url.scheme == "http" and url.hostname in LOOPBACK
    if not url.hostname or not (url.scheme == "https" or is_local):
        yield Error(
            "SPOKI_WEBHOOK_URL is not an address that Spoki could deliver to.",
            hint="Write https://YOUR-HOST/webhooks/spoki/, or unset it.",
            id="house.E019",
        )


def media_hosts() -> Iterator[CheckMessage]:
    """SPOKI_MEDIA_HOSTS holds names of hosts."""
    wrong = [host for host in settings.SPOKI_MEDIA_HOSTS if not _HOST.fullmatch(host)]
    if wrong:
        yield Error(
            f"SPOKI_MEDIA_HOSTS holds what is no host name: {', '.join(wrong)}.",
            hint="Write names parted by commas, without https:// and *: spoki.com,files.example.com",
            id="house.E020",
        )


def trusted_origins() -> Iterator[CheckMessage]:
    """CSRF_TRUSTED_ORIGINS and ALLOWED_HOSTS are not swapped."""
    hosts = [host for host in settings.ALLOWED_HOSTS if "/" in host]
    if hosts:
        yield Error(
            "ALLOWED_HOSTS holds an address where a host name is meant.",
            hint="Write host names parted by commas, without https://: app.example.com",
            id="house.E009",
        )


def secret_key() -> Iterator[CheckMessage]:
    """An installation that serves people has a secret of its own."""
    if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET_KEY:
        yield Warning(
            "SECRET_KEY is not set.",
            hint="Set it to a long random text: python -c "
            '"import secrets; print(secrets.token_urlsafe(64))"',
            id="house.W001",
        )


def spoki_api_key() -> Iterator[CheckMessage]:
    """Without a key nothing is synced and nothing is sent."""
    if not settings.SPOKI_API_KEY:
        yield Warning(
            "SPOKI_API_KEY is not set: nothing can be synced or sent.",
            hint="Copy the key from Spoki, Integrations, API.",
            id="house.W002",
        )


def webhook_secrets() -> Iterator[CheckMessage]:
    """Without a secret every delivery of Spoki is refused."""
    if not settings.SPOKI_WEBHOOK_SECRETS:
        yield Warning(
            "SPOKI_WEBHOOK_SECRETS is not set: deliveries and answers will be refused.",
            hint="Set it to the secret that Spoki shows for your webhook; several are parted by commas.",
            id="house.W003",
        )
    elif any(len(secret) < 16 for secret in settings.SPOKI_WEBHOOK_SECRETS):
        yield Warning(
            "SPOKI_WEBHOOK_SECRETS holds a secret shorter than 16 characters.",
            hint="Rotate the secret on Spoki and set the new one beside the old until it has changed.",
            id="house.W004",
        )


def demo_in_deploy() -> Iterator[CheckMessage]:
    """Demo logins and real people do not meet."""
    if settings.DEMO_MODE:
        yield Warning(
            "DEMO_MODE is on: anybody who knows the printed password may log in.",
            hint="Unset DEMO_MODE.",
            id="house.W005",
        )


def email_url() -> Iterator[CheckMessage]:
    """EMAIL_URL names a mail server."""
    if settings.MAIL.is_malformed:
        yield Error(
            "EMAIL_URL is not the address of a mail server.",
            hint="Write smtp+tls://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465 (special "
            "characters of the password as %XX), or unset it to send no mail.",
            id="house.E013",
        )


ALWAYS: tuple[Check, ...] = (
    database_url, broker_url, spoki_base_url, send_allowlist, demo_mode, listening_port,
    history_path, spoki_webhook_url, media_hosts, trusted_origins, empty_allowlist, numbers, switches, email_url, *SHOPIFY,
)  # fmt: skip
ON_DEPLOY: tuple[Check, ...] = (
    secret_key, spoki_api_key, webhook_secrets, demo_in_deploy, *SHOPIFY_ON_DEPLOY,
)  # fmt: skip


@register(Tags.compatibility)
def check_environment(**_: Any) -> list[CheckMessage]:
    return [message for check in ALWAYS for message in check()]


@register(Tags.security, deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    return [message for check in ON_DEPLOY for message in check()]


def _is_e164(phone: str) -> bool:
    import phonenumbers  # heavy, and read only where the list is set

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) and phone == phonenumbers.format_number(
        number, phonenumbers.PhoneNumberFormat.E164
    )
