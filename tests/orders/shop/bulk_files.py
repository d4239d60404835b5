"""Bulk operations that are done at once, with files served from disk by a process's own thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_PIECE = 256 * 1024


@contextmanager
def bulk_shop(files: Mapping[str, Path]) -> Iterator[str]:
    """Serve the file of each kind ("products" …); yields the address of the shop."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(files))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    files: Mapping[str, Path]

    def log_message(self, *_: Any) -> None:
        return

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query = body["variables"].get("query")
        if query:
            kind = next(kind for kind in self.files if f"{{ {kind} " in query)
            operation = {
                "id": f"gid://shopify/BulkOperation/{[*self.files].index(kind) + 1}",
                "status": "CREATED",
            }
            data = {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}
        else:
            gid = body["variables"]["id"]
            kind = [*self.files][int(gid.rpartition("/")[2]) - 1]
            url = f"http://{self.headers['Host']}/{kind}"
            size = str(self.files[kind].stat().st_size)
            found = {"id": gid, "status": "COMPLETED", "url": url, "fileSize": size}
            data = {"bulkOperation": found}
        self._head(len(answer := json.dumps({"data": data}).encode()))
        self.wfile.write(answer)

    def do_GET(self) -> None:
        path = self.files[self.path.strip("/")]
        begin = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self._head(path.stat().st_size - begin, status=206 if begin else 200)
        with path.open("rb") as file:
            file.seek(begin)
            while piece := file.read(_PIECE):
                try:
                    self.wfile.write(piece)
                except OSError:
                    return

    def _head(self, length: int, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _handler(files: Mapping[str, Path]) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"files": files})
