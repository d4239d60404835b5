"""The sentence about the last read."""

from datetime import timedelta

import pytest
from django.utils import translation

from templates_sync.models import SyncRun
from templates_sync.report import report_of
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


def test_a_read_under_way_is_told_so_for_five_minutes():
    run = SyncRun(started_at=NOW)

    assert report(run, now=NOW + timedelta(minutes=5)).tone == "running"
    assert report(run, now=NOW + timedelta(minutes=6)).tone == "bad"


@pytest.mark.parametrize("error", [code for code in SyncRun.Error.values if code])
def test_every_stop_is_told_with_what_to_do(error):
    told = report(SyncRun(started_at=NOW, finished_at=NOW, error=error))

    assert told.tone == "bad"
    assert told.sentence.endswith("no template was taken away.")
    assert told.advice


def test_languages_that_could_not_be_read_are_told():
    told = report(SyncRun(started_at=NOW, finished_at=NOW, unreadable=2))

    assert told.advice.startswith("2 languages could not be read")
