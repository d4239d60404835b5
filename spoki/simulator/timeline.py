"""Things that happen later: a heap of moments on the simulator's clock, and who waits for them."""

import asyncio
import heapq
from collections.abc import Callable
from contextlib import suppress

from spoki.simulator.clock import Clock


class Timeline:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._wake = asyncio.Event()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` in `seconds`. Two actions of one moment keep their order."""
        due = self._clock.monotonic() + seconds
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, action))
        if self._heap[0][1] == self._count:
            self._wake.set()

    def wake(self) -> None:
        """Look again: the clock was moved."""
        self._wake.set()

    def forget(self) -> None:
        self._heap.clear()

    @property
    def pending(self) -> int:
        return len(self._heap)

    async def run(self) -> None:
        while True:
            self._wake.clear()
            now = self._clock.monotonic()
            while self._heap and self._heap[0][0] <= now:
                heapq.heappop(self._heap)[2]()
            wait = self._heap[0][0] - now if self._heap else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
