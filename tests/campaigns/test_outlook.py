"""When it will be finished: the sender's own pace on a virtual clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models.account import always, default_marketing_hours
from campaigns.outlook import foresee
from campaigns.sender.allowance import AccountState, People, Rolling
from campaigns.sender.hours import WritingHours
from tests.conftest import NOW

ROME = ZoneInfo("Europe/Rome")
OPEN = WritingHours.parse(always())
BUSINESS = WritingHours.parse(default_marketing_hours(), last_start_minutes=15)


def account(**changes):
    """A sender of 60 a minute without margin, whose tier is no matter."""
    fields = {
        "template_minute": Rolling("minute_limit", 60, 60.0),
        "text_minute": Rolling("text_minute_limit", 120, 60.0),
        "hour": None,
        "people": People(limit=100_000),
        "margin": 0.0,
        "marketing_share": 0.8,
        "lease_seconds": 0.0,
        "quality": "green",
    } | changes
    return AccountState(**fields)


def outlook(recipients, *, hours=OPEN, start_at=NOW, spread_hours=0.0, **changes):
    return foresee(
        recipients=recipients,
        account=account(**changes),
        hours=hours,
        zone=ROME,
        start_at=start_at,
        spread_hours=spread_hours,
    )


def test_an_hour_of_messages_takes_an_hour():
    assert outlook(3600).finish_at == NOW + timedelta(hours=1)


def test_nobody_is_finished_at_once():
    assert outlook(0).finish_at == NOW


def test_the_spread_makes_it_slower_never_faster():
    slow, wanted_too_fast = outlook(600, spread_hours=5), outlook(3600, spread_hours=0.1)

    assert slow.finish_at == NOW + timedelta(hours=5)
    assert wanted_too_fast.finish_at == NOW + timedelta(hours=1)


def test_medium_quality_takes_twice_as_long():
    assert outlook(3600, quality="yellow").finish_at == NOW + timedelta(hours=2)


def test_low_quality_never_finishes():
    stopped = outlook(10, quality="red")

    assert (stopped.finish_at, stopped.unsent) == (None, 10)


def test_what_does_not_fit_before_closing_goes_on_the_next_morning():
    evening = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # 19:00 in Rome; nothing starts after 19:15

    plan = outlook(1800, hours=BUSINESS, start_at=evening)

    assert plan.hours[0].count == 900
    assert plan.finish_at == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)


def test_sunday_is_skipped():
    saturday = datetime(2026, 11, 28, 17, 44, tzinfo=UTC)  # 18:44 in Rome, one minute left

    plan = outlook(600, hours=BUSINESS, start_at=saturday)

    assert plan.hours[-1].at.astimezone(ROME).strftime("%A %H") == "Monday 10"


def test_a_small_tier_takes_days():
    plan = outlook(2000, people=People(limit=1000))

    assert plan.finish_at is not None
    assert timedelta(days=2) <= plan.finish_at - NOW <= timedelta(days=3)


def test_what_takes_longer_than_a_month_has_no_end():
    plan = outlook(100_000, people=People(limit=250))

    assert plan.finish_at is None
    assert plan.unsent > 0


@settings(max_examples=30, deadline=None)
@given(recipients=st.integers(0, 20_000), limit=st.integers(1, 300), tier=st.integers(50, 50_000))
def test_everybody_is_either_in_an_hour_or_unsent_and_no_day_passes_the_tier(
    recipients, limit, tier
):
    plan = outlook(
        recipients,
        template_minute=Rolling("minute_limit", limit, 60.0),
        people=People(limit=tier),
    )

    assert sum(hour.count for hour in plan.hours) + plan.unsent == recipients
    for hour in plan.hours:
        day = [h.count for h in plan.hours if hour.at <= h.at < hour.at + timedelta(hours=23)]
        assert sum(day) <= tier * 0.8


@pytest.mark.parametrize("recipients", [1, 59, 61])
def test_a_handful_is_finished_within_minutes(recipients):
    finish = outlook(recipients).finish_at

    assert finish is not None
    assert finish - NOW <= timedelta(minutes=2)
