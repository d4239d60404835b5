"""When a full read begins, and when a push waits for the first one."""

from datetime import UTC, datetime, timedelta

import pytest

from audiences.contact_sync.sweeping import is_first_read_awaited, is_sweep_due
from audiences.models import ContactSyncRun
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

# Three o'clock in Rome.
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def swept(at, **changes):
    fields = {"kind": "sweep", "started_at": at, "touched_at": at, "finished_at": at}
    return ContactSyncRun.objects.create(**fields | changes)


def test_a_full_read_begins_at_night_once():
    assert is_sweep_due(now=NIGHT) is True

    swept(NIGHT)
    assert is_sweep_due(now=NIGHT + timedelta(hours=1)) is False
    assert is_sweep_due(now=NIGHT + timedelta(days=1)) is True


def test_no_full_read_begins_by_day_but_an_unfinished_one_goes_on():
    assert is_sweep_due(now=NOW) is False

    swept(NIGHT, finished_at=None)
    assert is_sweep_due(now=NOW) is True


def test_a_push_begins_no_read_since_one_brings_in_people_nobody_asked_for():
    assert is_first_read_awaited(now=NOW) is False

    assert not ContactSyncRun.objects.exists()


def test_a_first_read_that_does_not_end_holds_the_push_up_for_an_hour_at_most():
    swept(NOW, finished_at=None)

    assert is_first_read_awaited(now=NOW + timedelta(minutes=59)) is True
    assert is_first_read_awaited(now=NOW + timedelta(minutes=60)) is False


def test_after_a_good_read_no_push_waits():
    swept(NOW)
    swept(NOW + timedelta(minutes=1), error="empty")

    assert is_first_read_awaited(now=NOW + timedelta(minutes=2)) is False
