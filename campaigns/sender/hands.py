"""Who posts what the main thread has started, and tells it what came of it. No database here.

Messages go by the gateway's courier, many at once over one thread; a call of an automation, and
every message where the gateway has no courier, by a thread of its own.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from campaigns.sender.bulk import Call, Called, post_call
from campaigns.sender.post import Parcel, Posted, post, post_by
from spoki import SpokiGateway


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
        self._gateways = [first]
        self._new_gateway = gateway
        self._desk = desk
        self._own = threading.local()
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
        for gateway in self._gateways:
            gateway.close()

    def _post(self, parcel: Parcel) -> None:
        self._desk.answered(post(parcel, self._gateway()))

    def _call(self, call: Call) -> None:
        self._desk.called(post_call(call, self._gateway()))

    def _gateway(self) -> SpokiGateway:
        """Return this thread's own: a client is confined to one thread."""
        if not hasattr(self._own, "gateway"):
            self._own.gateway = self._new_gateway()
            self._gateways.append(self._own.gateway)
        gateway: SpokiGateway = self._own.gateway
        return gateway
