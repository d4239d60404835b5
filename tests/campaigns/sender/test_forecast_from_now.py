"""A forecast begins with what the ledger lets leave now, not with windows that are empty."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.forecasting import foresee_rest
from campaigns.models import Campaign
from campaigns.sender import ledger
from campaigns.sender.account_state import Rolling
from campaigns.sender.forecast import foresee
from campaigns.sender.virtual import Wave
from tests.campaigns.sender.test_forecast import ROME, outlook, world
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message

SECOND = timedelta(seconds=1)


def minute(*, used: int, frees_in: float) -> Rolling:
    """A minute of 61 places, one of them kept for orders, of which some are taken."""
    return Rolling("minute_limit", 61, 60.0, used, NOW + frees_in * SECOND)


def test_a_minute_that_is_full_now_is_waited_for():
    full = minute(used=61, frees_in=40)

    assert outlook(10, template_minute=full).finish_at == NOW + 50 * SECOND


def test_a_minute_that_is_nearly_full_gives_its_last_places_and_is_waited_for():
    nearly = minute(used=56, frees_in=40)

    assert outlook(4, template_minute=nearly).finish_at == NOW + 4 * SECOND
    assert outlook(10, template_minute=nearly).finish_at == NOW + 46 * SECOND


def test_an_even_minute_of_a_sender_at_work_keeps_nobody():
    even = minute(used=60, frees_in=1)

    assert outlook(600, template_minute=even).finish_at == NOW + 601 * SECOND


def test_a_minute_with_room_for_everybody_keeps_nobody():
    assert outlook(10, template_minute=minute(used=20, frees_in=50)).finish_at == NOW + 10 * SECOND


def test_the_next_turn_of_the_pace_is_waited_for():
    assert outlook(10, pace_at=NOW + 30 * SECOND).finish_at == NOW + 40 * SECOND


def test_a_turn_that_is_past_changes_nothing():
    assert outlook(10, pace_at=NOW - 30 * SECOND).finish_at == NOW + 10 * SECOND


def test_an_hour_that_is_used_up_is_waited_for():
    hour = Rolling("hour_limit", 3600, 3600.0, 3600, NOW + timedelta(minutes=20))

    plan = outlook(10, hour=hour)

    assert NOW + timedelta(minutes=20) < plan.finish_at < NOW + timedelta(minutes=21)


def test_a_full_minute_of_messages_keeps_no_automation():
    there = world(template_minute=minute(used=61, frees_in=50), automations_per_minute=60)
    waves = [Wave("one", {ROME: 10}, NOW), Wave("bulk", {ROME: 10}, NOW, by_automation=True)]

    plans = foresee(there, waves)

    assert plans["bulk"].finish_at == NOW + 10 * SECOND
    assert plans["one"].finish_at == NOW + 60 * SECOND


def test_a_plan_for_tomorrow_does_not_wait_for_the_minute_of_today():
    tomorrow = NOW + timedelta(days=1)

    plan = outlook(600, start_at=tomorrow, template_minute=minute(used=61, frees_in=50))

    assert plan.finish_at == tomorrow + timedelta(minutes=10)


@given(st.integers(0, 61), st.floats(0, 60), st.integers(1, 3000))
def test_what_was_sent_just_now_never_costs_more_than_until_its_places_are_free(
    used, later, people
):
    free = outlook(people).finish_at
    plan = outlook(people, template_minute=minute(used=used, frees_in=later))

    assert free <= plan.finish_at <= free + (later + 1.1) * SECOND
    assert plan.sent == people


@pytest.mark.django_db
def test_the_end_on_the_page_counts_the_orders_that_filled_this_minute():
    account = make_account(lease_seconds=0.0)
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])
    make_message(campaign=campaign)
    ledger.grant(account, kind="template", count=60, at=NOW - 5 * SECOND)

    finish_at = foresee_rest(campaign, now=NOW).finish_at

    assert finish_at is not None
    assert NOW + 55 * SECOND <= finish_at <= NOW + 58 * SECOND
