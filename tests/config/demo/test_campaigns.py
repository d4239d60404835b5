"""The campaigns the demo starts with, made from what the simulator really offers."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Q

from audiences.models import Segment
from audiences.segments import members
from campaigns.account import current_account, refresh_account
from campaigns.blockers import launch_blockers
from campaigns.counters import count_messages
from campaigns.lifecycle import submit_campaign
from campaigns.models import Campaign, OutboundMessage
from config.demo.campaigns import APPROVED, DONE, READY, REJECTED, NotSyncedYet, prepare_campaigns
from config.demo.first_read import read_and_prepare
from config.demo.segments import NEVER_REPLIED
from config.demo.trouble import PEOPLE
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync.sync import sync_templates

TIMES = ("sending_at", "accepted_at", "sent_at", "delivered_at", "read_at", "replied_at")


@pytest.fixture(scope="module")
def gateway():
    """A client of a simulator as the demo starts it."""
    with SimulatorProcess(api_key="demo") as simulator:
        client = SpokiClient(base_url=simulator.url, api_key="demo")
        yield client
        client.close()


@pytest.fixture
def prepared(demo, gateway, now):
    """The demo after its first sync, with its campaigns."""
    refresh_account(gateway=gateway, now=now)
    sync_templates(gateway=gateway, now=now)
    assert prepare_campaigns(now=now) is True


def campaign(name: str) -> Campaign:
    return Campaign.objects.get(name=name)


def test_nothing_is_prepared_before_the_first_sync(demo, now):
    with pytest.raises(NotSyncedYet, match="natale_umido"):
        prepare_campaigns(now=now)

    assert Campaign.objects.count() == 0


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


def test_first_read_brings_templates_account_and_campaigns(demo, now):
    with SimulatorProcess(api_key="demo-key") as simulator:
        gateway = SpokiClient(base_url=simulator.url, api_key="demo-key")
        was_first = read_and_prepare(gateway=gateway, now=now)
        is_first_again = read_and_prepare(gateway=gateway, now=now)
        gateway.close()

    assert (was_first, is_first_again) == (True, False)
    assert Campaign.objects.count() == 4
    assert current_account().refreshed_at == now


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
