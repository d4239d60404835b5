"""`run_all` on data of its own, as another system meets it: commands, environment, HTTP and nothing else."""

import os
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
_MAKE_PEOPLE = """
from django.contrib.auth.models import Group, User
for name, group in (("giulia", "Marketer"), ("marco", "Approver"), ("andrea", "Admin")):
    User.objects.create_user(name, is_staff=True).groups.add(Group.objects.get(name=group))
"""


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

    def token(self, username: str) -> Callable[..., Any]:
        """Return a caller of the API with that person's token."""
        key = self.manage("drf_create_token", username).split()[2]

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
        self.manage("shell", "-c", _MAKE_PEOPLE)
        return tuple(self.token(name) for name in ("giulia", "marco", "andrea"))


@contextmanager
def installed(folder: Path, **limits: int) -> Iterator[tuple[Installation, SimulatorProcess]]:
    """Run everything with its data in `folder`, towards a Spoki that delivers to it; `limits` are that Spoki's."""
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
