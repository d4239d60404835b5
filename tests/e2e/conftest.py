"""The whole application as `make demo` runs it, and people with a browser in front of it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, Person, free_port

playwright_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
# As root in a closed network: no sandbox, and nothing that calls home.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Start `manage.py demo` on data of its own, and end it as Ctrl-C would."""
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: on Debian, `apt-get install chromium` brings it.")
    port = free_port()
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
        and not key.startswith("PYTEST")
    }
    environment |= {"APP_VAR": str(tmp_path_factory.mktemp("house")), "PORT": str(port)}
    said = tmp_path_factory.mktemp("said") / "demo.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=environment | {"DEMO_SCALE": "small"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield House.when_ready(process, said, port)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def browser(house: House) -> Iterator[object]:
    """A browser for one test: its event loop must not outlive it, or Django takes it for its own."""
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def person(browser, house) -> Iterator[Callable[..., Person]]:
    """Log somebody in, each in a browser context of her own; errors of the page fail the test."""
    people: list[Person] = []

    def come(username: str, **context) -> Person:
        page = browser.new_context(locale="it-IT", **context).new_page()
        page.set_default_timeout(10_000)
        someone = Person(page, house, username)
        someone.log_in()
        people.append(someone)
        return someone

    yield come
    for someone in people:
        someone.page.context.close()
    assert [error for someone in people for error in someone.errors] == []


@pytest.fixture
def patience() -> Callable[[Callable[[], bool], float], bool]:
    """Look again every tenth of a second until something holds, at most so many seconds."""

    def wait_for(holds: Callable[[], bool], seconds: float) -> bool:
        tick = threading.Event()
        for _ in range(int(seconds * 10)):
            if holds():
                return True
            tick.wait(0.1)
        return holds()

    return wait_for
