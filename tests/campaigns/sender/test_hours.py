"""When people may be written to, in their own time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models.account import (
    always,
    default_marketing_hours,
    default_transactional_hours,
)
from campaigns.sender.hours import WritingHours, day_kind, is_holiday, zone_named

ROME = ZoneInfo("Europe/Rome")
LONDON = ZoneInfo("Europe/London")
# Hypothesis takes its bounds naive and adds the time zone itself.
FIRST = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LAST = datetime(2028, 12, 31, tzinfo=UTC).replace(tzinfo=None)
MARKETING = WritingHours.parse(default_marketing_hours(), last_start_minutes=15)


def rome(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ROME).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 11, 23), "weekday"),
        (date(2026, 11, 28), "saturday"),
        (date(2026, 11, 22), "sunday"),
        (date(2026, 12, 7), "holiday_eve"),
        (date(2026, 12, 8), "holiday"),
        (date(2026, 10, 4), "holiday"),
        (date(2026, 10, 3), "holiday_eve"),
        (date(2027, 3, 29), "holiday"),
    ],
)
def test_each_day_is_of_one_kind_and_a_holiday_comes_first(day, kind):
    assert day_kind(day) == kind


def test_saint_francis_is_a_holiday_only_since_2026():
    assert not is_holiday(date(2025, 10, 4))
    assert is_holiday(date(2027, 10, 4))


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (rome(2026, 11, 23, 9, 59), False),
        (rome(2026, 11, 23, 10, 0), True),
        (rome(2026, 11, 23, 19, 14), True),
        (rome(2026, 11, 23, 19, 15), False),
        (rome(2026, 11, 28, 18, 50), False),
        (rome(2026, 11, 22, 12, 0), False),
        (rome(2026, 12, 8, 12, 0), False),
    ],
)
def test_marketing_starts_within_its_hours_and_never_in_the_last_quarter(moment, open_):
    assert MARKETING.is_open(moment, ROME) is open_


def test_each_person_is_written_to_in_her_own_time():
    quarter_past_ten_in_rome = rome(2026, 11, 23, 10, 15)

    assert MARKETING.is_open(quarter_past_ten_in_rome, ROME)
    assert not MARKETING.is_open(quarter_past_ten_in_rome, LONDON)


def test_after_the_weekend_the_next_opening_is_monday_at_ten():
    friday_night = rome(2026, 11, 20, 22, 0)
    saturday_night = rome(2026, 11, 21, 22, 0)

    assert MARKETING.next_open(friday_night, ROME) == rome(2026, 11, 21, 10, 0)
    assert MARKETING.next_open(saturday_night, ROME) == rome(2026, 11, 23, 10, 0)


def test_the_opening_follows_the_wall_clock_over_the_autumn_change():
    saturday_night = rome(2026, 10, 24, 23, 0)

    opens = MARKETING.next_open(saturday_night, ROME)

    assert opens == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


def test_hours_that_never_close_have_no_last_quarter_and_no_closing():
    hours = WritingHours.parse(always(), last_start_minutes=15)

    assert hours.never_closes
    assert hours.is_open(rome(2026, 12, 25, 23, 59), ROME)
    assert hours.closes_at(rome(2026, 12, 25, 23, 59), ROME) is None


def test_closing_is_the_last_start_of_the_day():
    assert MARKETING.closes_at(rome(2026, 11, 23, 12, 0), ROME) == rome(2026, 11, 23, 19, 15)


def test_days_that_are_always_closed_have_no_next_opening():
    closed = WritingHours.parse(dict.fromkeys(default_marketing_hours()))

    assert closed.next_open(rome(2026, 11, 23, 12, 0), ROME) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weekday": ["19:00", "10:00"]}, "closing must come after opening"),
        ({"weekday": ["10", "19:00"]}, "not a time"),
        ({"weekday": ["10:00", "25:00"]}, "not a time"),
        ({"weekday": ["10:75", "19:00"]}, "not a time"),
        ({"weekday": ["10:00"]}, "pair"),
        ({"tuesday": ["10:00", "19:00"]}, "unknown kind of day: tuesday"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_the_reason(changes, message):
    with pytest.raises(ValueError, match=message):
        WritingHours.parse(default_marketing_hours() | changes)


def test_a_zone_that_means_nothing_counts_as_rome():
    assert zone_named("Mars/Olympus") == ROME


@given(
    at=st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)),
    zone=st.sampled_from(["Europe/Rome", "Europe/London", "America/New_York", "Asia/Tokyo"]),
)
def test_the_next_opening_is_open_and_nothing_before_it_is(at, zone):
    place = ZoneInfo(zone)

    opens = MARKETING.next_open(at, place)

    assert opens is not None
    assert MARKETING.is_open(opens, place)
    if opens > at:
        assert not MARKETING.is_open(at, place)
        assert not MARKETING.is_open(opens - timedelta(minutes=1), place)


def test_an_opening_is_known_by_the_moment_it_began():
    assert MARKETING.opened_at(rome(2026, 11, 23, 12, 0), ROME) == rome(2026, 11, 23, 10, 0)
    assert MARKETING.opened_at(rome(2026, 11, 23, 9, 0), ROME) is None


def test_an_opening_over_midnight_began_the_evening_before():
    nights = WritingHours.parse(
        always() | {"weekday": ["18:00", "24:00"], "saturday": ["00:00", "12:00"]}
    )

    assert nights.opened_at(rome(2026, 11, 21, 9, 0), ROME) == rome(2026, 11, 20, 18, 0)


ANYWHERE = [
    "Europe/Rome",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]


@pytest.mark.parametrize("zone", ANYWHERE)
@pytest.mark.parametrize(
    "night",
    [
        date(2026, 10, 24),  # clocks go back in Italy
        date(2027, 3, 27),  # and forward, on the eve of Easter
        date(2027, 4, 3),  # and in Australia
    ],
)
def test_people_are_woken_at_ten_by_their_own_clock_after_a_night_that_changes_it(zone, night):
    place = ZoneInfo(zone)
    evening = datetime(night.year, night.month, night.day, 23, 0, tzinfo=place).astimezone(UTC)

    opens = MARKETING.next_open(evening, place)

    assert opens is not None
    local = opens.astimezone(place)
    assert (local.hour, local.minute) == (10, 0)
    assert day_kind(local.date()) not in {"sunday", "holiday"}
    assert MARKETING.opened_at(opens, place) == opens


@pytest.mark.parametrize("zone", ANYWHERE)
@pytest.mark.parametrize(
    "holiday", [date(2026, 10, 4), date(2027, 3, 29), date(2026, 12, 25), date(2027, 1, 6)]
)
def test_a_holiday_is_the_day_of_the_person_on_both_sides_of_the_date_line(zone, holiday):
    place = ZoneInfo(zone)
    for hour in range(24):
        at = datetime(holiday.year, holiday.month, holiday.day, hour, 30, tzinfo=place)
        assert not MARKETING.is_open(at.astimezone(UTC), place)


def test_while_easter_monday_is_over_in_kiribati_it_lasts_in_samoa():
    tuesday_noon = datetime(2027, 3, 30, 12, 0, tzinfo=ZoneInfo("Pacific/Kiritimati"))

    assert MARKETING.is_open(tuesday_noon, ZoneInfo("Pacific/Kiritimati"))
    assert tuesday_noon.astimezone(ZoneInfo("Pacific/Pago_Pago")).date() == date(2027, 3, 29)
    assert not MARKETING.is_open(tuesday_noon, ZoneInfo("Pacific/Pago_Pago"))


def test_the_eve_of_a_holiday_closes_at_seven_like_a_saturday():
    assert MARKETING.is_open(rome(2026, 12, 7, 18, 44), ROME)
    assert not MARKETING.is_open(rome(2026, 12, 7, 18, 45), ROME)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_on_the_day_the_clock_changes_order_messages_keep_their_wall_clock_hours(day):
    orders = WritingHours.parse(default_transactional_hours())
    for hour, open_ in ((7, False), (8, True), (21, True), (22, False)):
        assert orders.is_open(rome(day.year, day.month, day.day, hour, 0), ROME) is open_
    noon = rome(day.year, day.month, day.day, 12, 0)
    assert orders.opened_at(noon, ROME) == rome(day.year, day.month, day.day, 8, 0)
    assert orders.closes_at(noon, ROME) == rome(day.year, day.month, day.day, 22, 0)


@given(
    at=st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)),
    zone=st.sampled_from(ANYWHERE),
)
def test_an_opening_begins_before_and_ends_after_whoever_is_in_it(at, zone):
    place = ZoneInfo(zone)
    opened, closes = MARKETING.opened_at(at, place), MARKETING.closes_at(at, place)

    if MARKETING.is_open(at, place):
        assert opened is not None
        assert closes is not None
        assert opened <= at < closes
        assert not MARKETING.is_open(opened - timedelta(seconds=1), place)
        assert not MARKETING.is_open(closes, place)
    else:
        assert (opened, closes) == (None, None)


def test_the_holidays_are_those_of_the_library_that_knows_every_country():
    for year in range(2024, 2060):
        ours = {date(year, 1, 1) + timedelta(days=day) for day in range(365)}

        assert {day for day in ours if is_holiday(day)} == {
            day for day in holidays.country_holidays("IT", years=year) if day in ours
        }
