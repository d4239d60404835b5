"""One shop for all, started again for every test, and a receiver of its webhooks."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from orders.shopify.simulator import ShopControl, ShopProcess

SECRET = "simulator-client-secret"


class Receiver:
    """Keeps every delivery: headers, raw body, and what it says; answers as it is told."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                keeper.deliveries.append((dict(self.headers), body))
                self.send_response(keeper.answers.pop(0) if keeper.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/shopify/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def topics(self) -> list[str]:
        return [headers["X-Shopify-Topic"] for headers, _ in self.deliveries]

    def of(self, topic: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
        return [
            (headers, json.loads(body))
            for headers, body in self.deliveries
            if headers["X-Shopify-Topic"] == topic
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def signature(body: bytes, secret: str = SECRET) -> str:
    """Worked out once more, so that a mistake on the other side shows."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def process() -> Iterator[ShopProcess]:
    with ShopProcess(retry_seconds=0.01) as process:
        yield process


@pytest.fixture
def shop(process: ShopProcess, receiver: Receiver) -> ShopControl:
    control = process.control
    control.settled()
    control.reset(config=True)
    control.config(retry_seconds=0.01, bulk_seconds=0.02, cancel_seconds=0.01)
    control.post("webhooks", url=receiver.url)
    receiver.deliveries.clear()
    receiver.answers.clear()
    return control


@pytest.fixture
def ask(process: ShopProcess, shop: ShopControl):
    """Ask the Admin API; return the JSON of the answer."""

    def call(text: str, /, *, token: str = process.token, **variables: Any) -> dict[str, Any]:
        response = requests.post(
            process.graphql_url,
            json={"query": text, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
            timeout=5,
        )
        answer: dict[str, Any] = response.json()
        return answer

    return call


def gid(order: dict[str, Any]) -> str:
    return f"gid://shopify/Order/{order['id']}"
