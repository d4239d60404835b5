"""Policies as plain figures: what is written reads back the same, and nothing unknown gets in."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sender.policy import DEFAULT_POLICY, Cap, Policy, StopRules, TierLimits
from campaigns.sender.policy_shape import PolicyUnreadable, figures_of, policy_from

durations = st.timedeltas(timedelta(0), timedelta(days=400))
shares = st.floats(0, 1)
counts = st.integers(0, 10**6)
SCALARS = {timedelta: durations, float: shares, int: counts}


def of(shape, **lists):
    hints = get_type_hints(shape)
    drawn = {field.name: SCALARS.get(hints[field.name]) for field in fields(shape)}
    return st.builds(
        shape, **{name: found for name, found in drawn.items() if found is not None} | lists
    )


policies = of(
    Policy,
    stop=of(StopRules),
    caps=st.lists(of(Cap), max_size=4).map(tuple),
    ramp=st.lists(shares, max_size=4).map(tuple),
    tiers=st.lists(
        of(
            TierLimits,
            name=st.text(max_size=9),
            people=st.none() | counts,
            per_hour=st.none() | counts,
        ),
        max_size=4,
    ).map(tuple),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(policy=policies)
def test_what_was_written_reads_back_the_same(policy):
    assert policy_from(json.loads(json.dumps(figures_of(policy)))) == policy


@given(name=st.sampled_from([field.name for field in fields(Policy)]), value=anything)
def test_any_other_value_is_read_or_refused_and_never_breaks(name, value):
    try:
        policy = policy_from({name: value})
    except PolicyUnreadable:
        return
    assert figures_of(policy) == {**figures_of(DEFAULT_POLICY), name: figures_of(policy)[name]}


def test_a_figure_that_is_missing_takes_its_default():
    assert policy_from({}) == DEFAULT_POLICY
    assert policy_from({"stop": {"opt_outs": 0.02}}).stop == StopRules(opt_outs=0.02)


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"yelow_factor": 0.5}, "unknown: yelow_factor"),
        ({"stop": {"opt_ins": 1}}, "unknown: stop.opt_ins"),
        ({"caps": [{"most": 1, "period": 60, "often": 2}]}, "unknown: caps.0.often"),
        ({"caps": [{"most": 1}]}, "caps.0.period is missing"),
        ({"breaker_in_a_row": 5.5}, "breaker_in_a_row: int is expected"),
        ({"breaker_in_a_row": True}, "breaker_in_a_row: int is expected"),
        ({"yellow_factor": "0.5"}, "yellow_factor: float is expected"),
        ({"canary_hold": float("nan")}, "canary_hold: timedelta is expected"),
        ({"canary_hold": 1e300}, "canary_hold: too large"),
        ({"ramp": 0.5}, "ramp: a list is expected"),
        ([], "policy: figures by name are expected"),
    ],
)
def test_what_is_unknown_or_of_another_kind_is_refused_by_name(figures, told):
    with pytest.raises(PolicyUnreadable) as refused:
        policy_from(figures)

    assert str(refused.value) == told


def test_a_whole_number_may_stand_for_a_share():
    assert policy_from({"yellow_factor": 1}) == replace(DEFAULT_POLICY, yellow_factor=1.0)
