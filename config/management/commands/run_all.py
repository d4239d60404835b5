"""Everything under one supervisor, configured by the environment alone."""

import os
import sys
from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import connections

from config import embedded, ports, running
from config.supervise import Announcement, Child, Supervisor, say


class Command(BaseCommand):
    help = (
        "Migrate, then run web (on HOST and PORT), workers for every queue, sender and beat until "
        "Ctrl-C. Without DATABASE_URL and CELERY_BROKER_URL it starts a PostgreSQL and a Valkey of "
        "its own."
    )
    requires_system_checks = []  # run below, once the database is there

    def handle(self, *_: Any, **__: Any) -> None:
        services = embedded.missing_services()
        try:
            address = ports.listening_address()
            with running.only_one(services):
                ports.refuse_busy(address)
                self.check(display_num_errors=False)
                status = self.start_and_serve(address, services)
        except (embedded.EmbeddedError, ports.PortRefused) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit("Stopped before the start was complete.")
        sys.exit(status)

    def start_and_serve(self, address: tuple[str, int], services: list[embedded.Service]) -> int:
        say("Preparing static files, database, roles and schedule…")
        running.collect_static()
        try:
            descriptors = [embedded.hold(service) for service in services]
            return self.supervisor(address, services, descriptors).run(self.prepare)
        finally:
            connections.close_all()
            for service in services:
                embedded.release_and_wait(service)

    def prepare(self) -> None:
        running.prepare()
        self.fill()
        connections.close_all()

    def supervisor(
        self, address: tuple[str, int], services: list[embedded.Service], descriptors: list[int]
    ) -> Supervisor:
        return Supervisor(
            children=self.first(address),
            later=running.background(),
            environment=self.secret_key(services),
            descriptors=descriptors,
            watches={f"embedded {each.name}": _watch(each) for each in services},
            announcement=Announcement(_local(address), "/health/live/", self.welcome(address)),
        )

    def fill(self) -> None:
        """Put data in before the start: nothing here, the demo does."""

    def first(self, address: tuple[str, int]) -> list[Child]:
        return [running.web(address)]

    def welcome(self, address: tuple[str, int]) -> str:
        return f"\nReady: {url(address)}admin/\n"

    def secret_key(self, services: list[embedded.Service]) -> dict[str, str]:
        """Return the key the processes share when the environment has none."""
        if os.environ.get("SECRET_KEY") or not services:
            return {}
        key = running.local_secret_key(services[0].place.home)
        return {"SECRET_KEY": key}


def _local(address: tuple[str, int]) -> tuple[str, int]:
    """Return where this machine reaches what listens at `address`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    return everywhere.get(address[0], address[0]), address[1]


def url(address: tuple[str, int]) -> str:
    host = "localhost" if address[0] in {"127.0.0.1", "0.0.0.0", "::"} else address[0]  # noqa: S104
    return f"http://{host}:{address[1]}/"


def _watch(service: embedded.Service) -> Callable[[], bool]:
    return lambda: embedded.is_kept(service)
