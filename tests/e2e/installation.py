"""`run_all` on data of its own, as another system meets it: commands, environment, HTTP and nothing else."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from spoki.simulator import SimulatorProcess
from tests.e2e.house import free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_from-outside-0123456789"
SHOP = "zampa-prova.myshopify.com"
SHOP_SECRET = "shpss_from-outside-0123456789"
ALWAYS = {
    day: ["00:00", "24:00"] for day in ("weekday", "saturday", "holiday_eve", "sunday", "holiday")
}
# In one process: each takes two seconds of a core to start.
_MAKE_PEOPLE = """
from django.contrib.auth.models import Group, User
from django.core.management import call_command
for name, group in (("giulia", "Marketer"), ("marco", "Approver"), ("andrea", "Admin")):
    User.objects.create_user(name, is_staff=True).groups.add(Group.objects.get(name=group))
    call_command("drf_create_token", name)
"""
_TOKEN = re.compile(r"^Generated token (\w+) for user \w+$", re.MULTILINE)


class Installation:
    """One running installation: its environment for commands, its address for HTTP."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.environment = environment
        self.url = f"http://127.0.0.1:{port}"

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def caller(self, key: str) -> Callable[..., Any]:
        """Return a caller of the API with the token `key`."""

        def call(method: str, path: str, expect: int = 200, **parts: Any) -> Any:
            answer = requests.request(
                method, f"{self.url}/api/v1/{path}",
                headers={"Authorization": f"Token {key}"}, timeout=30, **parts,
            )  # fmt: skip
            assert answer.status_code == expect, f"{method} {path}: {answer.text[:500]}"
            return answer.json() if answer.content else None

        return call

    def people(self) -> tuple[Callable[..., Any], ...]:
        """Return the callers of a marketer, an approver and an admin, made now."""
        said = self.manage("shell", "-c", _MAKE_PEOPLE)
        return tuple(map(self.caller, _TOKEN.findall(said)))


@contextmanager
def installed(
    folder: Path, *, database: str | None = None, **limits: int
) -> Iterator[tuple[Installation, SimulatorProcess]]:
    """Run everything with its data in `folder`, towards a Spoki that delivers to it; `limits` are that Spoki's.

    `database` is the address of an outside PostgreSQL; without one it starts its own, below `folder`.
    """
    port = free_port()
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
        and not key.startswith("PYTEST")
    }
    hook = f"http://127.0.0.1:{port}/webhooks/spoki/"
    with SimulatorProcess(
        api_key="outside-key", webhook_url=hook, webhook_secret=SECRET, limits=limits or None
    ) as spoki:
        environment = inherited | {
            "APP_VAR": str(folder),
            "PORT": str(port),
            "SPOKI_BASE_URL": spoki.url,
            "SPOKI_API_KEY": "outside-key",
            "SPOKI_WEBHOOK_SECRETS": f"whsec_old-one-0123456789,{SECRET}",
            "SHOPIFY_SHOP_DOMAIN": SHOP,
            "SHOPIFY_WEBHOOK_SECRETS": f"shpss_old-one-0123456789,{SHOP_SECRET}",
        }
        if database:
            environment["DATABASE_URL"] = database
        said = folder.parent / f"{folder.name}.log"
        with said.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_all"],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            try:
                _wait_ready(process, port, said)
                yield Installation(environment, port), spoki
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)


def _wait_ready(process: "subprocess.Popen[bytes]", port: int, said: Path) -> None:
    tick, until = threading.Event(), time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"http://127.0.0.1:{port}/health/ready/", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        tick.wait(0.2)
    raise RuntimeError(f"run_all did not start:\n{said.read_text(errors='replace')[-3000:]}")
