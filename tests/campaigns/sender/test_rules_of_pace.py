"""How evenly marketing leaves, how much of a limit it uses, and what it leaves to orders and replies."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.sender.allowance import (
    Allowance,
    Demand,
    People,
    allowance,
    next_start,
    put_off,
    starts_due,
)
from tests.campaigns.sender.ledger_of_lists import (
    EPSILON,
    MINUTE,
    ZERO,
    Account,
    clock,
    for_marketing,
    fullest,
    usable,
)


def run_paced(limit: int, seed: int, *, slow: float, minutes: int) -> list[float]:
    """Ask as the drain does (each quarter of a second, or when the pace says) with a backlog."""
    dice = random.Random(seed)
    account = Account(limit, 120, None, 10**6, 0.05, 0.8, 1.0)
    now, starts = 0.0, []
    while now < minutes * MINUTE:
        allowed = allowance(
            now=clock(now), account=account.state(now), demand=Demand(30_000, clock(40_000))
        )
        if taken := allowed.marketing:
            account.grants["template"].note(now, taken)
            starts += [now] * taken
            account.pace_at = next_start(
                now=clock(now),
                pace_at=account.pace_at,
                per_second=allowed.pace_per_second,
                started=taken,
                jitter=dice.uniform(0.8, 1.2),
            )
        now = _asked_again(now, account, slow * dice.random())
    return starts


def _asked_again(now: float, account: Account, late: float) -> float:
    pace_at = account.pace_at or clock(now)
    waits = min(0.25, max(0.0, (pace_at - clock(now)).total_seconds()))
    return now + max(0.01, waits) + late


@given(limit=st.integers(60, 300), seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_with_a_backlog_95_percent_of_the_limit_less_the_margin_is_used(limit, seed):
    starts = run_paced(limit, seed, slow=0.02, minutes=11)

    used = sum(at >= MINUTE for at in starts) / 10
    assert used >= 0.95 * usable(limit, 0.05)
    assert fullest(starts, MINUTE) <= for_marketing(limit, 0.05)


@given(limit=st.integers(1, 60), seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_marketing_alone_uses_all_of_a_small_limit_but_the_place_that_is_kept(limit, seed):
    starts = run_paced(limit, seed, slow=0.02, minutes=11)

    # Whole starts: what begins within these ten minutes may end beyond them.
    used = sum(at >= MINUTE for at in starts) + 1
    assert used >= 0.95 * for_marketing(limit, 0.05) * 10
    assert fullest(starts, MINUTE) <= for_marketing(limit, 0.05)


@given(limit=st.integers(20, 240), seed=st.integers(0, 10_000), slow=st.floats(0, 0.3))
@settings(max_examples=12, deadline=None)
def test_marketing_never_leaves_in_bursts(limit, seed, slow):
    """However late the drain asks: at most the pace, half a second of it, and one more."""
    starts = run_paced(limit, seed, slow=slow, minutes=2)

    assert fullest(starts, 1.0) <= 1.5 * limit * 0.95 / 61 / 0.8 + 2


@given(
    pace=st.floats(0.1, 20),
    late=st.floats(0, 3_600),
    started=st.integers(1, 50),
    jitter=st.floats(0.8, 1.2),
)
def test_the_pace_catches_up_by_half_a_second_at_most_and_jitters_by_a_fifth(
    pace, late, started, jitter
):
    pace_at = ZERO - timedelta(seconds=late)
    due = starts_due(now=ZERO, pace_at=pace_at, per_second=pace)
    following = next_start(
        now=ZERO, pace_at=pace_at, per_second=pace, started=started, jitter=jitter
    )

    assert due <= 1 + 0.5 * pace + 1e-6
    step = (following - max(pace_at, ZERO - timedelta(seconds=0.5))).total_seconds()
    assert 0.8 * started / pace - 1e-5 <= step <= 1.2 * started / pace + 1e-5


@settings(deadline=None)
@given(
    limit=st.integers(1, 120),
    steps=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 120)), max_size=40),
)
def test_orders_never_put_marketing_off_for_longer_than_the_window_takes_to_free(limit, steps):
    """However many come, however long: once they are over marketing is at work within the minute."""
    account, now = Account(limit, 120, None, 10**6, 0.05, 0.8, 1.0), 0.0
    for pause, wanted in steps:
        now += pause
        allowed = allowance(
            now=clock(now), account=account.state(now), demand=Demand(30_000, clock(40_000))
        )
        taken = min(wanted, allowed.orders)
        account.grants["template"].note(now, taken)
        seconds = allowed.puts_off_by(templates=taken, texts=0)
        account.pace_at = put_off(now=clock(now), pace_at=account.pace_at, seconds=seconds)

        assert account.pace_at <= clock(now + MINUTE + account.lease + EPSILON)


@given(now=st.floats(-600, -0.001), per_second=st.floats(0.01, 20))
def test_a_clock_that_stepped_back_owes_nothing_until_it_is_there_again(now, per_second):
    assert starts_due(now=clock(now), pace_at=ZERO, per_second=per_second) == 0


@given(
    limit=st.integers(1, 1000),
    used=st.integers(0, 1000),
    share=st.floats(0, 1),
    backlog=st.integers(0, 40_000),
)
def test_marketing_can_never_touch_the_people_kept_for_orders(limit, used, share, backlog):
    account = Account(600, 120, None, limit, 0.0, share, 1.0)
    state = replace(account.state(0.0), people=People(limit, used))

    allowed = allowance(now=ZERO, account=state, demand=Demand(backlog, clock(1_000)))

    assert used + allowed.marketing <= max(used, limit * share + 1e-6)
    assert allowed.new_people == max(0, limit - used)


@given(
    limit=st.integers(1, 300),
    used=st.integers(0, 300),
    margin=st.sampled_from([0.0, 0.05, 0.5]),
    speed=st.floats(0.05, 1),
    backlog=st.integers(0, 40_000),
)
def test_order_messages_find_every_free_place_and_marketing_none_of_those_kept(
    limit, used, margin, speed, backlog
):
    account = Account(limit, 120, None, 10**6, margin, 0.8, 1.0, speed=speed)
    account.grants["template"].note(-10.0, used)

    allowed = allowance(now=ZERO, account=account.state(0.0), demand=Demand(backlog, clock(1_000)))

    assert allowed.orders == max(0, usable(limit, margin, speed) - used)
    assert used + allowed.marketing <= max(used, for_marketing(limit, margin, speed))
    assert allowed.marketing >= (used < for_marketing(limit, margin, speed))


@given(texts=st.integers(0, 200), templates=st.integers(0, 60))
def test_what_replies_and_orders_took_is_not_there_for_marketing(texts, templates):
    allowed = Allowance(
        templates=57,
        texts=114,
        orders=57,
        marketing=40,
        total=100,
        new_people=50,
        pace_per_second=1.0,
    )

    beside = allowed.marketing_beside(templates=templates, texts=texts)

    assert 0 <= beside <= 40
    assert beside == 0 or beside + templates <= 50
    assert beside == 0 or beside + templates + texts <= 100
