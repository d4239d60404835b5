"""Waking workers for rows that a request has stored, off the path of the request.

The rows are the work; a wake-up only spares the wait for the sweep. So it is given by a thread of its own, at
most one in `PAUSE_SECONDS` for whatever came meanwhile: a broker that is slow or away delays no answer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.1


class Doorbell:
    """One thread of this process, started at the first ring; a forked process starts its own."""

    def __init__(self, wake: Callable[[], None], *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._wake = wake
        self._pause_seconds = pause_seconds
        self._rung = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Have the workers woken soon; returns at once."""
        self._rung.set()
        # A thread does not live on in a forked process, and is not alive there.
        if self._thread is None or not self._thread.is_alive():
            with self._start:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._serve, name="doorbell", daemon=True
                    )
                    self._thread.start()

    def _serve(self) -> None:
        pause = threading.Event()
        while self._rung.wait():
            self._rung.clear()
            self._wake_safely()
            pause.wait(self._pause_seconds)

    def _wake_safely(self) -> None:
        try:
            self._wake()
        except Exception:
            # The next ring tries again, and the sweep needs no ring.
            logger.exception("the workers could not be woken")
