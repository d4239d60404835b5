"""How long after Shopify's webhook a COD order's question is at Spoki: on an idle number, and during a campaign.

Everything runs as in production, under one supervisor: web, workers, sender, beat. Limits are Spoki's own (60 templates
a minute), so that during the campaign each question must find room in a window that marketing keeps full.
"""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spoki.simulator import SimulatorProcess
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.e2e.installation import ALWAYS, Installation, installed
from tests.e2e.shop import cod_order, confirmation_flow, deliver, may_be_told

IDLE, BUSY = 40, 40
MEAN_GAP = 4.0
AUDIENCE = 30_000
# The campaign has filled its window by then.
FULL_AFTER = 65.0
_BATCH = 1_000


def confirmation_latency(
    *, idle: int = IDLE, busy: int = BUSY, audience: int = AUDIENCE, full_after: float = FULL_AFTER
) -> list[Figure]:
    """Place orders at random moments without and with a campaign; about eight minutes."""
    pause = threading.Event()
    with (
        tempfile.TemporaryDirectory() as folder,
        installed(Path(folder) / "house", template=1_000_000) as (house, spoki),
    ):
        giulia, marco, andrea = house.people()
        andrea("POST", "account/refresh/")
        hours = {"marketing_hours": ALWAYS, "transactional_hours": ALWAYS}
        andrea("PATCH", "account/", json=hours)
        giulia("POST", "templates/sync/")
        confirmation_flow(giulia, marco)
        buyers = [f"+3933300{n:05d}" for n in range(idle + busy)]
        may_be_told(andrea, buyers)
        alone = _place(house, spoki, buyers[:idle], pause)
        begin_campaign(giulia, marco, andrea, audience)
        pause.wait(full_after)
        beside = _place(house, spoki, buyers[idle:], pause)
    return [
        *_figures("on an idle number", alone, idle, 3),
        *_figures("during a campaign", beside, busy, 5),
    ]


def _place(
    house: Installation, spoki: SimulatorProcess, buyers: Sequence[str], pause: threading.Event
) -> list[float]:
    """Place an order for each at random moments; return the seconds until its question arrived, sorted."""
    rng, placed = random.Random(), {}
    for buyer in buyers:
        pause.wait(rng.expovariate(1 / MEAN_GAP))
        order = cod_order(int(buyer[-5:]) + 1, phone=buyer)
        # From the moment Shopify has our 200.
        if deliver(house.url, "orders/create", order) != 200:
            raise RuntimeError("a webhook was refused")
        placed[buyer] = time.time()
    pause.wait(15)
    arrived = {row["phone"]: row["epoch"] for row in spoki.control.sends()}
    return sorted(max(0.0, arrived[buyer] - at) for buyer, at in placed.items() if buyer in arrived)


def begin_campaign(
    giulia: Callable[..., Any], marco: Callable[..., Any], andrea: Callable[..., Any], people: int
) -> None:
    """Have a campaign to `people` written, approved and launched, which takes all that the limits leave."""
    consent = {
        "purpose": "whatsapp_marketing", "state": "given", "source": "checkout",
        "evidence": "casella spuntata", "at": "2026-01-10T10:00:00+01:00",
    }  # fmt: skip
    for first in range(0, people, _BATCH):
        rows = [
            {"phone": f"+39347{n:07d}", "tags": ["tutti"], "consents": [consent]}
            for n in range(first, min(people, first + _BATCH))
        ]
        andrea("POST", "contacts/bulk/", json=rows)
    rules = {"v": 1, "groups": [{"mode": "all", "rules": [["contact.tag", "has", "tutti"]]}]}
    segment = giulia("POST", "segments/", expect=201, json={"name": "Tutti", "rules": rules})
    templates = giulia("GET", "templates/?page_size=100")["results"]
    wanted = next(t for t in templates if t["name"] == "ritorno_clienti" and t["language"] == "it")
    version = giulia("GET", f"templates/{wanted['id']}/")["versions"][-1]
    draft = {
        "name": "Tutti", "template_version": version["id"], "segment": segment["id"],
        "variables": {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}},
        "spread_hours": 0, "canary_share": 0, "holdout_share": 0,
    }  # fmt: skip
    campaign = giulia("POST", "campaigns/", expect=201, json=draft)["id"]
    giulia("POST", f"campaigns/{campaign}/submit/")
    marco("POST", f"campaigns/{campaign}/approve/")
    giulia("POST", f"campaigns/{campaign}/launch/", json={"confirm": "Tutti"})


def _figures(when: str, waits: Sequence[float], placed: int, bar: float) -> list[Figure]:
    if not waits:
        raise RuntimeError(f"no question arrived {when}")
    middle = waits[len(waits) // 2]
    beside = f"{len(waits)} orders, median {middle:.2f} s, most {waits[-1]:.2f} s"
    return [
        Figure(
            f"COD question {when}: p95 of webhook → Spoki (s)", p95(list(waits)), bar, "<=", beside
        ),
        Figure(f"COD question {when}: never arrived", placed - len(waits), 0, "=="),
    ]
