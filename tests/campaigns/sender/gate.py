"""A Spoki in memory: what the sender posted, and the answers it gets."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from spoki import InteractiveSend, SendReceipt, SpokiError, TemplateSend, TextSend

Send = TemplateSend | TextSend | InteractiveSend
Answer = Callable[[Send], SendReceipt]


def accepted(_send: Send | None = None) -> SendReceipt:
    return SendReceipt(uuid=uuid4().hex, id="1")


@dataclass(slots=True)
class Gate:
    """What the sender needs of a gateway; `answer` may wait, raise or count."""

    answer: Answer = accepted
    phones: list[str] = field(default_factory=list)
    is_closed: bool = False

    def courier(self, *, most: int) -> None:
        """Whoever sends, sends one by one."""

    def send_template(self, send: TemplateSend) -> SendReceipt:
        return self._send(send)

    def send_text(self, send: TextSend) -> SendReceipt:
        return self._send(send)

    def send_interactive(self, send: InteractiveSend) -> SendReceipt:
        return self._send(send)

    def close(self) -> None:
        self.is_closed = True

    def _send(self, send: Send) -> SendReceipt:
        self.phones.append(send.phone)
        return self.answer(send)


@dataclass(slots=True)
class Hanging:
    """An answer that keeps whoever asked waiting: `flying` tells of the first, `land` lets all go."""

    then: Answer = accepted
    flying: threading.Event = field(default_factory=threading.Event)
    land: threading.Event = field(default_factory=threading.Event)

    def __call__(self, send: Send) -> SendReceipt:
        self.flying.set()
        assert self.land.wait(20)
        return self.then(send)


@dataclass(slots=True)
class Slow:
    """An answer that takes `seconds`, whatever happens meanwhile."""

    seconds: float
    never: threading.Event = field(default_factory=threading.Event)

    def __call__(self, send: Send) -> SendReceipt:
        self.never.wait(self.seconds)
        return accepted(send)


@dataclass(slots=True)
class StopAfter:
    """Answers, or refuses with `raises`, and sets `stop` at the answer number `most`."""

    most: int
    stop: threading.Event
    raises: SpokiError | None = None
    given: int = 0

    def __call__(self, send: Send) -> SendReceipt:
        self.given += 1
        if self.given >= self.most:
            self.stop.set()
        if self.raises is not None:
            raise self.raises
        return accepted(send)
