"""The campaigns the demo starts with, made from what the simulator really offers."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from audiences.models import Segment
from audiences.segments import members
from campaigns.account import refresh_account
from campaigns.blockers import launch_blockers
from campaigns.counters import count_messages
from campaigns.lifecycle import submit_campaign
from campaigns.models import Campaign, OutboundMessage
from config.demo.campaigns import APPROVED, DONE, READY, REJECTED, prepare_campaigns
from config.demo.segments import NEVER_REPLIED
from config.demo.trouble import PEOPLE
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync.sync import sync_templates
from tests.conftest import NOW

TIMES = ("sending_at", "accepted_at", "sent_at", "delivered_at", "read_at", "replied_at")


@pytest.fixture(scope="module")
def gateway():
    """A client of a simulator as the demo starts it."""
    with SimulatorProcess(api_key="demo") as simulator:
        client = SpokiClient(base_url=simulator.url, api_key="demo")
        yield client
        client.close()


@pytest.fixture(scope="module")
def with_campaigns(filled, gateway, django_db_blocker):
    """The demo after its first sync, with its campaigns, for all tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        refresh_account(gateway=gateway, now=NOW)
        sync_templates(gateway=gateway, now=NOW)
        assert prepare_campaigns(now=NOW) is True
        yield
        transaction.set_rollback(True)


@pytest.fixture
def prepared(with_campaigns, demo):
    """The demo after its first sync, with its campaigns."""


def campaign(name: str) -> Campaign:
    return Campaign.objects.get(name=name)


def test_there_is_one_campaign_in_each_state_worth_a_look(prepared):
    assert dict(Campaign.objects.values_list("name", "status")) == {
        READY: "draft",
        APPROVED: "approved",
        REJECTED: "rejected",
        DONE: "done",
    }


def test_the_draft_can_be_submitted_as_it_is(prepared, now):
    ready = campaign(READY)

    assert launch_blockers(ready, now=now) == []
    assert submit_campaign(campaign=ready, by=ready.author, now=now).status == "in_review"


def test_the_draft_reaches_everybody_with_trouble(prepared, now):
    segment = Segment.objects.get(campaigns=campaign(READY))

    reached = members(segment.current.rules, now=now)

    assert reached.filter(tags=["prova"]).count() == len(PEOPLE)


def test_nothing_stands_against_the_approved_one(prepared, now):
    approved = campaign(APPROVED)

    assert launch_blockers(approved, now=now) == []
    assert approved.approved_by == User.objects.get(username="approver")


def test_the_rejected_one_says_why(prepared):
    assert "La spedizione in regalo è finita" in campaign(REJECTED).rejection_reason


def test_counters_of_the_ended_one_add_up_and_nothing_waits(prepared):
    ended = campaign(DONE)

    counters = count_messages(ended)

    assert counters.total == ended.total > 100
    assert counters.queued == counters.sending == counters.unknown == 0
    assert counters.read > counters.delivered > counters.failed > 0
    assert counters.replied > 0


def test_times_of_the_ended_one_never_run_backwards(prepared, now):
    backwards = Q()
    for earlier, later in pairwise(TIMES):
        backwards |= Q(**{f"{earlier}__gt": F(later)})

    assert not OutboundMessage.objects.filter(backwards).exists()
    assert not OutboundMessage.objects.filter(replied_at__gt=now).exists()


def test_a_second_preparation_brings_nothing_back(prepared, now):
    campaign(READY).delete()

    assert prepare_campaigns(now=now) is False

    assert not Campaign.objects.filter(name=READY).exists()


def test_after_a_campaign_somebody_has_never_answered(prepared, now):
    segment = Segment.objects.get(name=NEVER_REPLIED)
    silent = set(members(segment.current.rules, now=now).values_list("pk", flat=True))

    done = OutboundMessage.objects.filter(campaign=campaign(DONE))
    answered = set(done.filter(replied_at__isnull=False).values_list("contact", flat=True))
    read = set(done.filter(status="read").values_list("contact", flat=True))
    assert answered
    assert silent >= read - answered
    assert not silent & answered
