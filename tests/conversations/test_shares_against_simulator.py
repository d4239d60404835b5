"""A campaign that leaves in shares: over real HTTP, judged by the webhooks that come back."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Rollout
from campaigns.sender import drain as drain_module
from campaigns.sender.drain import Drain
from campaigns.sender.policy import DEFAULT_POLICY, StopRules
from campaigns.sender.rollout import open_rollout
from conversations import doorbell, intake
from conversations.models import SpokiDelivery
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db(transaction=True)

# The simulator's marketing template whose only variable is the first name.
GREETING = 1008
POLICY = replace(
    DEFAULT_POLICY,
    canary_hold=timedelta(minutes=60),
    ramp=(),
    opening_spread=timedelta(0),
    stop=StopRules(min_sample=5),
)


@pytest.fixture
def simulator(live_server, settings, monkeypatch):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_now"]
    monkeypatch.setattr(doorbell, "ring", lambda: None)
    monkeypatch.setattr(drain_module, "policy_in_force", lambda: POLICY)
    with SimulatorProcess(
        api_key="key",
        webhook_url=f"{live_server.url}/webhooks/spoki/",
        webhook_secret="whsec_now",
        limits={"template": 600},
        window_seconds=2.0,
    ) as running:
        yield running


@pytest.fixture
def drain(simulator):
    account = make_account(
        minute_seconds=2.0,
        lease_seconds=0.2,
        template_sends_per_minute=600,
        refreshed_at=timezone.now(),
    )
    make_number(account=account)

    def run(seconds: float) -> None:
        Drain(
            account_id=account.pk,
            gateway=lambda: SpokiClient(base_url=simulator.url, api_key="key", timeout=(2.0, 5.0)),
            stop=threading.Event(),
            threads=8,
            rng=random.Random(1),
        ).run(seconds=seconds)

    return run


def launched(phones: list[str]) -> Campaign:
    """A campaign of these people at work, a quarter of them first."""
    now = timezone.now()
    version = make_version(template=make_template(spoki_id=GREETING), last_seen_at=now)
    people = [make_contact(phone=phone) for phone in phones]
    campaign = make_campaign(
        status=Campaign.Status.SENDING,
        template_version=version,
        contacts=people,
        canary_share="0.250",
        total=len(people),
    )
    for person in people:
        make_message(contact=person, campaign=campaign, created_at=now, due_at=now)
    open_rollout(campaign=campaign, now=now, policy=POLICY)
    return campaign


def drain_until(drain, campaign: Campaign, *, left: int) -> None:
    """As long as it takes on a machine that has other things to do: what it gives back goes a moment later."""
    for _ in range(20):
        drain(1)
        waiting = campaign.messages.filter(status__in=["queued", "sending"]).count()
        if campaign.total - waiting >= left:
            return


def process_webhooks(simulator) -> None:
    assert simulator.control.wait(idle=True)
    for row in SpokiDelivery.objects.unfinished().order_by("pk"):
        intake.process_delivery(delivery_id=row.pk, now=timezone.now())


def end_of_hold() -> None:
    moment = timezone.now()
    Rollout.objects.update(moved_at=moment, judge_at=moment)


def test_the_rest_follows_when_the_receipts_of_the_first_share_are_good(drain, simulator):
    campaign = launched([f"+3934700{number:05d}" for number in range(24)])

    drain_until(drain, campaign, left=6)
    drain(1)
    first = len(simulator.control.sends())
    process_webhooks(simulator)
    end_of_hold()
    drain_until(drain, campaign, left=24)

    assert first == 6
    assert len(simulator.control.sends()) == 24
    assert simulator.control.duplicates()["accepted_twice"] == {}
    assert campaign.events.filter(verb="share_rest").count() == 1


def test_nobody_else_is_written_to_when_the_first_share_meets_dead_numbers(drain, simulator):
    dead = [f"+39347{number}131026" for number in range(3)]
    campaign = launched(dead + [f"+3934700{number:05d}" for number in range(21)])

    drain_until(drain, campaign, left=6)
    process_webhooks(simulator)
    Rollout.objects.update(judged_at=None)
    drain(2)

    campaign.refresh_from_db()
    assert len(simulator.control.sends()) == 6
    assert (campaign.status, campaign.pause_code) == ("paused", "stop_undeliverable")
    assert campaign.messages.filter(status="queued").count() == 18
    assert campaign.rollout.phase == Rollout.Phase.HELD
