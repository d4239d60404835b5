"""PostgreSQL and Valkey for the one-command start, used only while no address is set.

Importing this package starts nothing; `start_missing` does.
"""

import os
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.holding import hold, is_kept, release, release_and_wait
from config.embedded.postgres import Postgres
from config.embedded.service import Service
from config.embedded.valkey import Valkey

__all__ = [
    "EmbeddedError",
    "Postgres",
    "Service",
    "Valkey",
    "folder",
    "hold",
    "is_kept",
    "missing_services",
    "release",
    "release_and_wait",
    "start_missing",
]


def folder() -> Path:
    """Return the folder of the embedded data: APP_VAR, or `var` in the checkout."""
    default = Path(__file__).resolve().parent.parent.parent / "var"
    return Path(os.environ.get("APP_VAR") or default).expanduser().absolute()


def missing_services() -> list[Service]:
    """Return the services that no address in the environment replaces."""
    services: list[Service] = []
    if not os.environ.get("DATABASE_URL"):
        services.append(Postgres(folder()))
    if not os.environ.get("CELERY_BROKER_URL"):
        services.append(Valkey(folder()))
    return services


def start_missing() -> list[int]:
    """Start what is missing and keep it up while this process lives.

    Returns the descriptors to hand to children that need the services. Raises EmbeddedError.
    """
    return [hold(service) for service in missing_services()]
