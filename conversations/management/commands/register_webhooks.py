"""Make our webhooks on Spoki, and switch them on once their secrets are known here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.module_loading import import_string

from conversations import registration
from conversations.registration import Made, RegistrationRefused
from spoki import SpokiError, SpokiGateway


class Command(BaseCommand):
    help = (
        "Register on Spoki the webhooks that this application needs. They are made switched off and their secrets are "
        "printed, once: put them into SPOKI_WEBHOOK_SECRETS, start again, and run it with --activate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="where Spoki delivers to (SPOKI_WEBHOOK_URL)")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--activate", action="store_true", help="switch on those whose secret is configured"
        )
        what.add_argument(
            "--new-secrets",
            action="store_true",
            help="new secrets for those that are switched off, where the first ones were lost",
        )
        what.add_argument("--status", action="store_true", help="only say how they stand")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SPOKI_API_KEY:
            raise CommandError("Set SPOKI_API_KEY first: nothing is known of Spoki without it.")
        client = import_string(settings.SPOKI_GATEWAY)()
        try:
            self._carry_out(client, options)
        except RegistrationRefused as refused:
            raise CommandError(str(refused)) from None
        except SpokiError as error:
            raise CommandError(f"{error}. Run it again: what is there is not made twice.") from None
        finally:
            client.close()

    def _carry_out(self, client: SpokiGateway, options: dict[str, Any]) -> None:
        address = options["url"] or registration.our_address(client.webhooks())
        if options["activate"]:
            self._activate(client, address)
        elif options["new_secrets"]:
            now = timezone.now()
            self._print(registration.renew_secrets(client=client, address=address, now=now))
        elif not options["status"]:
            now = timezone.now()
            self._print(registration.make_missing(client=client, address=address, now=now))
        self._say_how_they_stand(client)

    def _activate(self, client: SpokiGateway, address: str) -> None:
        on, refused = registration.activate(client=client, address=address, now=timezone.now())
        if refused:
            raise CommandError(
                f"Switched on: {', '.join(on) or 'none'}. Left off, because their secrets are not in "
                f"SPOKI_WEBHOOK_SECRETS: {', '.join(refused)}. Put them there and start the application again; if "
                "they were lost, --new-secrets makes others."
            )
        if not on:
            raise CommandError("There is nothing to switch on: run it without --activate first.")

    def _print(self, made: Iterable[Made]) -> None:
        """Print each secret as soon as there is one: whatever fails afterwards, it is not lost."""
        secrets = []
        for one in made:
            self.stdout.write(f"{one.event}: {one.secret or '(Spoki showed no secret)'}")
            self.stdout.flush()
            secrets.append(one.secret)
        if not secrets:
            self.stdout.write("Nothing to make.")
            return
        self.stdout.write("These secrets are shown only now. Add them to what is configured:")
        self.stdout.write(f"SPOKI_WEBHOOK_SECRETS={','.join(filter(None, secrets))}")
        self.stdout.write("Then start the application again and run: register_webhooks --activate")

    def _say_how_they_stand(self, client: SpokiGateway) -> None:
        for row in registration.look(client=client, now=timezone.now()):
            state = "active" if row.is_active else "switched off" if row.is_there else "missing"
            self.stdout.write(f"{row.event}: {state}")
