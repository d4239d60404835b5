"""The policy in force, and its versions: changed by a new one, never rewritten, never widened."""

import threading
from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pgtrigger
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from campaigns.cost import FIRST_RATES
from campaigns.models import MessageRate, SendingPolicy
from campaigns.policies import (
    Change,
    PolicyMoved,
    PolicyRefused,
    change_policy,
    policy_in_force,
    restore_policy,
)
from campaigns.rates import rates_in_use
from campaigns.sender.limits import limits_of, person_gap
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.policy_shape import figures_of
from tests.factories.campaigns import make_account, make_user

pytestmark = pytest.mark.django_db
seeding = import_module("campaigns.migrations.0009_the_first_policy_and_rates")
CAREFUL = replace(DEFAULT_POLICY, breaker_in_a_row=3)


@pytest.fixture
def first(db):
    """A database where only the migrations were run: version 1, the first two cards."""
    with pgtrigger.ignore(
        "campaigns.SendingPolicy:append_only", "campaigns.MessageRate:append_only"
    ):
        SendingPolicy.objects.all().delete()
        MessageRate.objects.all().delete()
    seeding.seed(apps, None)
    return SendingPolicy.objects.get()


@pytest.fixture
def change(first):
    return Change(by=make_user(), why="Meno reclami", seen=1)


def test_version_one_holds_the_defaults_and_is_made_by_nobody(first):
    assert (first.number, first.made_by) == (1, None)
    assert first.figures == figures_of(DEFAULT_POLICY)
    assert policy_in_force() == DEFAULT_POLICY


def test_the_first_cards_are_those_of_the_code(first):
    assert sorted(rates_in_use(), key=str) == sorted(FIRST_RATES, key=str)


def test_seeding_again_adds_nothing(first):
    seeding.seed(apps, None)

    assert (SendingPolicy.objects.count(), MessageRate.objects.count()) == (1, len(FIRST_RATES))


def test_without_any_version_the_defaults_count(db):
    with pgtrigger.ignore("campaigns.SendingPolicy:append_only"):
        SendingPolicy.objects.all().delete()

    assert policy_in_force() == DEFAULT_POLICY


def test_a_change_makes_a_new_version_that_is_in_force_at_once(change, now):
    made = change_policy(policy=CAREFUL, change=change, now=now)

    assert (made.number, made.made_by, made.made_at) == (2, change.by, now)
    assert made.why == "Meno reclami"
    assert policy_in_force() == CAREFUL


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_rewrite_or_delete_a_version(first, act):
    rows = SendingPolicy.objects.filter(number=1)

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        rows.delete() if act == "delete" else rows.update(why="another story")

    assert SendingPolicy.objects.get().why == "defaults"


def test_figures_that_contradict_each_other_make_no_version(change, now):
    wrong = replace(DEFAULT_POLICY, ramp=(0.5, 0.1), breaker_in_a_row=0)

    with pytest.raises(PolicyRefused) as refused:
        change_policy(policy=wrong, change=change, now=now)

    assert [problem.field for problem in refused.value.problems] == ["breaker_in_a_row", "ramp"]
    assert SendingPolicy.objects.count() == 1


def test_a_change_says_why_or_is_refused(change, now):
    with pytest.raises(PolicyRefused) as refused:
        change_policy(policy=CAREFUL, change=replace(change, why="  "), now=now)

    assert [problem.field for problem in refused.value.problems] == ["why"]
    assert SendingPolicy.objects.count() == 1


def test_the_same_figures_again_make_no_version(change, now):
    with pytest.raises(PolicyRefused):
        change_policy(policy=DEFAULT_POLICY, change=change, now=now)

    assert SendingPolicy.objects.count() == 1


def test_whoever_looked_at_an_older_version_overwrites_nobody(change, now):
    change_policy(policy=CAREFUL, change=change, now=now)

    with pytest.raises(PolicyMoved) as moved:
        change_policy(policy=replace(CAREFUL, canary_size=100), change=change, now=now)

    assert moved.value.newest.number == 2
    assert policy_in_force() == CAREFUL


def test_going_back_is_a_new_version_that_names_the_one_it_copies(first, change, now):
    change_policy(policy=CAREFUL, change=change, now=now)

    made = restore_policy(number=1, change=replace(change, seen=2), now=now)

    assert (made.number, made.restored_from) == (3, first)
    assert policy_in_force() == DEFAULT_POLICY


def test_a_version_that_breaks_todays_rules_cannot_be_gone_back_to(change, now):
    figures = figures_of(replace(DEFAULT_POLICY, canary_size=0))
    SendingPolicy.objects.create(number=2, figures=figures, why="x", made_at=now)
    change_policy(policy=CAREFUL, change=replace(change, seen=2), now=now)

    with pytest.raises(PolicyRefused):
        restore_policy(number=2, change=replace(change, seen=3), now=now)

    assert policy_in_force() == CAREFUL


def test_a_version_of_a_newer_release_is_passed_over_for_the_one_before(change, now, caplog):
    change_policy(policy=CAREFUL, change=change, now=now)
    SendingPolicy.objects.create(number=3, figures={"warp": 9}, why="newer", made_at=now)

    assert policy_in_force() == CAREFUL
    assert "policy version 3 cannot be read: unknown: warp" in caplog.text


def test_a_version_made_before_a_figure_existed_gives_it_its_default(first, now):
    figures = figures_of(CAREFUL)
    del figures["canary_size"]
    SendingPolicy.objects.create(number=2, figures=figures, why="older", made_at=now)

    assert policy_in_force() == CAREFUL


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_changes_the_policy_and_the_other_is_told(first, now):
    someone, other = make_user(), make_user()
    start, outcomes = threading.Barrier(2), []

    def press(user, size):
        start.wait()
        change = Change(by=user, why="insieme", seen=1)
        try:
            change_policy(policy=replace(CAREFUL, canary_size=size), change=change, now=now)
            outcomes.append("made")
        except PolicyMoved:
            outcomes.append("moved")
        finally:
            connection.close()

    people = [threading.Thread(target=press, args=args) for args in ((someone, 100), (other, 200))]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(outcomes) == ["made", "moved"]
    assert SendingPolicy.objects.count() == 2


@pytest.mark.parametrize(
    ("figures", "limits"),
    [
        ({}, (60, None)),
        ({"template_sends_per_minute": None}, (60, None)),
        ({"template_sends_per_minute": None, "daily_limit": 2_000}, (30, None)),
        ({"template_sends_per_minute": None, "daily_limit": None}, (10, None)),
        ({"template_sends_per_minute": 90, "sends_per_hour": 500, "daily_limit": 50}, (90, 500)),
    ],
    ids=["own_minute", "ten_thousand", "two_thousand", "never_read", "own_figures"],
)
def test_where_the_account_has_no_figure_of_its_own_its_tier_decides(figures, limits):
    found = limits_of(make_account(**figures), DEFAULT_POLICY)

    assert (found.per_minute, found.per_hour) == limits


def test_the_gap_of_the_policy_counts_where_the_account_has_none():
    slow = replace(DEFAULT_POLICY, person_gap=timedelta(seconds=9))

    assert person_gap(make_account(), slow) == timedelta(seconds=9)
    assert person_gap(make_account(person_gap_seconds=1.0), slow) == timedelta(seconds=1)
