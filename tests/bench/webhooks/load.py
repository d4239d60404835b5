"""`python -m tests.bench.webhooks.load PORT BODIES`: deliver as a shop or as Spoki does, and time the answers.

One process, plain sockets kept open. Each line of standard input is a run in JSON: {"connections", "seconds"}
delivers as fast as answers come; {"rate", "seconds"} delivers so many a second whatever the answers do, and
times each from the moment at which it was to leave, so that a stall is counted for all that it holds up.
"""

import json
import math
import re
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

# The number of a delivery and the host → the whole request.
Make = Callable[..., bytes]
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Wire:
    """One connection, with at most one delivery on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self._got = b""

    def send(self, request: bytes, *, since: float) -> None:
        self.since, self._got = since, b""
        self.socket.sendall(request)

    def answer(self) -> str | None:
        """Return the status once the whole answer is there, which may come in pieces."""
        part = self.socket.recv(65_536)
        self._got += part
        if not part:
            return "closed"
        head, end, body = self._got.partition(_END)
        length = _LENGTH.search(head)
        is_whole = bool(end) and len(body) >= int(length[1] if length else 0)
        return head[9:12].decode() if is_whole else None


class Load:
    """Delivers, and keeps how long each answer took (seconds) and what it was."""

    def __init__(self, port: int, make: Make) -> None:
        self._port = port
        self._make = make
        self._selector = selectors.DefaultSelector()
        self._free: deque[Wire] = deque()
        self._numbers = count(1)
        self.took: list[float] = []
        self.statuses: dict[str, int] = {}
        self.on_their_way = 0

    def as_fast_as_answers_come(self, *, connections: int, seconds: float) -> float:
        """Return answers a second."""
        for _ in range(connections):
            self._send(self._wire(), since=time.perf_counter())
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + seconds:
            self._gather(0.1)
            while self._free:
                self._send(self._free.popleft(), since=time.perf_counter())
        rate = len(self.took) / (now - began)
        self._gather_the_rest()
        return rate

    def at(self, *, rate: float, seconds: float) -> None:
        began, sent = time.perf_counter(), 0
        while sent < rate * seconds:
            due = began + sent / rate
            wait = due - time.perf_counter()
            if wait > 0:
                self._gather(wait)
            else:
                self._send(self._free.popleft() if self._free else self._wire(), since=due)
                sent += 1
        self._gather_the_rest()

    def _wire(self) -> Wire:
        wire = Wire(self._port)
        self._selector.register(wire.socket, selectors.EVENT_READ, wire)
        return wire

    def _send(self, wire: Wire, *, since: float) -> None:
        request = self._make(next(self._numbers), host=f"127.0.0.1:{self._port}")
        wire.send(request, since=since)
        self.on_their_way += 1

    def _gather(self, timeout: float) -> None:
        for key, _events in self._selector.select(timeout):
            wire: Wire = key.data
            status = wire.answer()
            if status is None:
                continue
            self.took.append(time.perf_counter() - wire.since)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.on_their_way -= 1
            if status == "closed":
                self._selector.unregister(wire.socket)
            else:
                self._free.append(wire)

    def _gather_the_rest(self) -> None:
        patience = time.perf_counter() + 30
        while self.on_their_way and time.perf_counter() < patience:
            self._gather(0.5)


def told(load: Load, rate: float) -> dict[str, Any]:
    ordered = sorted(load.took)
    return {
        "rate": rate,
        "answers": len(ordered),
        "statuses": load.statuses,
        "p50": _share(ordered, 0.50),
        "p99": _share(ordered, 0.99),
        "most": ordered[-1] if ordered else math.inf,
    }


def _share(ordered: list[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.inf


def main(port: int, whose: str) -> None:
    make: Make = import_module(f"tests.bench.webhooks.{whose}").request
    for line in sys.stdin:
        run = json.loads(line)
        load = Load(port, make)
        if "rate" in run:
            load.at(**run)
            rate = float(run["rate"])
        else:
            rate = load.as_fast_as_answers_come(**run)
        print(json.dumps(told(load, rate)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
