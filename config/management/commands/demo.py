"""The whole application on invented data, beside the simulators of Spoki and of Shopify."""

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.utils import timezone

from config import demo_auth, running
from config.demo import shop
from config.demo.chats.prepare import prepare_conversations
from config.demo.chats.remembering import remind_spoki
from config.demo.first_read import read_and_prepare, wait_for
from config.demo.load import load_demo
from config.demo.scale import UnknownScale
from config.gateways import shopify_gateway, spoki_gateway
from config.management.commands import run_all
from config.supervise import Child
from orders.shopify.simulator import ShopControl
from orders.webhook_watch import look_after_webhooks
from spoki.simulator import Control


class Command(run_all.Command):
    help = "What run_all runs, plus Spoki, a shop and demo data, all invented. DEMO_SCALE=full for more."

    def fill(self) -> None:
        self.refuse_real_data()
        now = timezone.now()
        try:
            load_demo(scale=os.environ.get("DEMO_SCALE") or "default", now=now)
        except UnknownScale as error:
            raise CommandError(str(error)) from error
        gateway = spoki_gateway()
        try:
            read_and_prepare(gateway=gateway, now=now)
            prepare_conversations(now=now)
            wait_for(gateway)
        finally:
            gateway.close()
        remind_spoki(Control(settings.SPOKI_BASE_URL))
        self.open_shop(now=now)

    def open_shop(self, *, now: datetime) -> None:
        """Tell the shop who its customers are, and have it tell us what happens there."""
        control = ShopControl(settings.SHOPIFY_ADMIN_URL)
        shop.wait_for_shop(control)
        shop.tell_shop(control, now=now)
        shop.note_all_known(now=now)
        client = shopify_gateway()
        try:
            look_after_webhooks(client=client, now=now)
        finally:
            client.close()

    def refuse_real_data(self) -> None:
        """Raise CommandError where the database has people whom the demo did not make."""
        if not settings.DEMO_MODE:
            raise CommandError("The demo starts with “manage.py demo” or “make demo” only.")
        users = get_user_model()._default_manager.exclude(username__in=demo_auth.USERS)
        if users.exists():
            raise CommandError(
                "The database of DATABASE_URL holds users of a real installation: the demo does not "
                "write there. Unset DATABASE_URL, or name an empty database."
            )

    def first(self, address: tuple[str, int]) -> list[Child]:
        simulator = (*running.PYTHON, "spoki.simulator", "--port", str(simulator_port()),
                     f"--api-key={settings.SPOKI_API_KEY}",
                     "--webhook-url", f"http://127.0.0.1:{address[1]}/webhooks/spoki/",
                     f"--webhook-secret={settings.SPOKI_WEBHOOK_SECRETS[0]}", "--history")  # fmt: skip
        return [
            Child("simulator", simulator),
            Child("shop", shop_command()),
            *super().first(address),
        ]

    def welcome(self, address: tuple[str, int]) -> str:
        logins = "\n".join(f"  {name:<10} {role}" for name, role in demo_auth.described_users())
        return (
            f"\nThe demo is ready: {run_all.url(address)}admin/\n"
            f"Log in as one of these, all with the password “{demo_auth.PASSWORD}”:\n{logins}\n"
            f"Customers who wrote: {run_all.url(address)}inbox/\n"
            f"The customers' phones: {settings.SPOKI_BASE_URL}/\n"
            f"The shop, to order in and to ship from: {settings.SHOPIFY_ADMIN_URL}/\n"
            "It writes at any hour of any day, and to the simulators alone. Ctrl-C ends it.\n"
        )


def simulator_port() -> int:
    return urlsplit(settings.SPOKI_BASE_URL).port or 0


def shop_command() -> tuple[str, ...]:
    """Return what runs the shop. It is kept beside the other data of the demo."""
    return (
        *running.PYTHON, "orders.shopify.simulator", "--empty",
        "--port", str(urlsplit(settings.SHOPIFY_ADMIN_URL).port or 0),
        "--shop-domain", settings.SHOPIFY_SHOP_DOMAIN,
        "--client-id", settings.SHOPIFY_CLIENT_ID,
        f"--client-secret={settings.SHOPIFY_CLIENT_SECRET}",
        "--app-url", settings.SHOPIFY_WEBHOOK_URL,
        "--phones-url", f"{settings.SPOKI_BASE_URL}/",
        "--folder", str(Path(settings.APP_VAR) / "shop"),
    )  # fmt: skip
