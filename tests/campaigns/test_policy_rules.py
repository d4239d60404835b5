"""Figures that may not become the policy, each with the sentence that says why."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.translation import override

from campaigns.policy_figures import FIGURES, Unit, from_unit, in_unit, value_at, with_value
from campaigns.policy_rules import problems_of
from campaigns.policy_words import differences, sections_of
from campaigns.sender.policy import DEFAULT_POLICY, Cap, StopRules, TierLimits

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


def refused(**changes):
    return {(p.field, str(p.text)) for p in problems_of(replace(DEFAULT_POLICY, **changes))}


def test_the_defaults_may_be_used():
    assert problems_of(DEFAULT_POLICY) == []


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.path)
def test_every_figure_is_refused_outside_its_range(figure):
    for number in (figure.least - 1, figure.most + 1):
        value = from_unit(in_unit(number, Unit.COUNT), figure.unit)
        problems = problems_of(with_value(DEFAULT_POLICY, figure.path, value))

        assert figure.path in {problem.field for problem in problems}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.path)
def test_every_figure_reads_back_from_its_unit_as_it_is_kept(figure):
    assert from_unit(figure.of(DEFAULT_POLICY), figure.unit) == value_at(DEFAULT_POLICY, figure.path)  # fmt: skip


def test_the_sentence_tells_the_range_in_its_unit():
    assert refused(marketing_last_start=timedelta(hours=5)) == {
        ("marketing_last_start", "Between 0 minutes and 120 minutes.")
    }
    assert refused(marketing_cap_rest=timedelta(hours=1)) == {
        ("marketing_cap_rest", "Between 24 hours and 720 hours.")
    }


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("stop.opt_outs", {"opt_outs": 0.004}),
        ("stop.failures", {"failures": 0.02}),
        ("stop.undeliverable", {"undeliverable": 0.04}),
        ("stop.delivered_least", {"delivered_least": 0.9}),
        ("stop.read_least", {"read_least": 0.5}),
    ],
)
def test_a_figure_that_stops_before_the_one_that_warns_is_refused(field, changes):
    assert refused(stop=StopRules(**changes)) == {
        (field, "The figure that warns must come before the one that stops.")
    }


@pytest.mark.parametrize("ramp", [(0.15, 0.05), (0.05, 0.05)])
def test_steps_that_do_not_rise_are_refused(ramp):
    assert refused(ramp=ramp) == {("ramp", "Each step must be larger than the one before.")}


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_a_step_of_nobody_or_of_everybody_is_refused(step):
    assert refused(ramp=(step,)) == {("ramp", "Each step is more than 0 % and less than 100 %.")}


def test_no_steps_at_all_is_a_policy():
    assert refused(ramp=()) == set()


@pytest.mark.parametrize(
    "caps", [(Cap(2, DAY), Cap(1, 7 * DAY)), (Cap(2, 7 * DAY), Cap(3, DAY)), (Cap(1, DAY),) * 2]
)
def test_caps_that_contradict_each_other_are_refused(caps):
    assert refused(caps=caps) == {
        ("caps", "Each line must have a longer period than the one before, and no fewer messages.")
    }


def test_a_policy_without_any_cap_is_refused():
    assert refused(caps=()) == {("caps", "Between 1 and 6 lines.")}


def test_a_cap_of_no_message_is_refused():
    assert refused(caps=(Cap(0, DAY),)) == {("caps", "At least one message, in at most 365 days.")}


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        ((), "Between 1 and 20 lines."),
        ((TierLimits("A", 50, 5),), "Exactly one line has no limit of people: the last."),
        ((TierLimits("A", None, 5), TierLimits("B", 50, 5), TierLimits("C", None, 5)), "Exactly one line has no limit of people: the last."),
        ((TierLimits("A", 50, 5), TierLimits("B", 50, 5), TierLimits("C", None, 5)), "Each line must have more people than the one before."),
        ((TierLimits("A", None, 0),), "Between 1 and 6000 per minute, and 1 and 1000000 per hour."),
        ((TierLimits("A", None, 5, 0),), "Between 1 and 6000 per minute, and 1 and 1000000 per hour."),
        ((TierLimits("A", 50, 5), TierLimits("A", None, 5)), "Each line has a name of its own."),
    ],
)  # fmt: skip
def test_tiers_that_cannot_be_told_apart_are_refused(tiers, told):
    assert refused(tiers=tiers) == {("tiers", told)}


def test_a_change_is_told_figure_by_figure_with_units():
    after = replace(
        DEFAULT_POLICY,
        canary_hold=timedelta(minutes=90),
        stop=StopRules(opt_outs=0.02),
        caps=(*DEFAULT_POLICY.caps[:2], Cap(6, 30 * DAY)),
    )

    told = [(str(each.label), each.before, each.after) for each in differences(DEFAULT_POLICY, after)]  # fmt: skip

    assert told == [
        ("How often one person is written to", "5 messages in 30 days", "6 messages in 30 days"),
        ("Wait after the first share", "60 minutes", "90 minutes"),
        ("Unsubscribed: stop above", "1.5 %", "2 %"),
    ]


def test_the_page_tells_every_figure_of_the_policy():
    told = sections_of(DEFAULT_POLICY)

    assert sum(len(section.figures) for section in told) == len(FIGURES)
    assert sum(len(section.lines) for section in told) == 3 + 1 + 7
