"""Many sends at once over one thread: libcurl waits for all of them outside the interpreter.

As many threads, each with a client of its own, tear the interpreter's lock from each other for every
line of an answer; this costs a tenth of their processor time.

A send leaves once or not at all. libcurl begins a request anew where a kept connection dies under
it, and looks whether the kept ones live only once a second (its issue tracker, pull request 18417):
so each request asks here before its first byte leaves, by the callback that libcurl has for that.
"""

import json
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Final

import certifi
import pycurl

from spoki.answers import Answer, payload_of
from spoki.exceptions import SpokiError, SpokiOutcomeUnknown, SpokiUnreachable
from spoki.outcomes import Effect
from spoki.refusals import is_error_of_a_send
from spoki.sends import SEND_PATH, body_of, operation_of, receipt_of
from spoki.transport import KEY_HEADER, Transport
from spoki.types import AnySend, SendReceipt

logger = logging.getLogger(__name__)

# Told in the courier's thread, once for every send; None: it was late, and surely never left.
Done = Callable[[SendReceipt | SpokiError | None], None]

# Longer than this nobody waits for a socket while something flies, whatever libcurl's clock says.
_LONGEST_WAIT: Final = 1.0
# What goes wrong again and again shall not fill the log.
_BREATH_SECONDS: Final = 0.1
# No answer to a send is this long; of a longer one nothing is believed, and nothing more is read.
_MOST_BYTES: Final = 4_000_000
# What libcurl wants to hear of a socket, and what there is to tell it, as `select.poll` has it.
_WANTED: Final[dict[int, int]] = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_TOLD: Final = (
    (select.POLLIN | select.POLLHUP, pycurl.CSELECT_IN),
    (select.POLLOUT, pycurl.CSELECT_OUT),
    (select.POLLERR | select.POLLNVAL, pycurl.CSELECT_ERR),
)
# What libcurl hears from us when a connection is open.
_GO: Final[int] = pycurl.PREREQFUNC_OK
_STAY: Final[int] = pycurl.PREREQFUNC_ABORT
# A kept connection that rested so many seconds is not trusted: what stands between us and Spoki may
# have forgotten it without a word, and a send into it would be lost from sight.
_LONGEST_REST: Final = 50
# What libcurl adds by itself.
_OWN_HEADERS: Final = {"accept-encoding", "connection"}


