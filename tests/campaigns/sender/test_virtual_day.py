"""A whole day of the sender on a virtual clock: thirty thousand people, and everything goes wrong.

Monday 7 December 2026 is the eve of a holiday: marketing closes at 19:00, so nothing starts after
18:45, in each person's own time. Lisbon is an hour behind Rome.
"""

import random
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from campaigns.models.account import default_marketing_hours, default_transactional_hours
from campaigns.sender.forecast import foresee
from campaigns.sender.hours import WritingHours
from tests.campaigns.sender.virtual_sender import Broadcast, Scenario, Stop, Storm, VirtualSender

ROME, LISBON = "Europe/Rome", "Europe/Lisbon"
PEOPLE = {ROME: 24_000, LISBON: 6_000}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURS = WritingHours.parse(default_marketing_hours(), last_start_minutes=15)
TO_THE_END = WritingHours.parse(default_marketing_hours())
ORDER_HOURS = WritingHours.parse(default_transactional_hours())


def rome(hour, minute=0):
    return datetime(2026, 12, 7, hour, minute, tzinfo=ZoneInfo(ROME)).astimezone(UTC)


STORM = Storm(rome(14), rome(14, 3), rest=timedelta(seconds=30))
STOP = Stop(rome(12), rome(12, 25))


def orders(count):
    """Return the moments at which order messages become due, at random over the day."""
    dice = random.Random(7)
    return tuple(rome(9) + timedelta(seconds=dice.uniform(0, 9.5 * 3600)) for _ in range(count))


@pytest.fixture(scope="module")
def day():
    """The day, and the end that a forecast foresaw just after the storm."""
    plan = Scenario(
        now=rome(9),
        hours=HOURS,
        order_hours=ORDER_HOURS,
        broadcasts=(Broadcast(PEOPLE, rome(9)),),
        orders=orders(800),
        storms=(STORM,),
        stops=(STOP,),
        per_minute=100,
        per_hour=6000,
    )
    sender = VirtualSender(plan).run(until=STORM.until + MINUTE)
    asked_at = sender.now
    foreseen = foresee(sender.world(), sender.waves())["0"].finish_at
    sender.run()
    return sender, asked_at, foreseen


def taken(sender, *, marketing):
    return [s for s in sender.starts if s.is_taken and (s.campaign is not None) == marketing]


def most_within(moments, window):
    """Return the largest number of moments in any half-open window of that length."""
    most = first = 0
    moments = sorted(moments)
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_the_day_takes_between_six_and_eight_hours(day):
    sender, _asked, _foreseen = day
    sent = [start.at for start in taken(sender, marketing=True)]

    assert timedelta(hours=6) <= max(sent) - rome(10) <= timedelta(hours=8)


@pytest.mark.parametrize(("window", "limit"), [(MINUTE, 100), (HOUR, 6000)])
def test_no_rolling_window_is_ever_exceeded_by_all_that_reached_spoki(day, window, limit):
    sender, _asked, _foreseen = day

    assert most_within([start.at for start in sender.starts], window) <= limit


def test_no_rolling_day_passes_the_tier_nor_marketing_its_share(day):
    sender, _asked, _foreseen = day
    everybody = taken(sender, marketing=True) + taken(sender, marketing=False)

    assert most_within([start.at for start in everybody], 24 * HOUR) <= sender.plan.tier * 0.8


def test_nobody_is_written_to_outside_the_hours_of_where_they_live(day):
    sender, _asked, _foreseen = day

    for start in (s for s in sender.starts if s.campaign is not None):
        assert TO_THE_END.is_open(start.at, ZoneInfo(start.person[1]))


def test_nothing_starts_in_the_last_quarter_of_an_hour(day):
    sender, _asked, _foreseen = day

    for start in (s for s in sender.starts if s.campaign is not None):
        zone = ZoneInfo(start.person[1])
        assert start.at.astimezone(zone).time() < time(18, 45, 1)


def test_order_messages_reach_spoki_within_two_seconds_of_becoming_due(day):
    sender, _asked, _foreseen = day
    calm = [
        start
        for start in taken(sender, marketing=False)
        if not STORM.at - MINUTE <= start.due_at <= STORM.until + MINUTE
    ]

    assert len(calm) > 700
    assert max(start.at - start.due_at for start in calm) <= timedelta(seconds=2)


def test_an_order_message_that_meets_the_storm_leaves_when_it_is_over(day):
    sender, _asked, _foreseen = day
    stormy = [s for s in taken(sender, marketing=False) if STORM.at <= s.due_at < STORM.until]

    assert stormy
    assert all(s.at <= STORM.until + timedelta(seconds=40) for s in stormy)


