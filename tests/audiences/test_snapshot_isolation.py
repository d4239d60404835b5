"""A snapshot sees one instant, whatever others commit meanwhile."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from audiences import snapshots
from audiences.models import Contact, Snapshot
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment

pytestmark = pytest.mark.django_db(transaction=True)


def _in_another_connection(change: Any) -> None:
    def run() -> None:
        change()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.parametrize("inside", [False, True])
def test_counts_and_members_agree_while_a_consent_is_withdrawn(
    monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    """The withdrawal lands between the freezing statement and the digest: the evidence stays whole."""
    for _person in range(3):
        make_contact()
    version = make_segment()
    digest = snapshots.digest_of

    def withdraw_then_digest(*, snapshot_id: int) -> str:
        _in_another_connection(lambda: Contact.objects.update(marketing_consent="withdrawn"))
        return digest(snapshot_id=snapshot_id)

    monkeypatch.setattr(snapshots, "digest_of", withdraw_then_digest)
    if inside:
        with transaction.atomic():
            Contact.objects.count()
            snapshot = snapshots.take_snapshot(segment_version=version, by=None, now=NOW)
    else:
        snapshot = snapshots.take_snapshot(segment_version=version, by=None, now=NOW)

    assert (snapshot.total, snapshot.members.count()) == (3, 3)
    assert digest(snapshot_id=snapshot.pk) == snapshot.digest


def test_alone_a_snapshot_runs_in_repeatable_read(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contact()
    levels = []
    digest = snapshots.digest_of

    def ask_level(*, snapshot_id: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            levels.append(cursor.fetchone()[0])
        return digest(snapshot_id=snapshot_id)

    monkeypatch.setattr(snapshots, "digest_of", ask_level)
    snapshots.take_snapshot(segment_version=make_segment(), by=None, now=NOW)

    assert levels == ["repeatable read"]


def test_a_snapshot_that_fails_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contact()

    def fail(*, snapshot_id: int) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(snapshots, "digest_of", fail)
    with pytest.raises(OSError, match="disk full"):
        snapshots.take_snapshot(segment_version=make_segment(), by=None, now=NOW)

    assert Snapshot.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audiences_snapshotmember")
        assert cursor.fetchone() == (0,)
