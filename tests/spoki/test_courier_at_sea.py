"""A server that breaks the line wherever it can: whatever happens, no send arrives twice."""

import math
import random
import re
import socket
import struct
import threading
from collections import Counter
from contextlib import suppress

import pytest

from spoki import SendReceipt, SpokiClient, SpokiUnreachable, TextSend
from tests.spoki.conftest import KEY, PHONE
from tests.spoki.wire import answer

SENDS = 400
ACCEPTED = answer(b'{"id": 5}')
CUT = ACCEPTED[:30]
CLOSING = answer(b'{"id": 5}', headers="Connection: close\r\n")
# What the server says to a request, and whether it then closes the line, breaks it or keeps it.
REPLIES = (
    *[(ACCEPTED, "keep")] * 8,
    *((ACCEPTED, "close"), (ACCEPTED, "break"), (CLOSING, "close"), (ACCEPTED * 2, "keep")),
    *((b"", "close"), (b"", "break"), (CUT, "close"), (CUT, "break")),
    *((answer(b"", status="429 Too Many"), "keep"), (b"HTTP/1.1 100 Continue\r\n\r\n", "close")),
)
# What it does before it reads the next request.
MOODS = ("read", "read", "read", "read", "read", "read", "close", "break", "wait and close")


class RoughServer:
    """Counts the sends whose body reached it, by their mark."""

    def __init__(self, seed: int) -> None:
        self.seen: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(10)
        with line, suppress(OSError):
            while self._is_in_the_mood(line) and self._take(line):
                reply, then = self._dice.choice(REPLIES)
                line.sendall(reply)
                if then == "break":
                    self._break(line)
                if then != "keep":
                    return

    def _is_in_the_mood(self, line: socket.socket) -> bool:
        mood = self._dice.choice(MOODS)
        if mood == "break":
            self._break(line)
        if mood == "wait and close":
            threading.Event().wait(0.002)
        return mood == "read"

    def _break(self, line: socket.socket) -> None:
        """Let the line end in a reset."""
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _take(self, line: socket.socket) -> bool:
        """Read a request and count it; False at the end of the line."""
        read = b""
        while not read.endswith(b"}}"):
            piece = line.recv(65536)
            if not piece:
                return False
            read += piece
        self.seen.update(mark.decode() for mark in re.findall(rb'"msg":"(\w+)"', read))
        return True


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_however_the_line_breaks_each_send_is_told_once_and_arrives_at_most_once(seed):
    server = RoughServer(seed)
    client = SpokiClient(base_url=server.url, api_key=KEY, timeout=(2.0, 2.0))
    courier = client.courier(most=8)
    told: list[tuple[str, object]] = []

    def post(mark: str) -> None:
        send = TextSend(phone=PHONE, text="Ciao", metadata={"msg": mark})
        courier.post(send, until=math.inf, done=lambda became: told.append((mark, became)))

    courier.start()
    for number in range(SENDS):
        post(f"m{number}")
    courier.close()
    client.close()
    server.close()

    assert Counter(mark for mark, _ in told) == {f"m{number}": 1 for number in range(SENDS)}
    assert max(server.seen.values()) == 1
    never_left = [mark for mark, became in told if isinstance(became, SpokiUnreachable)]
    assert [mark for mark in never_left if mark in server.seen] == []
    taken = [mark for mark, became in told if isinstance(became, SendReceipt)]
    assert len(taken) > SENDS / 4
    assert [mark for mark in taken if mark not in server.seen] == []
