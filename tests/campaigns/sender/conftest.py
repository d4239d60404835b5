"""The sender against a Spoki over real HTTP, with a minute of two seconds."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import Contact
from campaigns.models import Campaign, OutboundMessage
from campaigns.sender.drain import Drain
from campaigns.sender.hours import is_holiday
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_template, make_version

# The simulator's marketing template whose only variable is the first name.
GREETING = 1008


@pytest.fixture(scope="session", autouse=True)
def _calendar() -> None:
    """Read the calendar before the first test: it takes long enough to upset whoever counts."""
    is_holiday(timezone.localdate())


@pytest.fixture(scope="session")
def spoki_process() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(api_key="test-key") as process:
        yield process


@pytest.fixture
def spoki(spoki_process: SimulatorProcess) -> SimulatorProcess:
    """A fresh Spoki: seeded, without faults, 120 templates per two seconds."""
    spoki_process.control.reset()
    spoki_process.control.clear_faults()
    spoki_process.control.config(
        window_seconds=2.0, limits={"template": 120, "text": 240}, send_answer="identifiers"
    )
    return spoki_process


@pytest.fixture
def account(db):
    """An account whose minute lasts two seconds, 120 templates in each."""
    return make_account(
        minute_seconds=2.0,
        lease_seconds=0.2,
        template_sends_per_minute=120,
        text_sends_per_minute=240,
        sends_per_hour=10_000_000,
        refreshed_at=timezone.now(),
        person_gap_seconds=0.2,
    )


@pytest.fixture
def calm(account):
    """The same account at leisure: a lease of a minute, and starts owed to hundreds of people."""
    type(account).objects.filter(pk=account.pk).update(
        minute_seconds=60.0,
        lease_seconds=60.0,
        template_sends_per_minute=60_000,
        text_sends_per_minute=60_000,
        person_gap_seconds=6.0,
        pace_at=timezone.now() - timedelta(hours=1),
    )
    account.refresh_from_db()
    make_number(account=account)
    return account


@pytest.fixture
def greeting(account):
    now = timezone.now()
    return make_version(template=make_template(spoki_id=GREETING), last_seen_at=now)


@pytest.fixture
def running(account, greeting) -> Callable[..., Campaign]:
    """Make a campaign at work with `people` queued messages."""

    def make(people: int | list[Contact] = 3, **changes) -> Campaign:
        contacts = people if isinstance(people, list) else [make_contact() for _ in range(people)]
        make_number(account=account)
        campaign = make_campaign(
            status=Campaign.Status.SENDING,
            template_version=greeting,
            contacts=contacts,
            **changes,
        )
        now = timezone.now()
        for contact in contacts:
            make_message(
                contact=contact,
                campaign=campaign,
                created_at=now,
                due_at=now,
                zone=contact.timezone,
            )
        return campaign

    return make


@pytest.fixture
def drain(account, spoki) -> Callable[..., Drain]:
    def build(**changes) -> Drain:
        settings = {
            "account_id": account.pk,
            "gateway": lambda: SpokiClient(
                base_url=spoki.url, api_key="test-key", timeout=(2.0, 5.0)
            ),
            "stop": threading.Event(),
            "threads": 8,
            "rng": random.Random(1),
        }
        return Drain(**(settings | changes))

    return build


@pytest.fixture
def statuses() -> Callable[[Campaign], dict[str, int]]:
    def count(campaign: Campaign) -> dict[str, int]:
        rows = OutboundMessage.objects.filter(campaign=campaign).values_list("status", flat=True)
        return {status: list(rows).count(status) for status in sorted(set(rows))}

    return count
