"""When it will be finished: the sender's own rules on a virtual clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spoki
from campaigns.models import account as account_models
from campaigns.models.account import always, default_marketing_hours
from campaigns.sender.allowance import AccountState, People, Rolling
from campaigns.sender.forecast import foresee
from campaigns.sender.hours import WritingHours
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.virtual import Gate, Wave, World
from tests.conftest import NOW

ROME, LISBON = "Europe/Rome", "Europe/Lisbon"
OPEN = WritingHours.parse(always())
BUSINESS = WritingHours.parse(default_marketing_hours(), last_start_minutes=15)
ABRUPT = replace(DEFAULT_POLICY, opening_spread=timedelta())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Monday, an hour before the opening in Rome.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def world(*, hours=OPEN, now=NOW, policy=ABRUPT, **changes):
    """A sender of 61 a minute without margin, one of them kept for orders; its tier is no matter."""
    fields = {name: changes.pop(name) for name in list(changes) if name in World.__slots__}
    account = {
        "template_minute": Rolling("minute_limit", 61, 60.0),
        "text_minute": Rolling("text_minute_limit", 120, 60.0),
        "hour": None,
        "people": People(limit=100_000),
        "margin": 0.0,
        "marketing_share": 0.8,
        "lease_seconds": 0.0,
        "quality": "green",
    } | changes
    return World(AccountState(**account), hours, now, policy=policy, **fields)


def outlook(recipients, *, start_at=None, zones=None, wave=None, **changes):
    there = world(**changes)
    people = zones or {ROME: recipients}
    ours = Wave("ours", people, start_at or there.now, **(wave or {}))
    return foresee(there, [ours])["ours"]


def test_an_hour_of_messages_takes_an_hour():
    assert outlook(3600).finish_at == NOW + HOUR


def test_nobody_is_finished_at_once():
    assert outlook(0).finish_at == NOW


def test_the_spread_makes_it_slower_never_faster():
    slow = outlook(600, wave={"per_second": 600 / (5 * 3600)})
    wanted_too_fast = outlook(3600, wave={"per_second": 10.0})

    assert abs(slow.finish_at - (NOW + 5 * HOUR)) <= timedelta(minutes=1)
    assert wanted_too_fast.finish_at == NOW + HOUR


def test_medium_quality_takes_twice_as_long():
    assert outlook(3600, quality="yellow").finish_at == NOW + 2 * HOUR


def test_low_quality_never_finishes_and_says_why():
    stopped = outlook(10, quality="red")

    assert (stopped.finish_at, stopped.unsent, stopped.why) == (None, 10, "quality_red")


def test_a_stopped_account_sends_nothing_and_says_why():
    stopped = outlook(10, pause_code="person")

    assert (stopped.finish_at, stopped.unsent, stopped.why) == (None, 10, "account_paused")


def test_a_freeze_is_waited_for():
    frozen = outlook(3600, templates_frozen_until=NOW + HOUR)

    assert frozen.finish_at == NOW + 2 * HOUR
    assert [rest.code for rest in frozen.rests] == ["frozen"]


def test_a_speed_that_was_cut_comes_back_as_the_sender_gives_it_back():
    slowed = outlook(3600, speed=0.5, speed_changed_at=NOW)

    # Five minutes at 0.5 to 0.9 of the limit, each less one place: 29, 35, 41, 47 and 53 messages,
    # 95 fewer than at full speed.
    assert slowed.finish_at == NOW + HOUR + timedelta(seconds=95)


def test_what_does_not_fit_before_closing_goes_on_the_next_morning():
    evening = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # 19:00 in Rome; nothing starts after 19:15

    plan = outlook(1800, hours=BUSINESS, now=evening)

    assert plan.hours[0].count == 900
    assert plan.finish_at == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
    assert [rest.code for rest in plan.rests] == ["quiet_hours"]


def test_an_opening_begins_gently():
    gentle = outlook(9000, hours=BUSINESS, now=MONDAY, policy=DEFAULT_POLICY)

    first = [minute.count for minute in gentle.minutes[:15]]
    assert first == sorted(first)
    assert sum(first) == pytest.approx(0.55 * 15 * 60, abs=2)
    assert gentle.minutes[20].count == 60


def test_sunday_is_skipped():
    saturday = datetime(2026, 11, 28, 17, 44, tzinfo=UTC)  # 18:44 in Rome, one minute left

    plan = outlook(600, hours=BUSINESS, now=saturday)

    assert plan.hours[-1].at.astimezone(ZoneInfo(ROME)).strftime("%A %H") == "Monday 10"


def test_the_night_in_which_the_clock_changes_is_an_hour_longer_for_those_who_write_at_ten():
    saturday = datetime(2026, 10, 24, 16, 44, tzinfo=UTC)  # 18:44 in Rome, still summer

    plan = outlook(600, hours=BUSINESS, now=saturday)

    assert plan.finish_at == datetime(2026, 10, 26, 9, 9, tzinfo=UTC)  # 10:09, winter by now


def test_each_zone_is_written_to_in_its_own_hours():
    plan = outlook(0, zones={ROME: 1200, LISBON: 1200}, hours=BUSINESS, now=MONDAY)

    # From 10:00 in Rome alone, twenty minutes; then nobody until it is 10:00 in Lisbon.
    assert [hour.count for hour in plan.hours] == [1200, 1200]
    assert plan.finish_at == MONDAY + 2 * HOUR + timedelta(minutes=20)


def test_a_zone_that_closes_later_is_still_written_to():
    evening = datetime(2026, 11, 23, 18, 15, tzinfo=UTC)  # 19:15 in Rome: too late there

    plan = outlook(0, zones={ROME: 60, LISBON: 1800}, hours=BUSINESS, now=evening)

    assert plan.minutes[0].at == evening
    assert sum(m.count for m in plan.minutes if m.at < evening + DAY / 2) == 1800
    assert plan.minutes[-1].at >= datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_small_tier_takes_days():
    plan = outlook(2000, people=People(limit=1000))

    assert plan.finish_at is not None
    assert timedelta(days=2) <= plan.finish_at - NOW <= timedelta(days=3)
    assert "daily_limit" in {rest.code for rest in plan.rests}


def test_people_written_to_yesterday_count_until_their_minute_is_over():
    yesterday = [(NOW - timedelta(hours=23), 800)]

    plan = outlook(100, people=People(limit=1000, used=800), counted=yesterday)

    assert plan.minutes[0].at == NOW + HOUR


def test_people_whom_only_spoki_knows_of_count_for_a_whole_day_more():
    plan = outlook(100, people=People(limit=1000, used=800))

    assert plan.minutes[0].at == NOW + DAY


def test_what_takes_longer_than_a_year_has_no_end():
    plan = outlook(100_000, people=People(limit=250))

    assert plan.finish_at is None
    assert plan.unsent > 0
    assert plan.why == "daily_limit"


def test_what_marketing_leaves_to_orders_is_foreseen_whether_orders_come_or_not():
    plan = outlook(5500, template_minute=Rolling("minute_limit", 60, 60.0), margin=0.05)

    # 57 usable places, one of them kept.
    assert [minute.count for minute in plan.minutes[:3]] == [56, 56, 56]


def test_an_automation_keeps_no_place_as_no_order_leaves_by_it():
    there = world(automations_per_minute=60)

    plan = foresee(there, [Wave("bulk", {ROME: 3600}, NOW, by_automation=True)])["bulk"]

    assert plan.finish_at == NOW + HOUR


def test_two_campaigns_share_the_pace_evenly():
    plans = foresee(world(), [Wave("one", {ROME: 600}, NOW), Wave("two", {ROME: 1800}, NOW)])

    assert plans["one"].finish_at == NOW + timedelta(minutes=20)
    assert plans["two"].finish_at == NOW + timedelta(minutes=40)


def test_what_a_spread_campaign_leaves_goes_to_the_other():
    spread = Wave("spread", {ROME: 60}, NOW, per_second=60 / 3600)

    plans = foresee(world(), [spread, Wave("fast", {ROME: 3540}, NOW)])

    assert plans["fast"].finish_at == NOW + HOUR


def test_a_campaign_that_is_planned_for_later_leaves_the_pace_to_the_others_until_then():
    later = Wave("later", {ROME: 60}, NOW + HOUR)

    plans = foresee(world(), [Wave("now", {ROME: 3600}, NOW), later])

    assert plans["now"].finish_at == NOW + HOUR
    assert plans["later"].minutes[0].at == NOW + HOUR


def test_whoever_waits_at_the_last_hour_expires():
    plan = outlook(3600, wave={"ends_at": NOW + timedelta(minutes=30)})

    assert (plan.sent, plan.expired, plan.unsent) == (1800, 1800, 0)
    assert plan.finish_at == NOW + timedelta(minutes=30)


def test_the_first_share_is_held_before_the_others_follow():
    plan = outlook(1200, wave={"gates": [Gate(60, HOUR), Gate(180, HOUR)]})

    assert [hour.count for hour in plan.hours] == [60, 120, 1020]
    assert plan.rests[0].at - NOW == timedelta(minutes=1)
    assert {rest.code for rest in plan.rests} == {"canary_hold"}


def test_an_automation_has_its_own_limit():
    there = world(automations_per_minute=1200)

    plans = foresee(
        there,
        [
            Wave("messages", {ROME: 600}, NOW),
            Wave("bulk", {ROME: 12_000}, NOW, by_automation=True),
        ],
    )

    assert plans["bulk"].finish_at == NOW + timedelta(minutes=10)
    assert plans["messages"].finish_at == NOW + timedelta(minutes=10)


def test_order_messages_take_their_part_of_the_limit_and_of_the_tier():
    slower = outlook(3000, orders_per_minute=10.0, people=People(limit=100_000))
    in_days = outlook(1000, orders_per_minute=1.0, people=People(limit=1000), hours=OPEN)

    assert slower.finish_at == NOW + HOUR
    assert in_days.finish_at - NOW > DAY


def test_a_limit_per_hour_paces_evenly():
    # One in forty of 615 is kept for orders: 15.
    assert outlook(600, hour=Rolling("hour_limit", 615, 3600.0)).finish_at == NOW + HOUR


def test_a_minute_of_the_scaled_windows_is_as_long_as_the_account_says():
    plan = outlook(600, template_minute=Rolling("minute_limit", 61, 2.0))

    assert plan.finish_at == NOW + timedelta(seconds=20)


@settings(max_examples=60, deadline=None)
@given(microseconds=st.integers(0, 3_599_999_999))
def test_the_clock_moves_whenever_it_starts_and_however_odd_its_step(microseconds):
    start = NOW + timedelta(microseconds=microseconds)
    minute = Rolling("minute_limit", 61, 0.6)
    there = world(now=start, template_minute=minute)

    plan = foresee(
        there,
        [Wave("ours", {ROME: 100}, start)],
        until=start + timedelta(seconds=6),
        step=timedelta(seconds=0.6),
    )["ours"]

    assert plan.finish_at is not None
    assert abs(plan.finish_at - start - timedelta(seconds=1)) <= timedelta(seconds=0.6)


ZONES = st.dictionaries(
    st.sampled_from([ROME, LISBON, "America/New_York", "Asia/Tokyo"]),
    st.integers(0, 4000),
    min_size=1,
)
PLANS = st.fixed_dictionaries(
    {
        "zones": ZONES,
        "limit": st.integers(1, 300),
        "tier": st.integers(1000, 20_000),
        "lease": st.sampled_from([0.0, 1.0]),
        "hours": st.sampled_from([OPEN, BUSINESS]),
        "used": st.integers(0, 3000),
        "share": st.sampled_from([0.5, 0.8, 1.0]),
    }
)


def foreseen(plan, **changes):
    plan = plan | changes
    return outlook(
        0,
        zones=plan["zones"],
        hours=plan["hours"],
        template_minute=Rolling("minute_limit", plan["limit"], 60.0),
        people=People(limit=plan["tier"], used=plan["used"]),
        lease_seconds=plan["lease"],
        marketing_share=plan["share"],
        margin=0.05,
        policy=DEFAULT_POLICY,
    )


@settings(max_examples=25, deadline=None)
@given(plan=PLANS)
def test_everybody_is_in_a_minute_of_an_hour_or_left(plan):
    found = foreseen(plan)

    assert found.sent == sum(minute.count for minute in found.minutes)
    assert found.sent + found.unsent + found.expired == sum(plan["zones"].values())


@settings(max_examples=25, deadline=None)
@given(plan=PLANS)
def test_no_minute_passes_the_limit_and_no_day_the_share_of_the_tier(plan):
    found = foreseen(plan)

    at = [minute.at for minute in found.minutes]
    counts = [minute.count for minute in found.minutes]
    assert all(count <= max(1, plan["limit"] * 0.95) + 1 for count in counts)
    first, in_window = 0, 0
    for last, moment in enumerate(at):
        in_window += counts[last]
        while at[first] <= moment - DAY:
            in_window -= counts[first]
            first += 1
        assert in_window <= plan["tier"] * plan["share"]


@settings(max_examples=25, deadline=None)
@given(plan=PLANS)
def test_nothing_leaves_where_no_zone_is_open(plan):
    zones = [ZoneInfo(name) for name in plan["zones"]]

    for minute in foreseen(plan).minutes:
        assert any(plan["hours"].is_open(minute.at, zone) for zone in zones)


@settings(max_examples=25, deadline=None)
@given(plan=PLANS, more=st.integers(1, 300))
def test_a_higher_limit_never_finishes_later(plan, more):
    slow, fast = foreseen(plan), foreseen(plan, limit=plan["limit"] + more)

    if slow.finish_at is not None:
        # A minute is the grain of the clock.
        assert fast.finish_at <= slow.finish_at + timedelta(minutes=1)


@settings(max_examples=10, deadline=None)
@given(plan=PLANS)
def test_the_same_question_has_the_same_answer(plan):
    assert foreseen(plan) == foreseen(plan)


def test_memory_grows_with_the_minutes_and_not_with_the_people():
    # 6 and 6,000 a minute, beside the one place and the 153 that are kept for orders.
    few = outlook(1000, template_minute=Rolling("minute_limit", 7, 60.0))
    many = outlook(
        1_000_000, template_minute=Rolling("minute_limit", 6153, 60.0), people=People(10**8)
    )

    assert len(few.minutes) == len(many.minutes)


def test_the_models_and_the_gateway_mean_the_same_by_no_limit():
    assert account_models.UNLIMITED == spoki.UNLIMITED
