"""Settings of a sender whose Spoki answers at once and without HTTP: the database's own limit."""

from uuid import uuid4

from config.settings import *  # noqa: F403
from spoki import SendReceipt, TemplateSend

SPOKI_GATEWAY = "tests.bench.instant.Instant"


class Instant:
    """What the sender needs of a gateway, and of its courier: no thread, nothing to wait for."""

    def courier(self, *, most: int) -> "Instant":
        return self

    def start(self) -> None:
        pass

    def post(self, _send: TemplateSend, *, until: float, done) -> None:
        done(SendReceipt(uuid=uuid4().hex, id="1"))

    def close(self) -> None:
        pass
