"""Counters that add up, and what the page says of waiting, rate and end."""

from dataclasses import fields
from datetime import timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from campaigns.counters import Counters, count_messages
from campaigns.models import Campaign, OutboundMessage, SenderReport, SpokiAccount
from campaigns.progress import progress_of
from tests.factories.campaigns import make_campaign, make_message

Status = Campaign.Status


def report(now, *waits):
    account = SpokiAccount.objects.get()
    SenderReport.objects.create(account=account, at=now, waits=list(waits))


@pytest.mark.django_db
def test_each_recipient_is_in_exactly_one_counter(now):
    campaign = make_campaign(status=Status.SENDING)
    for status in OutboundMessage.Status.values:
        make_message(campaign=campaign, status=status)
    make_message(campaign=campaign, status="read", replied_at=now)
    make_message(status="queued")

    counters = count_messages(campaign)

    assert counters == Counters(1, 1, 1, 1, 1, 2, 1, 1, 1, 1, replied=1)
    assert counters.total == 11


@pytest.mark.django_db
def test_progress_has_the_shape_of_the_api(now):
    campaign = make_campaign(status=Status.SENDING)
    make_message(campaign=campaign, status="delivered")

    told = progress_of(campaign, now=now).as_dict()

    assert set(told) == {
        "status", "total", "queued", "sending", "accepted", "sent", "delivered", "read", "replied", "failed", "skipped",
        "unknown", "expired", "waiting_for", "rate_per_minute", "finish_at", "expiring", "held", "retrying", "missed",
    }  # fmt: skip
    assert (told["status"], told["total"], told["delivered"]) == ("sending", 1, 1)


@pytest.mark.django_db
def test_a_campaign_that_was_not_launched_has_nothing_to_count(now):
    told = progress_of(make_campaign(), now=now)

    assert (told.counters.total, told.waiting_for, told.finish_at) == (0, (), None)


@pytest.mark.django_db
def test_the_rate_is_what_left_in_the_last_five_minutes(now):
    campaign = make_campaign(status=Status.SENDING, started_at=now - timedelta(hours=1))
    for minutes in (1, 2, 4, 6):
        make_message(campaign=campaign, status="sent", sending_at=now - timedelta(minutes=minutes))

    assert progress_of(campaign, now=now).rate_per_minute == 0.6


@pytest.mark.django_db
def test_the_end_is_foreseen_from_what_waits(now):
    campaign = make_campaign(status=Status.SENDING)
    make_message(campaign=campaign)
    report(now)

    finish = progress_of(campaign, now=now).finish_at

    assert finish is not None
    assert now < finish < now + timedelta(minutes=2)


@pytest.mark.django_db
def test_what_the_sender_waits_for_is_said_in_words(now):
    campaign = make_campaign(status=Status.SENDING)
    quiet = {"code": "quiet_hours", "campaign": campaign.pk, "zone": "Europe/Rome", "count": 1204}
    other = {"code": "quiet_hours", "campaign": campaign.pk + 1, "zone": "Asia/Tokyo", "count": 5}
    limit = {"code": "minute_limit", "limit": 60}
    until = (now + timedelta(hours=20)).isoformat()
    report(now, quiet | {"until": until}, other | {"until": until}, limit)

    with override("en"):
        waiting = progress_of(campaign, now=now).waiting_for

    assert waiting == (
        "Quiet hours until 24 Nov 2026, 06:30 for 1,204 people in Rome.",
        "The limit of 60 sends per minute of Spoki.",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("age", [None, timedelta(minutes=3)])
def test_a_sender_that_says_nothing_is_not_running(now, age):
    campaign = make_campaign(status=Status.SENDING)
    if age is not None:
        report(now - age, {"code": "minute_limit", "limit": 60})

    with override("en"):
        (waiting,) = progress_of(campaign, now=now).waiting_for

    assert waiting.startswith("The sender is not running")


@pytest.mark.django_db
def test_a_planned_start_is_what_it_waits_for(now):
    campaign = make_campaign(status=Status.SCHEDULED, send_after=now + timedelta(hours=2))
    report(now)

    with override("en"):
        assert progress_of(campaign, now=now).waiting_for == ("The start planned for 12:30.",)


@pytest.mark.django_db
def test_a_paused_campaign_says_why(now):
    campaign = make_campaign(status=Status.PAUSED, pause_code="template_paused")

    with override("en"):
        (waiting,) = progress_of(campaign, now=now).waiting_for

    assert "132015" in waiting


@pytest.mark.django_db
def test_a_finished_campaign_waits_for_nothing(now):
    campaign = make_campaign(status=Status.DONE, ended_at=now)

    told = progress_of(campaign, now=now)

    assert (told.waiting_for, told.rate_per_minute, told.finish_at) == ((), 0.0, now)


@pytest.mark.django_db
def test_errors_are_grouped_by_code_the_most_frequent_first(now):
    campaign = make_campaign(status=Status.SENDING)
    for _ in range(2):
        make_message(
            campaign=campaign, status="failed", reason="undeliverable", error_code="131026"
        )
    make_message(campaign=campaign, status="skipped", reason="consent_withdrawn")

    lines = progress_of(campaign, now=now).errors

    assert [(line.reason, line.code, line.count) for line in lines] == [
        ("undeliverable", "131026", 2),
        ("consent_withdrawn", "", 1),
    ]


@given(st.lists(st.integers(0, 10**6), min_size=10, max_size=10), st.integers(0, 100))
def test_the_total_never_counts_a_reply_twice(states, replied):
    names = [field.name for field in fields(Counters) if field.name != "replied"]
    counters = Counters(**dict(zip(names, states, strict=True)), replied=replied)

    assert counters.total == sum(states)
