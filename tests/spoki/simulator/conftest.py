"""One simulator for all, started again for every test, and a receiver of its webhooks."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from spoki.simulator import SimulatorProcess

SECRETS = ["secret-outbound", "secret-inbound", "secret-contact"]
QUICK: dict[str, Any] = {
    "sent_seconds": 0.01,
    "delivered_seconds": 0.01,
    "read_seconds": 0.01,
    "read_share": 1.0,
}
PHONE = "+393471234567"


class Receiver:
    """Keeps every delivery: headers, raw body, and what it says."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.connections = 0
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                keeper.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                keeper.deliveries.append((headers, body))
                status = keeper.answers.pop(0) if keeper.answers else 200
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/spoki/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[dict]:
        return [json.loads(body) for _, body in self.deliveries]

    def statuses(self) -> list[str]:
        return [e["data"]["send_status"] for e in self.events if e["event"] == "message.outbound"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Api:
    """Calls the API with the right key; paths are written after `/api/1/`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["X-Spoki-Api-Key"] = key

    def get(self, path: str, **query) -> requests.Response:
        return self.session.get(f"{self.url}/api/1/{path}", params=query, timeout=5)

    def post(self, path: str, body=None) -> requests.Response:
        return self.session.post(f"{self.url}/api/1/{path}", json=body, timeout=5)

    def patch(self, path: str, body) -> requests.Response:
        return self.session.patch(f"{self.url}/api/1/{path}", json=body, timeout=5)

    def delete(self, path: str) -> requests.Response:
        return self.session.delete(f"{self.url}/api/1/{path}", timeout=5)

    def send(self, phone: str = PHONE, *, key: str = "k1", **changes) -> requests.Response:
        body = {
            "type": "Template",
            "phone": phone,
            "template": 1008,
            "language": "IT",
            "custom_fields": {"FIRST_NAME": "Ada"},
            "metadata": {"msg": key},
            **changes,
        }
        return self.post("messages/send/", body)

    def text(self, phone: str = PHONE, **changes) -> requests.Response:
        body = {"type": "Message", "content_type": "Text", "phone": phone, "text": "Ciao"}
        return self.post("messages/send/", {**body, **changes})


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def process(receiver) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(webhook_url=receiver.url, webhook_secret=SECRETS, **QUICK) as process:
        yield process


@pytest.fixture
def control(process, receiver):
    process.control.wait(idle=True, timeout=5)
    process.control.reset(seed=1, config=True)
    secrets = dict(
        zip(("message.outbound", "message.inbound", "contact.updated"), SECRETS, strict=True)
    )
    process.control.webhooks(receiver.url, secrets=secrets, events=list(secrets))
    receiver.deliveries.clear()
    receiver.answers.clear()
    return process.control


@pytest.fixture
def api(process, control) -> Iterator[Api]:
    api = Api(process.url, process.api_key)
    yield api
    api.session.close()
