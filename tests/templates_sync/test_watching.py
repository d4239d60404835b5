"""What nobody asked for and a person must hear: an outage, odd words, other prices."""

from datetime import timedelta

import pytest

from templates_sync.models import SyncRun
from templates_sync.watching import outage, recategorised, unknown_words
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


def read(*, minutes_ago, error=""):
    at = NOW - timedelta(minutes=minutes_ago)
    return SyncRun.objects.create(started_at=at, finished_at=at, error=error)


def look(*, is_connected=True):
    return outage(now=NOW, is_connected=is_connected)


def test_a_fresh_house_without_a_key_is_no_outage():
    assert look(is_connected=False) is None
    read(minutes_ago=600, error="key_missing")
    assert look(is_connected=False) is None


def test_a_key_that_was_just_set_has_an_hour_to_work():
    read(minutes_ago=600, error="key_missing")
    read(minutes_ago=60, error="key_refused")

    assert look() is None


def test_a_key_that_never_worked_is_an_outage_after_an_hour():
    first = read(minutes_ago=61, error="key_refused")
    read(minutes_ago=1, error="key_refused")

    assert (look().since, look().error) == (first.started_at, "key_refused")


def test_an_hour_without_a_good_read_is_an_outage_with_the_last_reason():
    good = read(minutes_ago=61)
    read(minutes_ago=30, error="throttled")
    read(minutes_ago=5, error="unreachable")

    assert (look().since, look().error) == (good.finished_at, "unreachable")


def test_a_good_read_within_the_hour_is_no_outage():
    read(minutes_ago=60)
    read(minutes_ago=5, error="unreachable")

    assert look() is None


def test_a_good_read_ends_the_outage():
    read(minutes_ago=90)
    read(minutes_ago=30, error="unreachable")
    assert look() is not None

    read(minutes_ago=0)

    assert look() is None


def test_when_nobody_reads_any_more_no_old_error_is_blamed():
    read(minutes_ago=200)
    read(minutes_ago=190, error="unreachable")

    assert look().error == ""


def test_a_key_that_was_taken_away_is_an_outage():
    read(minutes_ago=61)

    assert look(is_connected=False) is not None


def test_unknown_words_are_counted_each():
    make_version(status="unknown", raw={"status": "ARCHIVED"})
    make_version(status="unknown", raw={"status": "ARCHIVED"})
    make_version(status="unknown", raw={"status": None, "template": {"status": "7"}})
    make_version(status="unknown", raw={"templatelocalization_set": [], "status": "APPROVED"})
    make_version(status="unknown", raw={})
    make_version(raw={"status": "APPROVED"})

    assert unknown_words() == {"ARCHIVED": 2, "7": 1, "?": 2}


def test_a_template_that_is_gone_has_no_odd_word_and_no_other_price():
    gone = make_template(gone_at=NOW)
    make_version(template=gone, status="unknown", requested_category="utility")

    assert (unknown_words(), recategorised()) == ({}, [])


def test_a_category_counts_as_moved_until_somebody_accepts_it():
    moved = make_version(requested_category="utility")
    make_version(requested_category="utility", category_accepted_at=NOW)
    make_version(requested_category="marketing")
    make_version(requested_category="utility", superseded_at=NOW)

    assert recategorised() == [moved]
