"""When a campaign is watched and when it is stopped: the thresholds, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sender.policy import DEFAULT_POLICY, StopRules
from campaigns.sender.stop_rules import Figures, Level, judge

RULES = DEFAULT_POLICY.stop
GOOD = Figures(
    started=1000,
    sent=1000,
    delivered=1000,
    ripe=1000,
    ripe_delivered=1000,
    ripe_for_reading=1000,
    ripe_read=1000,
)


def figures(**changes: int) -> Figures:
    fields = {name: getattr(GOOD, name) for name in Figures.__dataclass_fields__}
    return Figures(**fields | changes)


def level_of(code: str, found: Figures, rules: StopRules = RULES) -> Level:
    return next(line.level for line in judge(found, rules).lines if line.code == code)


@pytest.mark.parametrize(
    ("code", "changes", "level"),
    [
        ("stop_opt_outs", {"opt_outs": 5}, Level.GOOD),
        ("stop_opt_outs", {"opt_outs": 6}, Level.WATCH),
        ("stop_opt_outs", {"opt_outs": 15}, Level.WATCH),
        ("stop_opt_outs", {"opt_outs": 16}, Level.STOP),
        ("stop_failures", {"failures": 30}, Level.GOOD),
        ("stop_failures", {"failures": 31}, Level.WATCH),
        ("stop_failures", {"failures": 100}, Level.WATCH),
        ("stop_failures", {"failures": 101}, Level.STOP),
        ("stop_undeliverable", {"undeliverable": 50}, Level.GOOD),
        ("stop_undeliverable", {"undeliverable": 51}, Level.WATCH),
        ("stop_undeliverable", {"undeliverable": 150}, Level.WATCH),
        ("stop_undeliverable", {"undeliverable": 151}, Level.STOP),
        ("stop_delivered", {"ripe_delivered": 850}, Level.GOOD),
        ("stop_delivered", {"ripe_delivered": 849}, Level.WATCH),
        ("stop_delivered", {"ripe_delivered": 700}, Level.WATCH),
        ("stop_delivered", {"ripe_delivered": 699}, Level.STOP),
        ("stop_read", {"ripe_read": 400}, Level.GOOD),
        ("stop_read", {"ripe_read": 399}, Level.WATCH),
        ("stop_read", {"ripe_read": 0}, Level.WATCH),
        ("stop_read", {"ripe_read": 200, "bored_before": True}, Level.WATCH),
        ("stop_read", {"ripe_read": 199, "bored_before": True}, Level.STOP),
    ],
)
def test_each_rule_watches_and_stops_exactly_beyond_its_thresholds(code, changes, level):
    assert level_of(code, figures(**changes)) == level


def test_opt_outs_are_a_share_of_who_got_it_not_of_who_was_sent_it():
    assert level_of("stop_opt_outs", figures(opt_outs=10, delivered=600)) == Level.STOP


@pytest.mark.parametrize(("sent", "level"), [(99, Level.UNJUDGED), (100, Level.STOP)])
def test_fewer_people_than_the_minimum_sample_say_nothing(sent, level):
    assert level_of("stop_failures", figures(sent=sent, failures=99)) == level


def test_nothing_sent_is_judged_neither_good_nor_bad():
    verdict = judge(Figures(), StopRules(min_sample=0))

    assert (verdict.level, verdict.findings) == (Level.UNJUDGED, [])


def test_the_worst_rule_decides_and_is_told_first_with_its_figures():
    verdict = judge(figures(failures=50, undeliverable=200), RULES)

    assert verdict.level == Level.STOP
    assert verdict.findings == [
        {"code": "stop_undeliverable", "count": 200, "of": 1000, "percent": 20.0, "limit": 15.0},
        {"code": "watch_stop_failures", "count": 50, "of": 1000, "percent": 5.0, "limit": 3.0},
    ]


@given(bad=st.integers(0, 1000), more=st.integers(0, 1000))
def test_more_opt_outs_never_make_a_campaign_look_better(bad, more):
    order = list(Level)
    before = judge(figures(opt_outs=bad), RULES).level
    after = judge(figures(opt_outs=bad + more), RULES).level

    assert order.index(after) >= order.index(before)
