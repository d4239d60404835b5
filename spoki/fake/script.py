"""What the fake was told to answer, call by call."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class _Turn:
    outcome: Any
    left: int | None
    after: int


class Script:
    """Programmed outcomes per operation, taken in order. Safe to use from several threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.calls: list[str] = []
        self.before_call: Callable[[str], None] | None = None
        self._turns: dict[str, deque[_Turn]] = defaultdict(deque)
        self._errors_by_phone: dict[str, Exception] = {}

    def fail(
        self, operation: str, error: Exception, *, times: int | None = 1, after: int = 0
    ) -> None:
        """Raise `error` at the next calls of `operation`; `times` None means at every one.

        For a list, `after` is how many rows come first: a list may break half way.
        """
        self._turns[operation].append(_Turn(error, times, after))

    def answer(self, operation: str, answer: object, *, times: int | None = 1) -> None:
        """Return `answer` at the next calls of `operation`."""
        self._turns[operation].append(_Turn(answer, times, 0))

    def fail_for(self, phone: str, error: Exception) -> None:
        """Raise `error` at every send to `phone`."""
        self._errors_by_phone[phone] = error

    def turn(self, operation: str, phone: str | None = None) -> _Turn | None:
        """Note the call and return what was programmed for it, None for the usual answer."""
        if self.before_call is not None:
            self.before_call(operation)
        with self.lock:
            self.calls.append(operation)
            if phone in self._errors_by_phone:
                return _Turn(self._errors_by_phone[phone], None, 0)
            turns = self._turns[operation]
            if not turns:
                return None
            turn = turns[0]
            if turn.left is not None:
                turn.left -= 1
                if turn.left <= 0:
                    turns.popleft()
            return turn
