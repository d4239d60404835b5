"""The first reading of templates and account, so that the campaigns are there when the page opens."""

from datetime import datetime

from campaigns.account import refresh_account
from config.demo.campaigns import are_prepared, prepare_campaigns
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync.sync import sync_templates


def read_and_prepare(*, now: datetime) -> bool:
    """Read from a simulator that lives just as long, then write the demo's campaigns.

    It offers what the demo's own will offer, which starts only after the data. Returns False where
    the campaigns were written before; then nothing is read either.

    :raises spoki.simulator.process.SimulatorDidNotStart: with what it wrote.
    """
    if are_prepared():
        return False
    with SimulatorProcess(api_key="first-read") as simulator:
        client = SpokiClient(base_url=simulator.url, api_key=simulator.api_key)
        refresh_account(gateway=client, now=now)
        sync_templates(gateway=client, now=now)
        client.close()
    return prepare_campaigns(now=now)
