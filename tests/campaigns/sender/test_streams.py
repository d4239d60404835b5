"""Marketing of flows in the sender: every rule of marketing holds, and it takes turns with campaigns."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import ConsentState, Contact
from campaigns.forecasting import foresee_rest
from campaigns.models import Lane, OutboundMessage, SpokiAccount, TierMinute, WhatsAppNumber
from campaigns.sender import people
from campaigns.sender.holds import Hold
from campaigns.sender.queue import QueueCounts
from campaigns.sender.streams import Stream
from tests.campaigns.sender.gate import Gate
from tests.campaigns.sender.steps import claim_now, drainer, start_now, starts_granted
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow_message(calm, greeting):
    """Queue a marketing message of a flow, as a flow writes it."""

    def make(**changes) -> OutboundMessage:
        now = timezone.now()
        fields = {"template_version": greeting, "created_at": now, "due_at": now}
        return make_message(lane=Lane.MARKETING, campaign=None, **fields | changes)

    return make


def another_template():
    template = make_template(spoki_id=1)
    return make_version(template=template, last_seen_at=timezone.now())


def one_turn(account, counts):
    """Let exactly one marketing message start, and return the row."""
    SpokiAccount.objects.update(pace_at=None, template_sends_per_minute=60)
    (row,) = claim_now(account, counts=counts).rows
    return row


def became(message):
    message.refresh_from_db()
    return message.status, message.reason


def test_a_flows_marketing_leaves_like_a_campaigns(calm, flow_message):
    message = flow_message()

    (row,) = claim_now(calm).rows
    assert (row.id, row.campaign_id, row.lane) == (message.pk, None, Lane.MARKETING)
    assert [started.id for started in start_now([row], calm)] == [message.pk]
    assert starts_granted() == 1


def test_nothing_leaves_outside_the_hours_of_marketing(calm, flow_message):
    flow_message()
    SpokiAccount.objects.update(marketing_hours=dict.fromkeys(calm.marketing_hours))

    found = claim_now(calm)

    assert found.rows == ()
    assert [wait.code for wait in found.waits] == ["never_open"]
    assert not found.is_idle


@pytest.mark.parametrize(
    ("quality", "stops"), [("red", "number_red"), ("unreadable", "number_unreadable")]
)
def test_a_number_of_low_quality_sends_no_marketing_of_flows(calm, flow_message, quality, stops):
    bad, good = flow_message(number=make_number(quality=quality)), flow_message()

    found = claim_now(calm)

    assert [row.id for row in found.rows] == [good.pk]
    assert stops in {wait.code for wait in found.waits}
    assert became(bad) == ("queued", "")


def test_medium_quality_halves_the_pace_of_flows_too(calm, flow_message):
    flow_message()
    full = claim_now(calm).pace_per_second

    WhatsAppNumber.objects.update(quality="yellow")
    flow_message()

    assert claim_now(calm).pace_per_second == pytest.approx(full / 2)


def test_flows_take_no_more_of_the_tier_than_the_share_of_marketing(calm, flow_message):
    SpokiAccount.objects.update(daily_limit=10, marketing_share=0.8)
    for _ in range(12):
        flow_message()

    assert len(claim_now(calm).rows) == 8
    assert claim_now(calm).rows == ()
    assert TierMinute.objects.get().people == 8


def test_a_used_up_share_of_the_tier_stops_flows(calm, flow_message):
    SpokiAccount.objects.update(daily_limit=10, marketing_share=0.8)
    phones = [make_contact().phone or "" for _ in range(8)]
    people.add(calm, phones, at=timezone.now())
    flow_message()

    assert claim_now(calm).rows == ()


@pytest.mark.parametrize(
    ("consent", "reason"),
    [(ConsentState.WITHDRAWN, "consent_withdrawn"), (ConsentState.UNKNOWN, "no_consent")],
)
def test_consent_is_asked_for_when_it_leaves(calm, flow_message, consent, reason):
    message = flow_message()
    rows = claim_now(calm).rows
    Contact.objects.update(marketing_consent=consent)

    assert start_now(rows, calm) == []
    assert became(message) == ("skipped", reason)


def test_whoever_got_marketing_today_gets_no_more_from_a_flow(calm, flow_message, running):
    contact = make_contact()
    lately = timezone.now() - timedelta(hours=3)
    make_message(contact=contact, campaign=running(0), status="delivered", sending_at=lately)
    message = flow_message(contact=contact)

    assert start_now(claim_now(calm).rows, calm) == []
    assert became(message) == ("skipped", "frequency_cap")


def test_a_paused_account_sends_nothing_of_flows(calm, flow_message):
    flow_message()
    SpokiAccount.objects.update(paused_at=timezone.now(), pause_code="credit_exhausted")

    assert claim_now(calm).rows == ()


def test_a_template_that_may_not_be_sent_now_keeps_only_its_own_flows(calm, flow_message, greeting):
    held, free = flow_message(), flow_message(template_version=another_template())

    found = claim_now(calm, held={greeting.pk: Hold("stale", "")})

    assert [row.id for row in found.rows] == [free.pk]
    assert "template_stale" in {wait.code for wait in found.waits}
    assert became(held) == ("queued", "")


def test_a_campaign_and_the_flows_take_turns(calm, flow_message, running):
    campaign, counts = running(6), QueueCounts()
    for _ in range(6):
        flow_message()

    turns = [one_turn(calm, counts).campaign_id for _ in range(8)]

    assert Counter(turns) == {campaign.pk: 4, None: 4}


def test_flows_of_two_templates_are_two_that_take_turns(calm, flow_message, running):
    campaign, other, counts = running(4), another_template(), QueueCounts()
    for _ in range(4):
        flow_message()
        flow_message(template_version=other)

    turns = Counter(one_turn(calm, counts).template_version_id for _ in range(9))

    # The campaign sends the greeting as well: two thirds of the turns are of that template.
    assert turns == {campaign.template_version_id: 6, other.pk: 3}


def test_what_the_flows_do_not_need_is_the_campaigns(calm, flow_message, running):
    campaign = running(40)
    flow_message()

    found = Counter(row.campaign_id for row in claim_now(calm).rows)

    assert found == {campaign.pk: 31, None: 1}


def test_what_a_campaign_spread_over_hours_does_not_need_is_the_flows(calm, flow_message, running):
    campaign = running(5, spread_hours="6")
    for _ in range(5):
        flow_message()

    found = Counter(row.campaign_id for row in claim_now(calm).rows)

    assert found == {campaign.pk: 1, None: 5}


def test_the_turns_of_flows_outlive_a_clock_that_is_set_back():
    now = timezone.now()
    stream = Stream(-10, 1, 1, pace_at=now + timedelta(hours=1))

    assert stream.turn(now=now) is None
    stream.pace_at = now + timedelta(seconds=2)
    assert stream.turn(now=now) == now + timedelta(seconds=2)


def test_a_campaign_beside_many_messages_of_flows_says_that_it_shares_the_pace(
    calm, flow_message, running
):
    SpokiAccount.objects.update(template_sends_per_minute=4, pace_at=None)
    campaign = running(6)
    for _ in range(5):
        flow_message()

    told = [wait.figures for wait in claim_now(calm).waits if wait.code == "shared_with_flows"]
    assert [f["count"] for f in told if f["campaign"] == campaign.pk] == [1]


def test_a_campaign_beside_few_messages_of_flows_says_nothing_of_them(calm, flow_message, running):
    running(3)
    flow_message()

    assert "shared_with_flows" not in {wait.code for wait in claim_now(calm).waits}


def test_the_forecast_of_a_campaign_counts_what_flows_have_waiting(calm, flow_message, running):
    SpokiAccount.objects.update(template_sends_per_minute=60)
    campaign, now = running(60), timezone.now()
    alone = foresee_rest(campaign, now=now).finish_at
    for _ in range(60):
        flow_message()

    beside = foresee_rest(campaign, now=now).finish_at

    assert alone is not None
    assert beside is not None
    assert beside - alone > timedelta(seconds=45)


def test_a_drain_until_idle_sends_the_marketing_of_flows_and_ends(calm, flow_message):
    for _ in range(3):
        flow_message()
    gate = Gate()

    assert drainer(calm, gate).run(seconds=20, until_idle=True)

    assert len(gate.phones) == 3
    assert set(OutboundMessage.objects.values_list("status", flat=True)) == {"accepted"}
