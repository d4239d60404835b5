"""Who of a queue is awake, how gently an opening begins, and what is said of the others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models.account import always, default_marketing_hours
from campaigns.sender.allowance import opening_share
from campaigns.sender.crowds import NAMED_ZONES, Asleep, Crowd, demand_of, look, sleep_waits
from campaigns.sender.hours import WritingHours

MARKETING = WritingHours.parse(default_marketing_hours(), last_start_minutes=15)
SPREAD = timedelta(minutes=15)
TEN_IN_ROME = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Rome")).astimezone(UTC)


def demand_at(now: datetime, waiting: dict[str, int]):
    return demand_of(look(waiting, now=now, hours=MARKETING).awake, now=now, spread=SPREAD)


def test_people_are_awake_or_asleep_by_their_own_clock():
    seen = look({"Europe/Rome": 1204, "Europe/London": 30}, now=TEN_IN_ROME, hours=MARKETING)

    assert seen.awake == (
        Crowd(
            "Europe/Rome",
            1204,
            opened_at=TEN_IN_ROME,
            closes_at=TEN_IN_ROME + timedelta(hours=9, minutes=15),
        ),
    )
    assert seen.asleep == (Asleep("Europe/London", 30, TEN_IN_ROME + timedelta(hours=1)),)
    assert seen.opens_at == TEN_IN_ROME + timedelta(hours=1)


def test_an_opening_begins_with_a_tenth_of_the_pace_and_has_it_all_after_the_spread():
    shares = [
        demand_at(TEN_IN_ROME + part * SPREAD, {"Europe/Rome": 30_000}).opening
        for part in (0, 0.5, 1)
    ]

    assert shares == pytest.approx([0.1, 0.55, 1.0])


@given(
    waiting=st.dictionaries(
        st.sampled_from(["Europe/Rome", "Europe/London", "Europe/Athens", "Asia/Kolkata"]),
        st.integers(1, 30_000),
        min_size=1,
    ),
    minutes=st.integers(-600, 600),
)
def test_no_zone_opens_with_a_burst(waiting, minutes):
    """The pace of a minute is never more than what those who have been awake for long allow."""
    now = TEN_IN_ROME + timedelta(minutes=minutes)
    seen = look(waiting, now=now, hours=MARKETING)
    demand = demand_of(seen.awake, now=now, spread=SPREAD)
    fresh = [c for c in seen.awake if c.opened_at is not None and now - c.opened_at < SPREAD]
    old = sum(crowd.people for crowd in seen.awake if crowd not in fresh)

    assert demand.backlog == sum(crowd.people for crowd in seen.awake)
    assert old / max(1, demand.backlog) <= demand.opening + 1e-9 <= 1 + 1e-6
    if fresh and not old:
        assert demand.opening < 1


def test_a_zone_that_wakes_later_does_not_slow_those_who_are_awake_for_long():
    eleven = TEN_IN_ROME + timedelta(hours=1)

    assert demand_at(eleven, {"Europe/Rome": 9_900, "Europe/London": 100}).opening > 0.99


def test_where_the_hours_never_close_nothing_opens_gently():
    hours = WritingHours.parse(always())
    seen = look({"Europe/Rome": 10}, now=TEN_IN_ROME, hours=hours)

    assert demand_of(seen.awake, now=TEN_IN_ROME, spread=SPREAD).opening == 1.0


def test_a_clock_that_stepped_back_before_the_opening_keeps_the_gentlest_pace():
    earlier = TEN_IN_ROME - timedelta(minutes=3)

    assert opening_share(now=earlier, opened_at=TEN_IN_ROME, spread=SPREAD) == pytest.approx(0.1)


def test_a_queue_without_anybody_awake_demands_nothing():
    demand = demand_at(TEN_IN_ROME, {"America/New_York": 50, "Europe/Rome": 0})

    assert (demand.backlog, demand.closes_at, demand.opening) == (0, None, 1.0)


def test_sleepers_are_named_with_their_number_their_city_and_their_hour():
    (wait,) = sleep_waits([Asleep("Europe/Rome", 1204, TEN_IN_ROME)], campaign=7)

    assert wait.code == "quiet_hours"
    assert wait.figures == {
        "campaign": 7,
        "zone": "Europe/Rome",
        "count": 1204,
        "until": "2026-11-23T09:00:00+00:00",
    }


def test_a_campaign_to_the_whole_world_names_the_largest_zones_and_counts_the_others():
    zones = [Asleep(f"Etc/GMT+{n}", n, TEN_IN_ROME + timedelta(hours=n)) for n in range(1, 10)]

    waits = sleep_waits(zones, campaign=7)

    assert [wait.figures["count"] for wait in waits[:NAMED_ZONES]] == [9, 8, 7, 6]
    assert waits[-1].code == "quiet_hours_elsewhere"
    assert waits[-1].figures == {
        "campaign": 7,
        "zones": 5,
        "count": 15,
        "until": "2026-11-23T10:00:00+00:00",
    }


def test_people_whose_hours_never_open_are_told_apart():
    asleep = [Asleep("Europe/Rome", 3, None)]

    assert [wait.code for wait in sleep_waits(asleep, campaign=7)] == ["never_open"]
