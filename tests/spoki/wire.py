"""A server on the loopback that answers each request with raw bytes, or not at all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

HANG_UP = b""


class WireServer:
    """`answers` are taken in turn, the last one for ever; HANG_UP closes without an answer."""

    def __init__(self, answers: list[bytes], *, delay: float = 0.0) -> None:
        self.requests: list[bytes] = []
        self.connection_count = 0
        # One for each connection that the server has closed.
        self.closed = threading.Semaphore(0)
        self._answers = answers
        self._delay = delay
        self._stopped = threading.Event()
        self._listener = socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped.is_set():
                connection.close()
                return
            self.connection_count += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket) -> None:
        self._converse(connection)
        self.closed.release()

    def _converse(self, connection: socket) -> None:
        with connection:
            connection.settimeout(0.05)
            while not self._stopped.is_set():
                request = self._read(connection)
                if not request:
                    return
                self.requests.append(request)
                answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
                self._stopped.wait(self._delay)
                if answer == HANG_UP:
                    return
                connection.sendall(answer)
                if b"X-Then: close" in answer:
                    return

    def _read(self, connection: socket) -> bytes:
        received = b""
        while not self._stopped.is_set():
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return b""
            if not piece:
                return b""
            received += piece
            head, end, body = received.partition(b"\r\n\r\n")
            if end and len(body) >= _length(head):
                return received
        return b""

    def stop(self) -> None:
        self._stopped.set()
        with socket() as last:
            last.connect(self._listener.getsockname())
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def answer(body: bytes = b"{}", *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a whole HTTP answer; `headers` are lines that end in CRLF."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@contextmanager
def wire_server(*answers: bytes, delay: float = 0.0) -> Iterator[WireServer]:
    server = WireServer(list(answers), delay=delay)
    try:
        yield server
    finally:
        server.stop()
