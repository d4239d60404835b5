"""The running demo as a test sees it, and a person at its pages."""

import re
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from axe_playwright_python.sync_playwright import Axe

from orders.shopify.simulator import ShopControl
from spoki.simulator import Control

PASSWORD = "zampa-demo"
START_SECONDS = 120
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # Of what is in order it need not tell every element: the answer would be megabytes.
    "resultTypes": ["violations"],
}
_PHONES = re.compile(r"phones: (http://\S+)/")
_SHOP = re.compile(r"shop, .*: (http://\S+)/")
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class House:
    """Addresses of a running demo: the application, the customers' phones, the shop."""

    url: str
    phones: str
    shop_url: str

    @property
    def spoki(self) -> Control:
        return Control(self.phones)

    @property
    def shop(self) -> ShopControl:
        return ShopControl(self.shop_url)

    @classmethod
    def when_ready(cls, process: "subprocess.Popen[bytes]", said: Path, port: int) -> "House":
        """Wait until the demo printed its welcome and answers; what it said is in the error."""
        tick, until = threading.Event(), time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            text = said.read_text(errors="replace")
            phones, shop = _PHONES.search(text), _SHOP.search(text)
            if phones and shop and cls._answers(port):
                return cls(f"http://127.0.0.1:{port}", phones[1], shop[1])
            tick.wait(0.2)
        raise RuntimeError(f"the demo did not start:\n{said.read_text(errors='replace')[-3000:]}")

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/health/ready/", timeout=5).ok
        except requests.RequestException:
            return False


@dataclass(slots=True)
class Person:
    """Somebody with a browser; what the page complains about is kept in `errors`."""

    page: Any
    house: House
    username: str
    errors: list[str] = field(default_factory=list)

    def log_in(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.go("/admin/login/")
        self.page.fill("#id_username", self.username)
        self.page.fill("#id_password", PASSWORD)
        self.page.press("#id_password", "Enter")
        # Whoever answers customers lands in the inbox.
        self.page.wait_for_url(re.compile(r"/(admin|inbox)/$"))

    def go(self, path: str) -> None:
        self.page.goto(f"{self.house.url}{path}")

    def press(self, verb: str) -> None:
        """Follow the button of a verb to its question, without answering it."""
        self.page.click(f"a[href$='/{verb}/']")
        self.page.wait_for_url(f"**/{verb}/")

    def answer(self) -> None:
        """Press the button that does it."""
        self.page.click(":is(.cp-question, .td-question) button[type=submit]")
        self.page.wait_for_load_state()

    def look(self) -> None:
        """Have the page looked at as it stands: whoever reads it can, and nothing sticks out."""
        self.page.wait_for_load_state("networkidle")
        found = Axe().run(self.page, options=RULES).response["violations"]
        place = self.page.url.removeprefix(self.house.url)
        for rule in found:
            targets = [node["target"] for node in rule["nodes"]]
            self.errors.append(f"{place}: {rule['id']} {targets}")
        if (wider := self.page.evaluate(_WIDER)) > 0:
            self.errors.append(f"{place}: {wider} px wider than the window")

    def counters(self) -> dict[str, int]:
        """Read the boxes of the progress page."""
        boxes = self.page.locator("[data-counter]")
        return {
            box.get_attribute("data-counter"): int(box.inner_text().replace(".", ""))
            for box in boxes.all()
        }