def test_nobody_is_written_to_twice_and_everybody_is_accounted_for(day):
    sender, _asked, _foreseen = day
    reached = Counter(start.person for start in sender.starts if start.is_taken)

    assert max(reached.values()) == 1
    assert len(taken(sender, marketing=True)) + sender.left == sum(PEOPLE.values())
    assert len(taken(sender, marketing=False)) == 800
    assert sender.left == 0


def test_the_pace_is_even_in_the_worst_second(day):
    sender, _asked, _foreseen = day

    assert most_within([s.at for s in taken(sender, marketing=True)], timedelta(seconds=1)) <= 4


def test_the_storm_is_answered_with_few_tries_and_half_the_speed(day):
    sender, _asked, _foreseen = day
    refused = [s for s in sender.starts if STORM.at <= s.at < STORM.until]

    # Retry-After 30 s in a storm of three minutes: a try every half minute.
    assert 3 <= len(refused) <= 12
    assert not any(start.is_taken for start in refused)


def test_a_paused_template_stops_the_campaign_until_a_person_resumes_it(day):
    sender, _asked, _foreseen = day
    meanwhile = [s for s in sender.starts if s.campaign == 0 and STOP.at <= s.at < STOP.until]

    assert len(meanwhile) <= 1
    assert not any(start.is_taken for start in meanwhile)


def test_the_limit_is_used_while_people_wait_and_nothing_holds_them(day):
    sender, _asked, _foreseen = day
    # From the end of Lisbon's gentle opening to the pause, and from the recovery to the last hour.
    calm = [(rome(11, 20), rome(11, 59)), (rome(12, 45), rome(13, 59)), (rome(14, 20), rome(16))]

    for since, until in calm:
        used = sum(since <= start.at < until for start in sender.starts)
        assert used / (100 * 0.95 * ((until - since) / MINUTE)) >= 0.95


def test_the_end_is_where_the_forecast_saw_it_after_the_storm(day):
    sender, asked, foreseen = day
    ended = max(start.at for start in taken(sender, marketing=True))

    assert abs(ended - foreseen) <= 0.03 * (ended - asked)


def test_whoever_waits_at_the_last_hour_expires_and_the_counts_still_add_up():
    plan = Scenario(
        now=rome(9),
        hours=HOURS,
        order_hours=ORDER_HOURS,
        broadcasts=(Broadcast({ROME: 3000}, rome(9), ends_at=rome(10, 30)),),
    )
    foreseen = foresee(VirtualSender(plan).world(), VirtualSender(plan).waves())["0"]

    sender = VirtualSender(plan).run()

    (queue,) = sender.queues
    sent = taken(sender, marketing=True)
    assert len(sent) + queue.expired == 3000
    assert max(start.at for start in sent) < rome(10, 30) + timedelta(seconds=1)
    assert abs(queue.expired - foreseen.expired) <= 0.03 * foreseen.expired


def test_two_campaigns_share_the_day_as_foreseen_and_the_spread_one_stays_even():
    plan = Scenario(
        now=rome(9),
        hours=HOURS,
        order_hours=ORDER_HOURS,
        broadcasts=(
            Broadcast({ROME: 3000}, rome(9)),
            Broadcast({ROME: 1200, LISBON: 600}, rome(10), per_second=1800 / (4 * 3600)),
        ),
    )
    foreseen = foresee(VirtualSender(plan).world(), VirtualSender(plan).waves())

    sender = VirtualSender(plan).run()

    for place in (0, 1):
        moments = sorted(s.at for s in taken(sender, marketing=True) if s.campaign == place)
        took = moments[-1] - rome(10)
        assert abs(foreseen[str(place)].finish_at - moments[-1]) <= 0.03 * took
    spread = sorted(s.at for s in taken(sender, marketing=True) if s.campaign == 1)
    assert max(later - earlier for earlier, later in pairwise(spread)) < MINUTE


def test_a_small_tier_over_days_ends_where_it_was_foreseen():
    plan = Scenario(
        now=rome(9),
        hours=HOURS,
        order_hours=ORDER_HOURS,
        broadcasts=(Broadcast({ROME: 4000}, rome(9)),),
        tier=2000,
    )
    foreseen = foresee(VirtualSender(plan).world(), VirtualSender(plan).waves())["0"].finish_at

    sender = VirtualSender(plan).run()

    moments = [start.at for start in taken(sender, marketing=True)]
    assert most_within(moments, 24 * HOUR) <= 1600
    assert abs(max(moments) - foreseen) <= 0.03 * (max(moments) - rome(10))
