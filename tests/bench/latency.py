"""How long an order message waits while marketing takes the whole allowance.

Limits as Spoki has them (60 templates a minute, the default margin), so that every order message has
to find room in a window that marketing keeps full. What is sent before the first window is full is
left out.
"""

import math
import random
import threading
import time
from collections.abc import Iterable

from django.utils import timezone

from campaigns.models import OutboundMessage
from spoki.simulator import SimulatorProcess
from tests.bench.report import Figure
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_order_message, make_running_campaign
from tests.senders import sender_at

PER_MINUTE = 60
SECONDS = 240
FULL_AFTER = 61.0
MEAN_GAP = 5.0


def order_message_latency(
    *, seconds: int = SECONDS, full_after: float = FULL_AFTER
) -> list[Figure]:
    """Add order messages at random to a full campaign for `seconds`; about four minutes."""
    account = {"template_sends_per_minute": PER_MINUTE}
    campaign = make_running_campaign(PER_MINUTE * 8, account=account)
    rng, pause = random.Random(), threading.Event()
    with (
        SimulatorProcess(api_key="test-key", limits={"template": 1_000_000}) as spoki,
        sender_at(spoki.url, undecided_seconds=60),
    ):
        spoki.control.wait(accepted=1, timeout=60)
        began, due = time.monotonic(), {}
        while time.monotonic() < began + seconds:
            pause.wait(rng.expovariate(1 / MEAN_GAP))
            message = _order_message(campaign.template_version_id)
            due[message.key.hex] = message.due_at.timestamp()
        spoki.control.wait(accepted=10**9, timeout=5)
        rows = spoki.control.sends()
    return _figures(rows, due, since=began + full_after)


def _order_message(template_version_id: int | None) -> OutboundMessage:
    now = timezone.now()
    return make_order_message(
        make_contact(), template_version_id=template_version_id, created_at=now, due_at=now
    )


def _figures(rows: list[dict], due: dict[str, float], *, since: float) -> list[Figure]:
    counted = [row for row in rows if row["monotonic"] >= since]
    waits = sorted(row["epoch"] - due[row["msg"]] for row in counted if row["msg"] in due)
    missing = len(due) - sum(row["msg"] in due for row in rows)
    marketing = len(counted) - len(waits)
    minutes = (counted[-1]["monotonic"] - since) / 60
    beside = (
        f"{len(waits)} order messages, median {waits[len(waits) // 2]:.2f} s, most {waits[-1]:.2f} s; "
        f"{len(counted) / minutes:.1f} a minute of {PER_MINUTE} in all, {marketing} marketing"
    )
    return [
        Figure("order message at full load: p95 of due → arrival (s)", p95(waits), 2, "<=", beside),
        Figure("order message at full load: never arrived", missing, 0, "=="),
    ]


def p95(values: Iterable[float]) -> float:
    """Return the value that 95 % of the values do not exceed, in whatever order they come."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
