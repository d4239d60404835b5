"""Settings of a sender whose Spoki answers at once and without HTTP: the database's own limit."""

from uuid import uuid4

from config.settings import *  # noqa: F403
from spoki import SendReceipt, TemplateSend

SPOKI_GATEWAY = "tests.bench.instant.Instant"


class Instant:
    """What the sender needs of a gateway."""

    def send_template(self, _send: TemplateSend) -> SendReceipt:
        return SendReceipt(uuid=uuid4().hex, id="1")

    def close(self) -> None:
        pass
