"""The first reading of templates and account, so that campaigns and flows are there when the page opens."""

import threading
from datetime import datetime

from campaigns.account import refresh_account
from config.demo import flows
from config.demo.campaigns import are_prepared, prepare_campaigns
from spoki import SpokiGateway, SpokiUnreachable
from templates_sync.sync import sync_templates

# The simulator starts together with us and listens within a second or two.
START_SECONDS = 20.0
KNOCK_SECONDS = 0.1


def read_and_prepare(*, gateway: SpokiGateway, now: datetime) -> bool:
    """Read from the demo's simulator, then write the demo's campaigns and flows.

    Returns False where both were written before; then nothing is read either.

    :raises SpokiUnreachable: the simulator did not answer in 20 seconds.
    """
    if are_prepared() and flows.are_prepared():
        return False
    wait_for(gateway)
    refresh_account(gateway=gateway, now=now)
    sync_templates(gateway=gateway, now=now)
    has_campaigns, has_flows = prepare_campaigns(now=now), flows.prepare_flows(now=now)
    return has_campaigns or has_flows


def wait_for(gateway: SpokiGateway) -> None:
    """Return once Spoki answers. :raises SpokiUnreachable: it did not in 20 seconds."""
    tick = threading.Event()
    for _ in range(int(START_SECONDS / KNOCK_SECONDS)):
        try:
            gateway.accounts()
        except SpokiUnreachable:
            tick.wait(KNOCK_SECONDS)
        else:
            return
    gateway.accounts()