class Courier:
    """Carries up to `most` sends at once, each over a connection that is kept for the next.

    `post` may be called from any thread; whoever posts more waits in line.
    """

    def __init__(self, transport: Transport, *, most: int) -> None:
        self._transport = transport
        self._most = most
        self._waiting: deque[_Trip] = deque()
        self._idle: list[pycurl.Curl] = []
        self._flying: dict[pycurl.Curl, _Trip] = {}
        # The sockets of kept connections, by our end's port.
        self._kept: dict[int, int] = {}
        self._bell, self._rope = socket.socketpair()
        # Not `select`: it knows no socket above 1,023, nor does libcurl's list of them for it.
        self._sockets = select.poll()
        self._multi = self._new_multi()
        self._is_asleep = False
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, send: AnySend, *, until: float, done: Done) -> None:
        """Send it, unless its first byte cannot leave until `until` (seconds, monotonic)."""
        self._waiting.append(_Trip(send, until, done))
        self._ring()

    def close(self) -> None:
        """Wait for every answer and close the connections."""
        self._is_closing = True
        self._ring()
        self._thread.join()
        self._bell.close()
        self._rope.close()

    def _ring(self) -> None:
        if self._is_asleep:
            self._rope.send(b".")

    def _run(self) -> None:
        while self._flying or self._waiting or not self._is_closing:
            try:
                self._step()
            except Exception:
                logger.exception("the courier stumbled: what was on its way is lost from sight")
                self._get_up()
        self._end_all()

    def _step(self) -> None:
        while self._waiting and len(self._flying) < self._most:
            self._begin(self._waiting.popleft())
        if self._flying and self._multi.timeout() == 0:
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        _queued, answered, failed = self._multi.info_read()
        for curl in answered:
            self._end(curl, is_answered=True)
        for curl, _code, _text in failed:
            self._end(curl, is_answered=False)
        if not answered and not failed:
            self._sleep()

    def _sleep(self) -> None:
        """Wait for libcurl's sockets, for its clock, or for the bell."""
        self._is_asleep = True
        try:
            can_begin = self._waiting and len(self._flying) < self._most
            if can_begin or (self._is_closing and not self._flying):
                return
            ready = self._sockets.poll(self._patience())
        finally:
            self._is_asleep = False
        for door, events in ready:
            if door == self._bell.fileno():
                self._bell.recv(4096)
            else:
                self._multi.socket_action(door, sum(word for seen, word in _TOLD if events & seen))

    def _patience(self) -> float | None:
        """Return how many milliseconds to wait for a socket, None for ever."""
        if not self._flying:
            return None
        milliseconds = self._multi.timeout()
        longest = _LONGEST_WAIT * 1000
        return longest if milliseconds < 0 else min(milliseconds, longest)

    def _watch(self, wanted: int, door: int, _multi: pycurl.CurlMulti, _data: object) -> None:
        """Hear from libcurl what it waits for at a socket."""
        if wanted != pycurl.POLL_REMOVE:
            self._sockets.register(door, _WANTED[wanted])
            return
        with suppress(KeyError):
            self._sockets.unregister(door)

    def _begin(self, trip: "_Trip") -> None:
        try:
            if trip.is_late():
                trip.end(None)
            else:
                self._set_off(trip)
        except SpokiError as refusal:
            trip.end(refusal)
        except Exception:
            # It costs nobody else his way; a person looks at it.
            logger.exception("a send could not be set off")
            trip.end(SpokiOutcomeUnknown(operation_of(trip.send)))

    def _set_off(self, trip: "_Trip") -> None:
        body = json.dumps(body_of(trip.send), separators=(",", ":")).encode()
        curl = self._idle.pop() if self._idle else _new_curl(self._transport)
        curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.WRITEFUNCTION, trip.take)
        curl.setopt(pycurl.HEADERFUNCTION, trip.lines.append)
        curl.setopt(pycurl.PREREQFUNCTION, partial(self._may_leave, trip))
        self._multi.add_handle(curl)
        self._flying[curl] = trip

    def _may_leave(self, trip: "_Trip", _there: str, _here: str, _door: int, port: int) -> int:
        """Tell libcurl, whose connection is open, whether the request may go: once, and in time."""
        if trip.has_left or trip.is_late():
            return _STAY
        if not trip.is_anew and self._is_dead(port):
            trip.must_begin_anew = True
            return _STAY
        trip.has_left = True
        return _GO

    def _is_dead(self, port: int) -> bool:
        """Say whether a kept connection has something to read: at rest that is its end."""
        kept = self._kept.pop(port, -1)
        if kept < 0:
            return False
        look = select.poll()
        look.register(kept, select.POLLIN)
        events = dict(look.poll(0)).get(kept, 0)
        return bool(events & (select.POLLIN | select.POLLHUP | select.POLLERR))

    def _end(self, curl: pycurl.Curl, *, is_answered: bool) -> None:
        # Asked while libcurl still knows which connection it was.
        port, kept = curl.getinfo(pycurl.LOCAL_PORT), curl.getinfo(pycurl.ACTIVESOCKET)
        self._multi.remove_handle(curl)
        trip = self._flying[curl]
        if trip.must_begin_anew:
            self._begin_anew(curl, trip)
            return
        became = self._read(curl, trip) if is_answered else trip.lost()
        del self._flying[curl]
        trip.end(became)
        self._kept[port] = kept
        curl.setopt(pycurl.FRESH_CONNECT, 0)
        self._idle.append(curl)

    def _begin_anew(self, curl: pycurl.Curl, trip: "_Trip") -> None:
        """Take a new connection: of the request not one byte has left."""
        trip.is_anew, trip.must_begin_anew = True, False
        curl.setopt(pycurl.FRESH_CONNECT, 1)
        self._multi.add_handle(curl)

    def _read(self, curl: pycurl.Curl, trip: "_Trip") -> SendReceipt | SpokiError:
        operation = operation_of(trip.send)
        try:
            payload = payload_of(
                Answer(curl.getinfo(pycurl.RESPONSE_CODE), trip.headers(), trip.content.getvalue()),
                operation=operation,
                effect=Effect.ONCE,
                refuses=is_error_of_a_send,
                hidden=(str(self._transport.keyed_headers[KEY_HEADER]),),
            )
            return receipt_of(payload, operation=operation)
        except SpokiError as error:
            return error
        except Exception:
            logger.exception("an answer could not be read")
            return SpokiOutcomeUnknown(operation)

    def _get_up(self) -> None:
        """Say of everything on its way that it is lost, and begin with new connections."""
        try:
            for trip in self._flying.values():
                trip.end(trip.lost())
            self._end_all()
            self._multi = self._new_multi()
        except Exception:
            logger.exception("the courier could not get up again")
        threading.Event().wait(_BREATH_SECONDS)

    def _end_all(self) -> None:
        curls = [*self._flying, *self._idle]
        self._flying.clear()
        self._idle.clear()
        self._kept.clear()
        for curl in curls:
            curl.close()
        self._multi.close()

    def _new_multi(self) -> pycurl.CurlMulti:
        self._sockets = select.poll()
        self._sockets.register(self._bell, select.POLLIN)
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_MAXCONNECTS, self._most)
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, self._most)
        return multi


