"""The application as another system drives it: commands, environment, HTTP and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from spoki.simulator import SimulatorProcess
from tests.e2e.house import free_port

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_from-outside-0123456789"
ALWAYS = {
    day: ["00:00", "24:00"] for day in ("weekday", "saturday", "holiday_eve", "sunday", "holiday")
}
PEOPLE = [f"+3934812345{n:02d}" for n in range(12)]
MAKE_PEOPLE = """
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


@pytest.fixture
def installation(tmp_path_factory) -> Iterator[tuple[Installation, SimulatorProcess]]:
    """`run_all` on data of its own, towards a Spoki that delivers to it."""
    port = free_port()
    hook = f"http://127.0.0.1:{port}/webhooks/spoki/"
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
        and not key.startswith("PYTEST")
    }
    with SimulatorProcess(api_key="outside-key", webhook_url=hook, webhook_secret=SECRET) as spoki:
        environment = inherited | {
            "APP_VAR": str(tmp_path_factory.mktemp("installation")),
            "PORT": str(port),
            "SPOKI_BASE_URL": spoki.url,
            "SPOKI_API_KEY": "outside-key",
            "SPOKI_WEBHOOK_SECRETS": f"whsec_old-one-0123456789,{SECRET}",
        }
        said = tmp_path_factory.mktemp("said") / "run_all.log"
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


def test_a_campaign_goes_from_contacts_to_read_by_the_api_alone(installation):
    house, spoki = installation
    house.manage("shell", "-c", MAKE_PEOPLE)
    giulia, marco, andrea = (house.token(name) for name in ("giulia", "marco", "andrea"))

    andrea("POST", "account/refresh/")
    andrea("PATCH", "account/", json={"marketing_hours": ALWAYS, "transactional_hours": ALWAYS})
    giulia("POST", "templates/sync/")
    people(andrea)
    campaign = prepare(giulia)
    giulia("POST", f"campaigns/{campaign}/submit/")
    giulia("POST", f"campaigns/{campaign}/approve/", expect=403)
    marco("POST", f"campaigns/{campaign}/approve/")
    giulia("POST", f"campaigns/{campaign}/launch/", expect=400, json={"confirm": "Altro"})
    giulia("POST", f"campaigns/{campaign}/launch/", json={"confirm": "Da fuori"})
    giulia("POST", f"campaigns/{campaign}/launch/", expect=409, json={"confirm": "Da fuori"})
    last = watch(giulia, campaign)

    assert len(spoki.control.sends()) == len(PEOPLE)
    assert spoki.control.duplicates()["arrived_twice"] == {}
    assert last["status"] == "done"
    assert last["delivered"] + last["read"] == len(PEOPLE)


def people(andrea: Callable[..., Any]) -> None:
    """Bring everybody in with consent, twice: the second time changes nothing."""
    consent = {
        "purpose": "whatsapp_marketing", "state": "given", "source": "checkout",
        "evidence": "casella spuntata, ordine #1001", "at": "2026-01-10T10:00:00+01:00",
    }  # fmt: skip
    rows = [
        {
            "phone": phone,
            "first_name": "Ada",
            "language": "it",
            "tags": ["prova"],
            "consents": [consent],
        }
        for phone in PEOPLE
    ]
    andrea("POST", "contacts/bulk/", json=rows)
    andrea("POST", "contacts/bulk/", json=rows)
    assert andrea("GET", "contacts/")["count"] == len(PEOPLE)


def prepare(giulia: Callable[..., Any]) -> int:
    """Write the segment and the draft; return the campaign's id."""
    rules = {"v": 1, "groups": [{"mode": "all", "rules": [["contact.tag", "has", "prova"]]}]}
    segment = giulia("POST", "segments/", expect=201, json={"name": "Prova", "rules": rules})
    templates = giulia("GET", "templates/?page_size=100")["results"]
    wanted = next(t for t in templates if t["name"] == "ritorno_clienti" and t["language"] == "it")
    version = giulia("GET", f"templates/{wanted['id']}/")["versions"][-1]
    assert version["sendable"], version["reasons"]
    name = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}
    draft = {
        "name": "Da fuori", "template_version": version["id"], "segment": segment["id"],
        "variables": name, "spread_hours": 0, "canary_share": 0, "holdout_share": 0,
    }  # fmt: skip
    return int(giulia("POST", "campaigns/", expect=201, json=draft)["id"])


def watch(giulia: Callable[..., Any], campaign: int) -> dict[str, Any]:
    """Look at the progress until the receipts are in; every look adds up."""
    states = (
        "queued", "sending", "accepted", "sent", "delivered", "read", "failed", "skipped",
        "unknown", "expired",
    )  # fmt: skip
    tick, until = threading.Event(), time.monotonic() + 90
    while True:
        seen: dict[str, Any] = giulia("GET", f"campaigns/{campaign}/progress/")
        assert sum(seen[state] for state in states) == seen["total"] == len(PEOPLE)
        moving = seen["queued"] + seen["sending"] + seen["accepted"] + seen["sent"]
        if (moving == 0 and seen["status"] == "done") or time.monotonic() > until:
            return seen
        tick.wait(0.5)


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
