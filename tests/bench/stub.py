"""A Spoki that only says yes, as fast as one process can: `python -m tests.bench.stub [latency]`.

For the rows about speed, where the simulator would be the bottleneck. It answers every POST as
`messages/send` answers, with identifiers, and an automation start with its empty body; it logs when
each message (`metadata.msg`) arrived, several in one call of a bulk start.
`GET /log` gives lines of "seconds key" (monotonic), `GET /count` their number, `GET /reset` empties it.
Listens on loopback, prints its address as one line of JSON, ends when its standard input closes.
"""

import asyncio
import json
import re
import sys
import time

_KEY = re.compile(rb'"msg": ?"([0-9a-zA-Z]+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Log:
    """What arrived, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, bytes]] = []

    def take(self, body: bytes) -> None:
        now = time.monotonic()
        self.rows.extend((now, key) for key in _KEY.findall(body))

    def lines(self) -> bytes:
        return b"\n".join(b"%.6f %s" % row for row in self.rows)


class Stub(asyncio.Protocol):
    """One connection, kept alive; requests on it are answered in turn."""

    def __init__(self, log: Log, latency: float) -> None:
        self._log = log
        self._latency = latency
        self._buffer = b""
        self._out: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_END)) >= 0:
            length = _LENGTH.search(self._buffer, 0, end)
            whole = end + len(_END) + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            request, self._buffer = self._buffer[:whole], self._buffer[whole:]
            self._take(request, request[end + len(_END) :])

    def _take(self, request: bytes, body: bytes) -> None:
        if request.startswith(b"GET"):
            self._answer(self._control(request))
            return
        self._log.take(body)
        answer = b"" if request.startswith(b"POST /wh/") else self._identifiers()
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._answer, answer)
        else:
            self._answer(answer)

    def _identifiers(self) -> bytes:
        number = len(self._log.rows)
        return b'{"id": %d, "uuid": "%032x", "status": "Pending"}' % (number, number)

    def _control(self, request: bytes) -> bytes:
        if request.startswith(b"GET /log"):
            return self._log.lines()
        if request.startswith(b"GET /reset"):
            self._log.rows.clear()
        return b"%d" % len(self._log.rows)

    def _answer(self, body: bytes) -> None:
        if not self._out.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d"
            self._out.write(head % len(body) + _END + body)


async def serve(latency: float) -> None:
    loop, log = asyncio.get_running_loop(), Log()
    server = await loop.create_server(lambda: Stub(log, latency), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
