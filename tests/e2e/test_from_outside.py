"""The application as other systems drive it: by its fixed names alone."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spoki.simulator import SimulatorProcess
from tests.e2e.installation import ALWAYS, Installation, installed
from tests.e2e.shop import cod_order, confirmation_flow, deliver, may_be_told

pytestmark = [pytest.mark.timeout(300)]

PEOPLE = [f"+3934812345{n:02d}" for n in range(12)]


@pytest.fixture
def installation(tmp_path_factory, copied) -> Iterator[tuple[Installation, SimulatorProcess]]:
    """Everything on a PostgreSQL that is there already, as production has one."""
    with installed(tmp_path_factory.mktemp("installation"), database=copied) as found:
        yield found


def test_a_campaign_is_read_and_an_order_confirmed_by_the_api_alone(installation):
    house, spoki = installation
    giulia, marco, andrea = house.people()
    andrea("POST", "account/refresh/")
    andrea("PATCH", "account/", json={"marketing_hours": ALWAYS, "transactional_hours": ALWAYS})
    giulia("POST", "templates/sync/")

    last = send_a_campaign(giulia, marco, andrea)

    assert len(spoki.control.sends()) == len(PEOPLE)
    assert spoki.control.duplicates()["arrived_twice"] == {}
    assert last["status"] == "done"
    assert last["delivered"] + last["read"] == len(PEOPLE)

    statuses, sends = confirm_an_order(house, giulia, marco, andrea, spoki)

    assert statuses == ["asked", "confirmed"]
    assert len(sends) == 1


def send_a_campaign(
    giulia: Callable[..., Any], marco: Callable[..., Any], andrea: Callable[..., Any]
) -> dict[str, Any]:
    """Write, approve and launch a campaign, with the refusals in between; return its last figures."""
    people(andrea)
    campaign = prepare(giulia)
    giulia("POST", f"campaigns/{campaign}/submit/")
    giulia("POST", f"campaigns/{campaign}/approve/", expect=403)
    marco("POST", f"campaigns/{campaign}/approve/")
    giulia("POST", f"campaigns/{campaign}/launch/", expect=400, json={"confirm": "Altro"})
    giulia("POST", f"campaigns/{campaign}/launch/", json={"confirm": "Da fuori"})
    giulia("POST", f"campaigns/{campaign}/launch/", expect=409, json={"confirm": "Da fuori"})
    return watch(giulia, campaign)


def confirm_an_order(
    house: Installation,
    giulia: Callable[..., Any],
    marco: Callable[..., Any],
    andrea: Callable[..., Any],
    spoki: SimulatorProcess,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Deliver one order twice and tap; return the states it went through and what the buyer was sent."""
    buyer = "+393331234567"
    may_be_told(andrea, [buyer])
    confirmation_flow(giulia, marco)
    order = cod_order(1042, phone="333 1234567")

    assert deliver(house.url, "orders/create", order) == 200
    assert deliver(house.url, "orders/updated", order) == 200
    assert deliver(house.url, "orders/create", order, secret="shpss_wrong") == 401
    seen = [until(lambda: reached(andrea, buyer, "asked"))]
    spoki.control.inbound(buyer, kind="button", text="Conferma")
    seen.append(until(lambda: reached(andrea, buyer, "confirmed")))
    return seen, [row for row in spoki.control.sends() if row["phone"] == buyer]


def reached(andrea: Callable[..., Any], phone: str, status: str) -> str:
    return status if status_of(andrea, phone) == status else ""


def status_of(andrea: Callable[..., Any], phone: str) -> str:
    rows = andrea("GET", "orders/", params={"phone": phone})["results"]
    return str(rows[0]["cod_status"]) if rows else ""


def until(look: Callable[[], Any], seconds: float = 30) -> Any:
    """Look again until there is something; at most so many seconds."""
    tick, end = threading.Event(), time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        tick.wait(0.2)
    return found


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
    for outcome in ("created", "unchanged"):
        answer = andrea("POST", "contacts/bulk/", json=rows)
        assert [row["outcome"] for row in answer] == [outcome] * len(PEOPLE)
    # One by one: Spoki's own contacts may have been read meanwhile.
    known = [andrea("GET", "contacts/", params={"phone": phone})["results"] for phone in PEOPLE]
    assert [[one["phone"] for one in found] for found in known] == [[phone] for phone in PEOPLE]


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
