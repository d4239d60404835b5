"""The sentence about the last read."""

from datetime import timedelta

import pytest
from django.utils import translation

from templates_sync.models import SyncRun
from templates_sync.report import duration_in_words, report_of
from tests.conftest import NOW


def report(run, *, now=NOW):
    with translation.override("en"):
        return report_of(run, now=now)


def test_a_complete_read_is_told_with_its_figures():
    run = SyncRun(started_at=NOW, finished_at=NOW, new=2, changed=1, unchanged=14)

    assert report(run).tone == "good"
    assert report(run).sentence == (
        "Read from Spoki on 23 Nov 2026, 10:30: 2 new, 1 changed, 14 unchanged, 0 gone."
    )


def test_an_account_that_was_never_read_is_told_so():
    assert report(None).sentence == "Templates were never read from Spoki."


def test_a_read_under_way_is_told_with_what_it_has_so_far():
    run = SyncRun(started_at=NOW, reading_until=NOW + timedelta(minutes=5), new=12, unchanged=8)

    told = report(run, now=NOW + timedelta(minutes=5))

    assert (told.tone, told.sentence) == (
        "running",
        "Reading the templates from Spoki: 20 so far…",
    )


def test_a_read_whose_worker_gave_no_sign_of_life_is_told_as_interrupted():
    run = SyncRun(started_at=NOW, reading_until=NOW + timedelta(minutes=5))

    told = report(run, now=NOW + timedelta(minutes=6))

    assert (told.tone, told.sentence) == (
        "bad",
        "The read of 23 Nov 2026, 10:30 was interrupted.",
    )


def test_a_read_that_no_worker_takes_up_asks_whether_they_run():
    run = SyncRun(started_at=NOW)

    assert report(run, now=NOW + timedelta(seconds=60)).tone == "running"
    late = report(run, now=NOW + timedelta(seconds=61))
    assert (late.tone, late.advice) == (
        "bad",
        "Are the background workers running? It begins as soon as one is there.",
    )


@pytest.mark.parametrize("error", [code for code in SyncRun.Error.values if code])
def test_every_stop_is_told_with_what_to_do(error):
    told = report(SyncRun(started_at=NOW, finished_at=NOW, error=error))

    assert told.tone == "bad"
    assert told.sentence.endswith("no template was taken away.")
    assert told.advice


def test_a_stop_tells_how_many_templates_were_not_read():
    told = report(SyncRun(started_at=NOW, finished_at=NOW, error="unreachable", unread=3))

    assert told.sentence.endswith("taken away. 3 known templates were not read.")


def test_a_spoki_that_asked_to_wait_is_told_with_its_moment():
    run = SyncRun(
        started_at=NOW, finished_at=NOW, error="throttled", retry_at=NOW + timedelta(minutes=2)
    )

    assert report(run).advice == "It is tried again by itself, not before 23 Nov 2026, 10:32."


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "less than a second"), (7.4, "7 s"), (92, "1 min 32 s")]
)
def test_a_duration_is_told_in_seconds_and_minutes(seconds, words):
    with translation.override("en"):
        assert duration_in_words(timedelta(seconds=seconds)) == words


def test_languages_that_could_not_be_read_are_told():
    told = report(SyncRun(started_at=NOW, finished_at=NOW, unreadable=2))

    assert told.advice.startswith("2 languages could not be read")
