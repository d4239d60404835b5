"""Order messages while a campaign takes all that it may: on a virtual clock, the sender's own rules.

Marketing and orders share one window. What must not happen is that marketing, at its pace beside a
clump of orders, fills the window before its time: then nothing starts until the clump is a minute
old, and that gap comes back every minute.
"""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models.account import always
from campaigns.sender.hours import WritingHours
from tests.campaigns.sender.virtual_sender import Broadcast, Scenario, VirtualSender
from tests.rolling import fullest

ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OPEN = WritingHours.parse(always())


def run(*, orders, per_minute=60, minutes=5, seed=1):
    """Return what started within `minutes` beside a campaign without end; `orders` in seconds."""
    plan = Scenario(
        now=ZERO,
        hours=OPEN,
        order_hours=OPEN,
        broadcasts=(Broadcast({"Europe/Rome": per_minute * minutes * 2}, ZERO),),
        orders=tuple(ZERO + timedelta(seconds=second) for second in orders),
        per_minute=per_minute,
        seed=seed,
    )
    return VirtualSender(plan).run(until=ZERO + timedelta(minutes=minutes)).starts


def at_random(*, every, minutes, seed):
    """Return seconds at which orders become due, one `every` so many seconds on average."""
    dice, moments = random.Random(seed), [0.0]
    while moments[-1] < minutes * 60:
        moments.append(moments[-1] + dice.expovariate(1 / every))
    return moments[1:-1]


def waits(starts, *, since=0.0):
    """Return how many seconds each order message waited that was due after `since`, the least first."""
    orders = [start for start in starts if start.campaign is None]
    late = [start for start in orders if start.due_at > ZERO + timedelta(seconds=since)]
    return sorted((start.at - start.due_at).total_seconds() for start in late)


def p95(ordered):
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


@pytest.mark.parametrize(("per_minute", "every"), [(20, 20), (60, 5), (120, 3)])
def test_an_order_at_full_load_starts_within_two_seconds_nineteen_times_of_twenty(
    per_minute, every
):
    waited = []
    for seed in range(12):
        orders = at_random(every=every, minutes=5, seed=seed)
        waited += waits(run(orders=orders, per_minute=per_minute, seed=seed), since=61)

    assert len(waited) > 140
    # Without the place that is kept, or without the turns that marketing waits for, it is more.
    assert p95(sorted(waited)) <= 1.0


def test_a_clump_of_orders_leaves_no_gap_that_comes_back_every_minute():
    orders = [20.0] * 15 + [float(second) for second in range(25, 300, 9)]

    waited = waits(run(orders=orders), since=24)

    assert len(waited) == 31
    assert waited[-1] <= 2.0


def test_a_clump_that_meets_a_full_window_has_every_place_that_becomes_free():
    starts = run(orders=[130.0] * 12)

    clump = [start.at for start in starts if start.campaign is None]
    meanwhile = [s for s in starts if s.campaign is not None and clump[0] < s.at < clump[-1]]
    assert len(clump) == 12
    # What was granted just before the clump may reach Spoki among it.
    assert len(meanwhile) <= 1
    # Eleven places beside the one that was kept, as marketing's even starts grow a minute old.
    assert clump[-1] - clump[0] < timedelta(seconds=11 * 61 / 56 * 1.2)


def test_marketing_is_at_work_again_a_minute_after_a_storm_of_orders():
    starts = run(orders=[100.0] * 400, minutes=12)

    last = max(start.at for start in starts if start.campaign is None)
    following = [s.at for s in starts if s.campaign is not None and s.at > last]
    assert following[0] - last <= timedelta(seconds=62)
    after = [at for at in following if at >= following[0] + timedelta(minutes=1)]
    assert len(after) / ((after[-1] - after[0]) / timedelta(minutes=1)) >= 0.95 * 57


@pytest.mark.parametrize("seed", range(3))
def test_with_orders_all_the_time_the_limit_is_used_and_never_passed(seed):
    orders = at_random(every=6, minutes=12, seed=seed)

    starts = run(orders=orders, minutes=12, seed=seed)

    times = [(start.at - ZERO).total_seconds() for start in starts]
    assert fullest(times, 60.0) <= 57
    assert sum(at >= 120 for at in times) / 10 >= 0.95 * 57
