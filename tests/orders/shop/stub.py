"""A Shopify of a few lines on the loopback: each operation answers what the test put there, and is written down."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
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


Answer = Reply | Callable[[Asked], Reply] | object


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
        return answer(asked) if callable(answer) else answer


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


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/admin/oauth/access_token"):
                stub.tokens_asked.append({k: v[0] for k, v in parse_qs(body.decode()).items()})
                waiting = stub.token_answers
                self._say(waiting.pop(0) if len(waiting) > 1 else waiting[0])
                return
            asked = json.loads(body)
            named = _ROOT.search(asked["query"])
            reply = stub.reply_to(
                Asked(
                    named[1] if named else "",
                    asked["query"],
                    asked.get("variables") or {},
                    dict(self.headers),
                    self.path,
                )
            )
            if reply is None:
                self.close_connection = True
                return
            self._say(reply)

        def do_GET(self) -> None:
            stub.file_requests.append(dict(self.headers))
            body = stub.files.get(self.path)
            if body is None:
                self._say(Reply({"error": "gone"}, status=403))
                return
            begin = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            rest = body[begin:]
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            cut = stub.cuts.pop(0) if stub.cuts else None
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

    return Handler
