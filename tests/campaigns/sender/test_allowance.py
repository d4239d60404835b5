"""How many may start now: pure, so that any history can be tried."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.sender.allowance import (
    AccountState,
    Demand,
    People,
    Rolling,
    allowance,
    next_start,
    put_off,
    starts_due,
)
from campaigns.sender.policy import LOWEST_TIER

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
BACKLOG = Demand(backlog=30_000)


def state(**changes) -> AccountState:
    fresh = AccountState(
        template_minute=Rolling("minute_limit", 60, 60.0),
        text_minute=Rolling("text_minute_limit", 120, 60.0),
        hour=None,
        people=People(100_000),
        margin=0.05,
        marketing_share=0.8,
        lease_seconds=1.0,
    )
    return replace(fresh, **changes)


def codes(allowed) -> list[str]:
    return [wait.code for wait in allowed.waits]


def test_the_margin_is_never_used():
    allowed = allowance(now=NOW, account=state(), demand=BACKLOG)

    assert allowed.templates == 57
    assert allowed.texts == 114


def test_order_messages_may_take_the_whole_window_at_once_and_marketing_only_its_pace():
    allowed = allowance(now=NOW, account=state(), demand=BACKLOG)

    assert allowed.templates == 57
    assert allowed.marketing == 1


def test_marketing_is_paced_evenly_over_the_window_and_its_lease():
    allowed = allowance(now=NOW, account=state(), demand=BACKLOG)

    # 57 less the one kept for orders.
    assert allowed.pace_per_second == pytest.approx(56 / 61)
    assert "even_pace" in codes(allowed)


def test_nothing_starts_while_the_window_is_full_and_the_wait_says_so():
    full = Rolling("minute_limit", 60, 60.0, used=57, frees_at=NOW + timedelta(seconds=9))

    allowed = allowance(now=NOW, account=state(template_minute=full), demand=BACKLOG)

    assert (allowed.templates, allowed.marketing) == (0, 0)
    assert "minute_limit" in codes(allowed)
    assert allowed.look_again_at == NOW + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(1, 0), (2, 0), (3, 1), (5, 1), (60, 1), (84, 1), (85, 2), (120, 2), (1200, 28)],
)
def test_marketing_leaves_one_place_in_forty_at_least_one_and_never_the_only_one(limit, kept):
    minute = Rolling("minute_limit", limit, 60.0)

    assert minute.kept(margin=0.05, speed=1.0) == kept


def test_the_last_place_of_the_minute_is_there_for_an_order_and_not_for_marketing():
    frees = NOW + timedelta(seconds=9)
    account = state(template_minute=Rolling("minute_limit", 60, 60.0, used=56, frees_at=frees))

    allowed = allowance(now=NOW, account=account, demand=BACKLOG)

    assert (allowed.templates, allowed.orders, allowed.marketing) == (1, 1, 0)
    assert [(w.code, w.figures) for w in allowed.waits] == [
        ("minute_kept", {"limit": 60, "count": 1})
    ]
    assert allowed.look_again_at == frees


def test_an_order_of_the_same_claim_takes_its_place_before_marketing_and_not_the_kept_one():
    account = state(template_minute=Rolling("minute_limit", 60, 60.0, used=55))

    allowed = allowance(now=NOW, account=account, demand=BACKLOG)

    assert allowed.marketing_beside(templates=0, texts=0) == 1
    assert allowed.marketing_beside(templates=1, texts=0) == 0


def test_the_last_places_of_the_hour_are_kept_from_marketing_by_either_route():
    hour = Rolling("hour_limit", 1000, 3600.0, used=927, frees_at=NOW + timedelta(minutes=5))
    bulk = Rolling("automation_minute_limit", 1200, 60.0, has_orders=False)

    allowed = allowance(now=NOW, account=state(hour=hour, automation_minute=bulk), demand=BACKLOG)

    assert (allowed.orders, allowed.texts, allowed.total) == (23, 23, 23)
    assert (allowed.marketing, allowed.automations) == (0, 0)
    assert ("hour_kept", {"limit": 1000, "count": 23}) in [
        (w.code, w.figures) for w in allowed.waits
    ]
    assert allowed.look_again_at == NOW + timedelta(minutes=5)


def test_a_small_limit_per_hour_is_not_kept_from_marketing_by_a_large_one_per_minute():
    minute, hour = Rolling("minute_limit", 1200, 60.0), Rolling("hour_limit", 20, 3600.0)

    allowed = allowance(now=NOW, account=state(template_minute=minute, hour=hour), demand=BACKLOG)

    assert allowed.marketing == 1


def test_no_place_is_kept_where_no_order_ever_leaves():
    bulk = Rolling("automation_minute_limit", 60, 60.0, used=56, has_orders=False)

    allowed = allowance(now=NOW, account=state(automation_minute=bulk), demand=BACKLOG)

    assert allowed.automations == 1
    assert allowed.automation_pace_per_second == pytest.approx(57 / 61)


def test_kept_places_are_no_reason_to_look_again_where_marketing_stands_still():
    nearly = Rolling("minute_limit", 60, 60.0, used=56, frees_at=NOW + timedelta(seconds=9))

    allowed = allowance(
        now=NOW, account=state(template_minute=nearly, quality="red"), demand=BACKLOG
    )

    assert allowed.look_again_at is None
    assert codes(allowed) == ["quality_red"]


def test_the_limit_per_hour_binds_everything():
    hour = Rolling("hour_limit", 1000, 3600.0, used=950, frees_at=NOW + timedelta(minutes=5))

    allowed = allowance(now=NOW, account=state(hour=hour), demand=BACKLOG)

    assert (allowed.templates, allowed.texts, allowed.marketing) == (0, 0, 0)
    assert "hour_limit" in codes(allowed)


def test_marketing_never_takes_the_people_kept_for_orders():
    allowed = allowance(now=NOW, account=state(people=People(1000, used=800)), demand=BACKLOG)

    assert allowed.marketing == 0
    assert allowed.templates == 57
    wait = next(w for w in allowed.waits if w.code == "daily_limit")
    assert wait.figures == {"left": 200, "limit": 1000, "kept": 200}


def test_where_marketing_has_used_up_its_people_no_pace_is_promised_but_when_people_are_free():
    frees = NOW + timedelta(hours=3)
    full = state(people=People(1000, used=800, frees_at=frees))

    allowed = allowance(now=NOW, account=full, demand=BACKLOG)

    assert codes(allowed) == ["daily_limit", "daily_limit_frees"]
    assert allowed.waits[1].figures == {"until": frees.isoformat()}


def test_nobody_new_is_written_to_once_the_tier_is_used_up():
    allowed = allowance(now=NOW, account=state(people=People(1000, used=1000)), demand=Demand())

    assert allowed.new_people == 0
    assert "daily_limit" in codes(allowed)


def test_a_tier_that_was_never_read_counts_as_the_lowest():
    allowed = allowance(
        now=NOW, account=state(people=People(None, used=LOWEST_TIER)), demand=BACKLOG
    )

    assert (allowed.new_people, allowed.marketing) == (0, 0)
    assert "daily_limit_unknown" in codes(allowed)


def test_a_tier_too_small_for_the_backlog_is_spread_until_the_hours_close():
    demand = Demand(backlog=30_000, closes_at=NOW + timedelta(hours=5))

    allowed = allowance(now=NOW, account=state(people=People(2_250)), demand=demand)

    assert allowed.pace_per_second == pytest.approx(1800 / (5 * 3600))


def test_a_tier_large_enough_does_not_slow_anything():
    demand = Demand(backlog=600, closes_at=NOW + timedelta(hours=5))

    allowed = allowance(now=NOW, account=state(people=People(2_000)), demand=demand)

    assert allowed.pace_per_second == pytest.approx(56 / 61)


def test_medium_quality_halves_marketing_and_leaves_order_messages_alone():
    allowed = allowance(now=NOW, account=state(quality="yellow"), demand=BACKLOG)

    assert allowed.pace_per_second == pytest.approx(56 / 61 / 2)
    assert allowed.templates == 57


@pytest.mark.parametrize("quality", ["red", "unreadable"])
def test_low_or_unreadable_quality_stops_marketing_only(quality):
    allowed = allowance(now=NOW, account=state(quality=quality), demand=BACKLOG)

    assert allowed.marketing == 0
    assert allowed.templates == 57
    assert f"quality_{quality}" in codes(allowed)


def test_a_slower_speed_shrinks_every_limit():
    allowed = allowance(now=NOW, account=state(speed=0.5), demand=BACKLOG)

    assert allowed.templates == 28
    assert allowed.pace_per_second == pytest.approx(27 / 61)


def test_a_paused_account_starts_nothing_and_says_why():
    allowed = allowance(now=NOW, account=state(pause_code="spam_limit"), demand=BACKLOG)

    assert (allowed.templates, allowed.texts, allowed.marketing) == (0, 0, 0)
    assert allowed.waits[0].figures == {"why": "spam_limit"}


def test_a_429_on_templates_leaves_replies_alone():
    until = NOW + timedelta(seconds=30)

    allowed = allowance(now=NOW, account=state(templates_frozen_until=until), demand=BACKLOG)

    assert (allowed.templates, allowed.marketing, allowed.texts) == (0, 0, 114)
    assert allowed.look_again_at == until


def test_the_hour_is_one_total_for_texts_and_templates():
    hour = Rolling("hour_limit", 20, 3600.0, used=9)

    assert allowance(now=NOW, account=state(hour=hour), demand=BACKLOG).total == 10


def test_a_freeze_ends_by_itself():
    until = NOW + timedelta(seconds=30)
    frozen = state(frozen_until=until)

    during = allowance(now=NOW, account=frozen, demand=BACKLOG)
    after = allowance(now=until, account=frozen, demand=BACKLOG)

    assert (during.templates, during.look_again_at) == (0, until)
    assert after.templates == 57


def test_even_the_smallest_limit_lets_one_through():
    tiny = Rolling("minute_limit", 1, 60.0)

    assert allowance(now=NOW, account=state(template_minute=tiny), demand=BACKLOG).templates == 1


def test_lateness_is_caught_up_by_half_a_second_at_most():
    an_hour_ago = NOW - timedelta(hours=1)

    assert starts_due(now=NOW, pace_at=an_hour_ago, per_second=2.0) == 2
    assert starts_due(now=NOW, pace_at=NOW + timedelta(milliseconds=1), per_second=2.0) == 0


def test_an_order_puts_marketing_off_for_as_long_as_the_window_takes_to_free_a_place():
    allowed = allowance(now=NOW, account=state(), demand=BACKLOG)

    assert allowed.puts_off_by(templates=3, texts=0) == pytest.approx(3 * 61 / 57)


def test_a_reply_without_template_puts_marketing_off_only_where_the_hour_sets_its_pace():
    hour = Rolling("hour_limit", 1000, 3600.0)

    by_the_minute = allowance(now=NOW, account=state(), demand=BACKLOG)
    by_the_hour = allowance(now=NOW, account=state(hour=hour), demand=BACKLOG)

    assert by_the_minute.puts_off_by(templates=0, texts=5) == 0
    assert by_the_hour.puts_off_by(templates=1, texts=5) == pytest.approx(6 * 3601 / 950)


def test_what_puts_marketing_off_counts_from_its_next_start_or_from_now_if_that_is_long_past():
    soon, long_past = NOW + timedelta(seconds=3), NOW - timedelta(hours=1)

    assert put_off(now=NOW, pace_at=soon, seconds=2.0) == NOW + timedelta(seconds=5)
    assert put_off(now=NOW, pace_at=long_past, seconds=2.0) == NOW + timedelta(seconds=1.5)
    assert put_off(now=NOW, pace_at=None, seconds=2.0) == NOW + timedelta(seconds=2)


def test_no_pace_owes_nothing():
    assert starts_due(now=NOW, pace_at=None, per_second=0.0) == 0


windows: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    limit=st.integers(1, 200),
    seconds=st.floats(2, 100),
    margin=st.floats(0, 0.5),
    lease=st.floats(0.05, 2),
    speed=st.floats(0.05, 1),
)


@settings(max_examples=200)
@given(
    window=windows,
    steps=st.lists(
        st.tuples(st.floats(0, 20), st.integers(1, 100), st.floats(0, 1)), min_size=1, max_size=60
    ),
)
def test_no_rolling_window_is_ever_exceeded(window, steps):
    """Whoever asks at whatever moments, takes what it gets and starts within the lease."""
    grants: list[tuple[float, int]] = []
    starts: list[float] = []
    clock = 0.0
    for pause, wanted, lateness in steps:
        clock += pause
        counted = window["seconds"] + window["lease"]
        used = sum(count for at, count in grants if at > clock - counted)
        account = state(
            template_minute=Rolling("minute_limit", window["limit"], window["seconds"], used),
            margin=window["margin"],
            speed=window["speed"],
        )
        taken = min(wanted, allowance(now=NOW, account=account, demand=BACKLOG).templates)
        grants.append((clock, taken))
        starts += [clock + lateness * window["lease"]] * taken
    starts.sort()
    most = max(1, int(window["limit"] * (1 - window["margin"]) * window["speed"] + 1e-9))
    for earlier, later in zip(starts, starts[most:], strict=False):
        assert later - earlier >= window["seconds"] - 1e-6


@given(limit=st.integers(20, 600), seed=st.integers(0, 1000))
@settings(max_examples=50)
def test_with_a_backlog_the_even_pace_uses_the_allowance(limit, seed):
    """Asked every quarter of a second for five minutes, 97 % of the paced limit leaves."""
    account = state(template_minute=Rolling("minute_limit", limit, 60.0))
    pace = allowance(now=NOW, account=account, demand=BACKLOG).pace_per_second
    pace_at, sent, moment = None, 0, NOW
    for _ in range(5 * 60 * 4):
        moment += timedelta(milliseconds=250)
        due = starts_due(now=moment, pace_at=pace_at, per_second=pace)
        if due:
            pace_at = next_start(now=moment, pace_at=pace_at, per_second=pace, started=due)
            sent += due
    assert sent >= 0.97 * pace * 300
    assert sent <= pace * 300 + pace + 1


def test_places_of_the_tier_that_come_back_one_by_one_are_taken_at_the_pace_of_a_whole_day():
    opened, closes = NOW - timedelta(hours=1), NOW + timedelta(hours=8)
    demand = Demand(backlog=5000, closes_at=closes, opened_at=opened)

    allowed = allowance(now=NOW, account=state(people=People(2000, used=1599)), demand=demand)

    # One place is free: its turn, and soon the next one's, not one turn in eight hours.
    assert allowed.marketing == 1
    assert allowed.pace_per_second == pytest.approx(1600 / (9 * 3600))


def test_a_cut_speed_slows_the_pace_and_leaves_the_hours_window_open_to_orders():
    half_used = Rolling("hour_limit", 1000, 3600.0, used=600, frees_at=NOW + timedelta(minutes=5))

    allowed = allowance(now=NOW, account=state(hour=half_used, speed=0.5), demand=BACKLOG)

    assert allowed.templates == 28
    assert allowed.pace_per_second == pytest.approx(464 / 3601)


def test_a_freeze_that_is_over_does_not_hide_when_the_full_window_frees():
    full = Rolling("minute_limit", 60, 60.0, used=57, frees_at=NOW + timedelta(seconds=9))

    thawed = state(template_minute=full, templates_frozen_until=NOW)

    assert allowance(now=NOW, account=thawed, demand=BACKLOG).look_again_at == NOW + timedelta(
        seconds=9
    )
