"""An account with a short minute, full of order messages: no even pace hides what the ledger does."""

from collections.abc import Callable, Iterator

import pytest

from campaigns.models import Campaign, Lane, OutboundMessage
from spoki.simulator import SimulatorProcess
from tests.factories.crowds import make_running_campaign

MINUTE_SECONDS = 2.0
PER_MINUTE = 40


@pytest.fixture
def spoki() -> Iterator[SimulatorProcess]:
    """A Spoki that refuses nothing: what keeps the limits is the sender."""
    with SimulatorProcess(api_key="test-key", limits={"template": 1_000_000}) as process:
        yield process


@pytest.fixture
def full(db) -> Callable[..., Campaign]:
    """Make a campaign of `people` order messages under 40 sends per two seconds, without a margin."""

    def make(people: int) -> Campaign:
        limits = {
            "minute_seconds": MINUTE_SECONDS,
            "lease_seconds": 0.2,
            "template_sends_per_minute": PER_MINUTE,
            "margin": 0.0,
        }
        campaign = make_running_campaign(people, account=limits)
        OutboundMessage.objects.update(lane=Lane.TRANSACTIONAL)
        return campaign

    return make