class _Trip:
    """One send on its way, and what has come back of it so far."""

    __slots__ = (
        *("_done", "content", "has_left", "is_anew", "lines", "must_begin_anew", "send", "until"),
    )

    def __init__(self, send: AnySend, until: float, done: Done) -> None:
        self.send = send
        self.until = until
        self.content = BytesIO()
        self.lines: list[bytes] = []
        self.has_left = False
        self.must_begin_anew = False
        self.is_anew = False
        self._done = done

    def is_late(self) -> bool:
        return time.monotonic() > self.until

    def lost(self) -> SpokiError | None:
        """Say what it means that no whole answer came."""
        if self.has_left:
            return SpokiOutcomeUnknown(operation_of(self.send))
        return None if self.is_late() else SpokiUnreachable(operation_of(self.send))

    def take(self, piece: bytes) -> int:
        """Keep a piece of the answer; fewer bytes than it has make libcurl give up."""
        if self.content.tell() + len(piece) > _MOST_BYTES:
            return 0
        return self.content.write(piece)

    def headers(self) -> Mapping[str, str]:
        """Return the headers of the answer, names in lower case; not those of hints before it."""
        found: dict[str, str] = {}
        for line in self.lines:
            if line.startswith(b"HTTP/"):
                found.clear()
            name, _, value = line.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return found

    def end(self, became: SendReceipt | SpokiError | None) -> None:
        try:
            self._done(became)
        except Exception:
            logger.exception("what came of a send could not be told")


def _new_curl(transport: Transport) -> pycurl.Curl:
    """Return a handle for sends: no redirects, no proxies, HTTP/1.1."""
    connect, read = transport.timeout
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, transport.url(SEND_PATH))
    curl.setopt(pycurl.HTTPHEADER, _headers(transport))
    curl.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.CAINFO, certifi.where())
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.MAXAGE_CONN, _LONGEST_REST)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, round(connect * 1000))
    curl.setopt(pycurl.TIMEOUT_MS, round((connect + read) * 1000))
    return curl


def _headers(transport: Transport) -> list[str]:
    """Return the headers of a send. Without an empty Expect, libcurl may ask before it sends."""
    kept = [
        f"{name}: {value}"
        for name, value in transport.keyed_headers.items()
        if name.lower() not in _OWN_HEADERS
    ]
    return [*kept, "Content-Type: application/json", "Expect:"]
