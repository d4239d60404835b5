"""A Shopify of a few lines on the loopback: each operation answers what the test put there, and is written down."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

_ROOT = re.compile(r"(?:query|mutation)\s+(\w+)")
HANG_UP = object()


@dataclass(frozen=True)
class Asked:
    """One request of GraphQL."""

    operation: str
    query: str
    variables: dict[str, Any]
    headers: dict[str, str]
    path: str


@dataclass
class Reply:
    payload: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


# A reply, a function from what was asked to one, or HANG_UP.
Answer = Any


class Stub:
    """`answers[operation]` are taken in turn, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.tokens_asked: list[dict[str, str]] = []
        self.token_answers: list[Reply] = [Reply({"access_token": "shpat_1", "expires_in": 86399})]
        self.files: dict[str, bytes] = {}
        self.file_requests: list[dict[str, str]] = []
        self.cuts: list[int] = []
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self.url = ""

    def answer(self, operation: str, *answers: Any) -> None:
        """Set what `operation` answers; a dict stands for {"data": …}."""
        self._answers[operation] = [
            Reply({"data": answer}) if isinstance(answer, dict) else answer for answer in answers
        ]

    def grant(self, form: str) -> Reply:
        self.tokens_asked.append({name: values[0] for name, values in parse_qs(form).items()})
        waiting = self.token_answers
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def rest_of(self, path: str, begin: int) -> tuple[bytes, int | None]:
        """The file from there on, and where the line breaks."""
        return self.files[path][begin:], self.cuts.pop(0) if self.cuts else None

    def operations(self) -> list[str]:
        return [asked.operation for asked in self.asked]

    def of(self, operation: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.operation == operation]

    def reply_to(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        waiting = self._answers[asked.operation]
        if not waiting:
            return Reply({"errors": [{"message": f"no answer for {asked.operation}"}]})
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if answer is HANG_UP:
            return None
        reply: Reply = answer(asked) if callable(answer) else answer
        return reply


def errors(code: str, *, cost: tuple[int, int, int] | None = None, message: str = "no") -> Reply:
    """A 200 with `errors[]`; `cost` is (asked for, available, restored a second)."""
    payload: dict[str, Any] = {"errors": [{"message": message, "extensions": {"code": code}}]}
    if cost:
        payload |= bucket(*cost)
    return Reply(payload)


def bucket(asked: int, available: int, rate: int) -> dict[str, Any]:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": rate}
    return {"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}}


def connection(*nodes: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {
        "edges": [{"node": node} for node in nodes],
        "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
    }


@contextmanager
def stub_shop() -> Iterator[Stub]:
    stub = Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def asked_for(body: dict[str, Any], path: str, headers: dict[str, str]) -> Asked:
    named = _ROOT.search(body["query"])
    variables = body.get("variables") or {}
    return Asked(named[1] if named else "", body["query"], variables, headers, path)


class _Handler(BaseHTTPRequestHandler):
    stub: Stub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/admin/oauth/access_token"):
            self._say(self.stub.grant(body.decode()))
            return
        reply = self.stub.reply_to(asked_for(json.loads(body), self.path, dict(self.headers)))
        if reply is None:
            self.close_connection = True
            return
        self._say(reply)

    def do_GET(self) -> None:
        self.stub.file_requests.append(dict(self.headers))
        if self.path not in self.stub.files:
            self._say(Reply({"error": "gone"}, status=403))
            return
        begin = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        rest, cut = self.stub.rest_of(self.path, begin)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:cut])
        self.close_connection = cut is not None

    def _say(self, reply: Reply) -> None:
        body = json.dumps(reply.payload).encode()
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"stub": stub})
