"""After their time, snapshots lose phones and values and keep who was chosen."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from audiences.models import Snapshot, SnapshotMember, SnapshotReduction
from audiences.models.snapshot import REDUCING_SNAPSHOT
from audiences.retention import reduce_old_snapshots
from audiences.snapshots import is_intact, take_snapshot
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment

pytestmark = pytest.mark.django_db

NAME = {"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}}


def frozen(*, days_ago: int) -> Snapshot:
    made_at = NOW - timedelta(days=days_ago)
    return take_snapshot(segment_version=make_segment(), variables=NAME, by=None, now=made_at)


def allow_reducing(snapshot: Snapshot) -> None:
    """What the service says to the database, until the end of the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [REDUCING_SNAPSHOT, str(snapshot.pk)])


@pytest.fixture
def old() -> Snapshot:
    make_contact(first_name="Anna")
    return frozen(days_ago=366)


def test_an_old_snapshot_loses_phones_and_values_and_no_row(old: Snapshot) -> None:
    before = old.members.get()

    assert reduce_old_snapshots(now=NOW) == 1

    after = old.members.get()
    assert (after.phone, after.params) == ("", {})
    assert (after.pk, after.contact_id, after.language, after.zone, after.is_holdout) == (
        before.pk,
        before.contact_id,
        before.language,
        before.zone,
        before.is_holdout,
    )


def test_the_reduction_is_written_down(old: Snapshot) -> None:
    reduce_old_snapshots(now=NOW)

    written = SnapshotReduction.objects.get()
    assert (written.snapshot, written.reduced_at, written.kept_days, written.members) == (
        old,
        NOW,
        365,
        1,
    )
    old.refresh_from_db()
    assert old.digest not in {"", written.digest}


def test_a_reduced_snapshot_is_still_known_to_be_intact(old: Snapshot) -> None:
    reduce_old_snapshots(now=NOW)

    assert is_intact(old)


@pytest.mark.parametrize(("days_ago", "is_reduced"), [(364, False), (365, False), (366, True)])
def test_a_snapshot_is_kept_whole_for_as_long_as_the_rule_says(
    days_ago: int, is_reduced: bool
) -> None:
    make_contact()
    snapshot = frozen(days_ago=days_ago)

    reduce_old_snapshots(now=NOW)

    assert (snapshot.members.get().phone == "") is is_reduced


def test_the_days_are_a_setting(old: Snapshot, settings: Settings) -> None:
    settings.SNAPSHOT_RETENTION_DAYS = 400

    assert reduce_old_snapshots(now=NOW) == 0
    assert old.members.get().phone != ""


def test_a_second_run_finds_nothing_to_do(old: Snapshot) -> None:
    reduce_old_snapshots(now=NOW)

    assert reduce_old_snapshots(now=NOW + timedelta(days=1)) == 0
    assert SnapshotReduction.objects.get().reduced_at == NOW


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+393331112223"},
        {"phone": "", "params": {"FIRST_NAME": "Altro"}},
        {"phone": "", "params": {}, "contact_id": 1},
        {"phone": "", "params": {}, "is_holdout": True},
    ],
)
def test_even_the_reduction_may_only_blank(old: Snapshot, change: dict[str, object]) -> None:
    before = list(SnapshotMember.objects.values())
    allow_reducing(old)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        SnapshotMember.objects.update(**change)

    assert list(SnapshotMember.objects.values()) == before


def test_the_reduction_of_one_snapshot_opens_no_other(old: Snapshot) -> None:
    recent = frozen(days_ago=1)
    allow_reducing(old)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        recent.members.update(phone="", params={})

    assert recent.members.get().phone != ""
