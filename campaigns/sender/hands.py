"""Who posts what the main thread has started, and tells it what came of it. No database here.

Messages go by the gateway's courier, many at once over one thread; a call of an automation, and
every message where the gateway has no courier, by a thread of its own.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

from campaigns.sender.bulk import Call, Called, never_made, post_call
from campaigns.sender.post import Parcel, Posted, post, post_by
from spoki import SpokiGateway

logger = logging.getLogger(__name__)


class Desk(Protocol):
    """Who takes what came of things; called in the thread that found out."""

    def answered(self, posted: Posted) -> None: ...
    def called(self, called: Called) -> None: ...


class Hands:
    """At most `most` things in flight, which whoever gives them must see to.

    :raises Exception: whatever building a gateway raises, before anything was posted.
    """

    def __init__(self, gateway: Callable[[], SpokiGateway], desk: Desk, *, most: int) -> None:
        first = gateway()
        self._new_gateway = gateway
        # Whoever posts takes one and puts it back: a client serves one thread at a time.
        self._idle = deque([first])
        self._desk = desk
        self._courier = first.courier(most=most)
        self._pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix="hand")
        if self._courier is not None:
            self._courier.start()

    def post(self, parcel: Parcel) -> None:
        if self._courier is not None:
            post_by(self._courier, parcel, self._desk.answered)
        else:
            self._pool.submit(self._post, parcel)

    def call(self, call: Call) -> None:
        self._pool.submit(self._call, call)

    def close(self) -> None:
        """Wait for every answer."""
        if self._courier is not None:
            self._courier.close()
        self._pool.shutdown()
        for gateway in self._idle:
            gateway.close()

    def _post(self, parcel: Parcel) -> None:
        with self._gateway() as gateway:
            self._desk.answered(post(parcel, gateway) if gateway else Posted(parcel.row, None))

    def _call(self, call: Call) -> None:
        with self._gateway() as gateway:
            self._desk.called(post_call(call, gateway) if gateway else never_made(call))

    @contextmanager
    def _gateway(self) -> Iterator[SpokiGateway | None]:
        """Lend a gateway; None where none could be built, so that surely nothing leaves."""
        try:
            gateway = self._take()
        except Exception:
            logger.exception("no client of Spoki could be built")
            yield None
            return
        try:
            yield gateway
        finally:
            self._idle.append(gateway)

    def _take(self) -> SpokiGateway:
        try:
            return self._idle.pop()
        except IndexError:
            return self._new_gateway()
