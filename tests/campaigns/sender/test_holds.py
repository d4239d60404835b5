"""Templates that may not be sent now, remembered for a second."""

import time
from datetime import timedelta

import pytest

from campaigns.sender.holds import Hold, Holds
from tests.conftest import NOW
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def test_a_sendable_template_is_held_by_nothing():
    version = make_version()

    assert Holds().of([version.pk], now=NOW) == {}


def test_a_paused_template_is_held_with_a_sentence_for_people():
    version = make_version(status="paused")

    hold = Holds().of([version.pk], now=NOW)[version.pk]

    assert (hold.code, hold.is_stale) == ("paused", False)
    assert hold.detail


def test_a_state_that_is_old_news_is_stale_and_for_nobody_to_judge():
    version = make_version(last_seen_at=NOW - timedelta(minutes=16))

    hold = Holds().of([version.pk], now=NOW)[version.pk]

    assert (hold.code, hold.is_stale) == ("stale", True)


def test_the_policy_says_how_recent_the_state_must_be():
    version = make_version(last_seen_at=NOW - timedelta(minutes=16))

    patient, strict = Holds(timedelta(minutes=20)), Holds(timedelta(minutes=5))

    assert patient.of([version.pk], now=NOW) == {}
    assert strict.of([version.pk], now=NOW)[version.pk].detail.endswith("più di 5 minuti.")


def test_what_a_person_must_judge_comes_before_what_the_next_sync_cures():
    version = make_version(status="rejected", last_seen_at=NOW - timedelta(hours=1))

    assert Holds().of([version.pk], now=NOW)[version.pk].code == "rejected"


def test_a_version_that_is_not_there_is_gone():
    assert Holds().of([987_654], now=NOW) == {987_654: Hold("gone", "")}


def test_within_a_second_nobody_is_asked_again(django_assert_num_queries):
    version, remembered = make_version(), Holds()

    with django_assert_num_queries(1):
        for _ in range(3):
            remembered.of([version.pk], now=NOW)


def test_after_a_second_a_pause_takes_effect(monkeypatch):
    version, remembered = make_version(), Holds()
    remembered.of([version.pk], now=NOW)
    type(version).objects.filter(pk=version.pk).update(status="paused")
    assert remembered.known(now=NOW) == {}

    later = time.monotonic() + 1.1
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert remembered.known(now=NOW)[version.pk].code == "paused"


def test_known_are_the_held_ones_among_those_met_so_far():
    paused, _never_met = make_version(status="paused"), make_version(status="disabled")
    remembered = Holds()
    remembered.of([paused.pk, make_version().pk], now=NOW)

    assert remembered.known(now=NOW).keys() == {paused.pk}
