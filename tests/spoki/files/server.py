"""A server of files on this machine."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from spoki.files import Rules

PNG = b"\x89PNG\r\n\x1a\n" + b"argo" * 50
Answer = Callable[[Any], None]


class FileServer:
    """Answers each path as told; `asked` are the paths that came, `hosts` the names they were asked under."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.hosts: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Answer] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def rules(self) -> Rules:
        return Rules(hosts=("spoki.com",), own=self.origin)

    def serve(self, path: str, body: bytes = PNG, **headers: str) -> str:
        self.answers[path] = lambda request: answer(request, 200, body, **headers)
        return self.origin + path

    def refuse(self, path: str, status: int, **headers: str) -> str:
        self.answers[path] = lambda request: answer(request, status, b"", **headers)
        return self.origin + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.hosts.append(self.headers["Host"])
                server.headers.append(dict(self.headers))
                server.answers[self.path](self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler


def answer(request: Any, status: int, body: bytes, **headers: str) -> None:
    told = {"Content-Length": str(len(body))} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    request.send_response(status)
    for name, value in told.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
