"""How long after an agent's click an answer is at Spoki, while a campaign of 30,000 takes all that the limits leave.

Everything runs as in production, under one supervisor. The agent clicks as a browser does: a session, the form's own
key and token, the fragment that comes back. The clock starts before the click is posted and stops where the message
arrives at the simulator.
"""

import random
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from spoki.simulator import SimulatorProcess
from tests.bench.confirmation import AUDIENCE, FULL_AFTER, begin_campaign
from tests.bench.latency import p95
from tests.bench.report import Figure
from tests.e2e.installation import ALWAYS, Installation, installed

TEXTS, TEMPLATES = 60, 30
MEAN_GAP = 2.0
BAR_SECONDS = 2.0
# Whoever has not arrived so long after the last click is counted as lost.
PATIENCE = 15.0
PASSWORD = "una-frase-lunga-per-il-banco"
_MAKE_AGENT = f"""
from django.contrib.auth.models import Group, User
sara = User.objects.create_user("sara", password="{PASSWORD}", is_staff=True)
sara.groups.add(Group.objects.get(name="CS agent"))
"""
# Utility, of the simulator's own; its only variables.
_TEMPLATE, _VALUES = "ordine_arrivato_tutto_bene", {"FIRST_NAME": "Ada", "ORDER_NAME": "#1042"}


def reply_latency(
    *,
    texts: int = TEXTS,
    templates: int = TEMPLATES,
    audience: int = AUDIENCE,
    full_after: float = FULL_AFTER,
) -> list[Figure]:
    """Answer customers at random moments during a campaign; about six minutes."""
    pause = threading.Event()
    with (
        tempfile.TemporaryDirectory() as folder,
        installed(Path(folder) / "house", template=1_000_000, text=1_000_000) as (house, spoki),
    ):
        giulia, marco, andrea = house.people()
        andrea("POST", "account/refresh/")
        andrea("PATCH", "account/", json={"marketing_hours": ALWAYS, "transactional_hours": ALWAYS})
        giulia("POST", "templates/sync/")
        phones = [f"+3933311{n:05d}" for n in range(texts + templates)]
        people = _customers(andrea, phones)
        _write_to_us(spoki, andrea, phones[:texts], people, pause)
        version = _version(giulia)
        house.manage("shell", "-c", _MAKE_AGENT)
        desk = _Desk(house)
        begin_campaign(giulia, marco, andrea, audience)
        pause.wait(full_after)
        clicks = [(phone, {"text": f"Buongiorno, controllo subito ({phone[-5:]})."}) for phone in phones[:texts]]  # fmt: skip
        values = {f"value-{name}": text for name, text in _VALUES.items()}
        clicks += [(phone, {"version": str(version), **values}) for phone in phones[texts:]]
        clicked = _click_all(desk, people, clicks, pause)
        waits = _waits(spoki, clicked, pause)
    return [*_figures("text", waits, phones[:texts]), *_figures("template", waits, phones[texts:])]


@dataclass(slots=True)
class _Desk:
    """An agent's browser: logged in, with the token that each form carries."""

    house: Installation
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        page = self.session.get(f"{self.house.url}/admin/login/", timeout=30)
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text))
        said = {"username": "sara", "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.session.post(page.url, said, headers={"Referer": page.url}, timeout=30)
        if "sessionid" not in self.session.cookies:
            raise RuntimeError("the agent could not log in")

    def open(self, contact: int) -> str:
        """Open the card, as whoever answers does; return the key of its form, "" where a template's has none yet."""
        page = self.session.get(f"{self.house.url}/customers/{contact}/", timeout=30)
        page.raise_for_status()
        found = re.search(r'name="key" value="([^"]+)"', page.text)
        return found[1] if found else ""

    def click(self, contact: int, said: dict[str, str]) -> None:
        answer = self.session.post(
            f"{self.house.url}/customers/{contact}/reply/",
            {**said, "csrfmiddlewaretoken": self.session.cookies["csrftoken"]},
            headers={"HX-Request": "true", "Referer": self.house.url},
            timeout=30,
        )
        if answer.status_code != 200 or "HX-Trigger" not in answer.headers:
            raise RuntimeError(f"an answer was refused ({answer.status_code})")


def _customers(admin: Callable[..., Any], phones: Sequence[str]) -> dict[str, int]:
    """Bring them in; return phone → contact."""
    admin(
        "POST", "contacts/bulk/", json=[{"phone": phone, "first_name": "Ada"} for phone in phones]
    )
    return {phone: admin("GET", "contacts/", params={"phone": phone})["results"][0]["id"] for phone in phones}  # fmt: skip


def _write_to_us(
    spoki: SimulatorProcess,
    admin: Callable[..., Any],
    phones: Sequence[str],
    people: dict[str, int],
    pause: threading.Event,
) -> None:
    """Have each of them write, which opens their windows; wait until the last has arrived here."""
    for phone in phones:
        spoki.control.inbound(phone, text="Quando arriva il mio pacco?")
    until = time.monotonic() + 60
    for phone in phones:
        while not admin("GET", f"conversations/{people[phone]}/messages/")["count"]:
            if time.monotonic() > until:
                raise RuntimeError("the customers' messages did not arrive")
            pause.wait(0.2)


def _version(marketer: Callable[..., Any]) -> int:
    templates = marketer("GET", "templates/?page_size=100")["results"]
    wanted = next(t for t in templates if t["name"] == _TEMPLATE and t["language"] == "it")
    return int(marketer("GET", f"templates/{wanted['id']}/")["versions"][-1]["id"])


def _click_all(
    desk: _Desk,
    people: dict[str, int],
    clicks: Sequence[tuple[str, dict[str, str]]],
    pause: threading.Event,
) -> dict[str, float]:
    """Answer each at a random moment, texts and templates mixed; return phone → when it was clicked (epoch seconds)."""
    rng, clicked = random.Random(), {}
    for phone, said in rng.sample(clicks, len(clicks)):
        pause.wait(rng.expovariate(1 / MEAN_GAP))
        key = desk.open(people[phone])
        clicked[phone] = time.time()
        desk.click(people[phone], said | ({"key": key} if key else {}))
    return clicked


def _waits(
    spoki: SimulatorProcess, clicked: dict[str, float], pause: threading.Event
) -> dict[str, float]:
    """Return phone → seconds from the click to Spoki, of those that arrived within `PATIENCE`."""
    until = time.monotonic() + PATIENCE
    while True:
        waits = dict(_arrived(spoki, clicked))
        if len(waits) == len(clicked) or time.monotonic() > until:
            return waits
        pause.wait(0.5)


def _arrived(spoki: SimulatorProcess, clicked: dict[str, float]) -> Iterator[tuple[str, float]]:
    for row in spoki.control.sends():
        if row["phone"] in clicked:
            yield row["phone"], max(0.0, row["epoch"] - clicked[row["phone"]])


def _figures(kind: str, waits: dict[str, float], phones: Sequence[str]) -> list[Figure]:
    found = sorted(waits[phone] for phone in phones if phone in waits)
    if not found:
        raise RuntimeError(f"no {kind} arrived")
    beside = f"{len(found)} answers, median {found[len(found) // 2]:.2f} s, most {found[-1]:.2f} s"
    name = f"answer by a {kind} during a campaign"
    return [
        Figure(f"{name}: p95 of click → Spoki (s)", p95(found), BAR_SECONDS, "<=", beside),
        Figure(f"{name}: never arrived", len(phones) - len(found), 0, "=="),
    ]
