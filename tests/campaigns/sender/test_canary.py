"""The shares in which a campaign leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sender.canary import (
    first_step,
    hold_of,
    is_blind,
    may_go_on,
    room,
    step_after,
    steps,
)
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.stop_rules import Figures

POLICY = replace(DEFAULT_POLICY, canary_hold=timedelta(minutes=60), ramp_hold=timedelta(minutes=30))
shares = st.floats(0.001, 0.5)
totals = st.integers(1, 2_000_000)


def mosts(total: int, share: float) -> list[int]:
    return [step.most for step in steps(total=total, share=share, policy=POLICY)]


@pytest.mark.parametrize(
    ("total", "share", "expected"),
    [
        (30_000, 0.01, [300, 1_500, 4_500]),
        (30_000, 0.02, [500, 1_500, 4_500]),
        (1_000, 0.10, [100, 150]),
        (1_000, 0.20, [200]),
        (10, 0.05, [1, 2]),
        (1, 0.50, [1]),
        (30_000, 0.0, []),
        (0, 0.1, []),
    ],
)
def test_a_campaign_leaves_in_a_first_share_then_the_ramp_then_the_rest(total, share, expected):
    assert mosts(total, share) == expected


@given(total=totals, share=shares)
def test_the_first_share_is_never_more_than_the_share_nor_the_canary_size(total, share):
    first = first_step(total=total, share=share, policy=POLICY)

    assert first is not None
    assert 1 <= first.most <= min(POLICY.canary_size, total * share + 1)


@given(total=totals, share=shares)
def test_each_step_brings_somebody_new_and_none_brings_everybody(total, share):
    found = mosts(total, share)

    assert found == sorted(set(found))
    assert all(most < total for most in found[1:])


@given(total=totals, share=shares)
def test_walking_from_step_to_step_meets_every_step_and_ends(total, share):
    walked, most = [], 0
    while (step := step_after(most, total=total, share=share, policy=POLICY)) is not None:
        most = step.most
        walked.append(most)

    assert walked == mosts(total, share)


def test_the_first_share_is_watched_longer_than_the_steps_that_follow():
    def held(most: int) -> timedelta:
        return hold_of(most, total=30_000, share=0.01, policy=POLICY)

    assert (held(300), held(1_500)) == (timedelta(minutes=60), timedelta(minutes=30))


@pytest.mark.parametrize(
    ("started", "reserved", "expected"), [(0, 0, 5), (3, 1, 1), (3, 2, 0), (5, 0, 0), (6, 3, 0)]
)
def test_what_is_reserved_takes_its_room_like_what_has_started(started, reserved, expected):
    assert room(most=5, started=started, reserved=reserved) == expected


def test_a_share_of_which_no_receipt_has_come_cannot_be_judged():
    silent = Figures(started=200, sent=200, ripe=90)

    assert is_blind(silent)
    assert may_go_on(silent, POLICY)[0] is False


def test_a_share_that_arrived_lets_the_next_follow():
    fine = Figures(started=200, sent=200, delivered=190, ripe=200, ripe_delivered=190)

    assert may_go_on(fine, POLICY)[0] is True


def test_a_share_beyond_a_stop_threshold_holds():
    bad = Figures(started=200, sent=200, delivered=190, ripe=200, ripe_delivered=190, opt_outs=3)

    allowed, verdict = may_go_on(bad, POLICY)

    assert (allowed, verdict.findings[0]["code"]) == (False, "stop_opt_outs")
