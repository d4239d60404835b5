"""The servers under load: the application as it runs in production, and the bare one; and the worker behind."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config import embedded, running
from tests.addresses import database_url
from tests.bench.webhooks.bodies import SECRET, SHOP
from tests.bench.webhooks.spoki_bodies import SECRET as SPOKI_SECRET

ROOT = Path(__file__).resolve().parents[3]
OURS, BARE = "config.wsgi", "tests.bench.webhooks.bare"
SPOKI_BARE = "tests.bench.webhooks.spoki_bare"


def environment(broker: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": broker,
        "SECRET_KEY": "bench" * 10,
        "SHOPIFY_SHOP_DOMAIN": SHOP,
        "SHOPIFY_WEBHOOK_SECRETS": SECRET,
        "SPOKI_BASE_URL": "http://127.0.0.1:9",
        "SPOKI_API_KEY": "test-key",
        "SPOKI_WEBHOOK_SECRETS": SPOKI_SECRET,
    }


@contextmanager
def a_broker() -> Iterator[str]:
    """A Valkey for the length of the block; its address."""
    broker = embedded.Valkey(embedded.folder() / "bench")
    embedded.hold(broker)
    try:
        yield broker.broker_url()
    finally:
        embedded.release_and_wait(broker)


class LoadedServer:
    """A server and who delivers to it."""

    def __init__(self, load: "subprocess.Popen[str]", port: int) -> None:
        self._load = load
        self.port = port

    def run(self, **run: float) -> dict[str, Any]:
        """Have deliveries made (see `load`), and return how they were answered."""
        assert self._load.stdin is not None
        assert self._load.stdout is not None
        self._load.stdin.write(json.dumps(run) + "\n")
        self._load.stdin.flush()
        found: dict[str, Any] = json.loads(self._load.stdout.readline())
        return found


@contextmanager
def loaded(module: str, *, broker: str, whose: str = "bodies") -> Iterator[LoadedServer]:
    """Serve `module` as production serves the application, for the length of the block.

    `whose` is the module here that makes the deliveries.
    """
    port = _free_port()
    command = [
        module if part == OURS else part for part in running.web(("127.0.0.1", port)).command
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=environment(broker), stderr=subprocess.DEVNULL)
    try:
        _await(port, server)
        load = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.webhooks.load", str(port), whose],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield LoadedServer(load, port)
        finally:
            _end(load)
    finally:
        _end(server)


@contextmanager
def a_worker(*, broker: str) -> Iterator[None]:
    """The worker that processes deliveries, for the length of the block."""
    (child,) = (child for child in running.background() if child.name == "webhooks")
    worker = subprocess.Popen(
        child.command, cwd=ROOT, env=environment(broker), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        _end(worker)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(1_200):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.1)
    raise RuntimeError("the server does not listen")


def _end(process: "subprocess.Popen[Any]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    process.wait(timeout=30)
