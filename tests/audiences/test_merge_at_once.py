"""Merges at the same moment as each other, as a withdrawal, as other work on one of the two."""

import threading

import pytest
from django.db import connection, transaction

from audiences.consent import withdraw_consent
from audiences.locking import impatient, lock_contacts
from audiences.merging import MergeBusy, MergeRefused
from audiences.models import Contact, ContactMerge
from tests.audiences.merging_steps import GONE, KEPT, LATER, aside, fresh, merge, pair
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_two_merges_that_cross_leave_one_person() -> None:
    one, two = pair()
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run(survivor: Contact, merged: Contact) -> None:
        barrier.wait(timeout=10)
        try:
            merge(survivor, merged)
        except MergeRefused:
            outcomes.append("refused")
        else:
            outcomes.append("merged")

    threads = [aside(lambda: run(one, two)), aside(lambda: run(two, one))]
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["merged", "refused"]
    assert Contact.objects.filter(merged_into__isnull=True).count() == 1
    assert ContactMerge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_one_merge_make_one() -> None:
    survivor, merged = pair()
    barrier = threading.Barrier(2)
    logs: list[int] = []

    def run() -> None:
        barrier.wait(timeout=10)
        logs.append(merge(survivor, merged).pk)

    threads = [aside(run), aside(run)]
    for thread in threads:
        thread.join()

    assert len(logs) == 2
    assert set(logs) == {ContactMerge.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_during_a_merge_is_not_lost() -> None:
    survivor = make_contact(phone=KEPT)
    merged = make_contact(phone=GONE)
    waits = threading.Event()

    def stop() -> None:
        waits.set()
        withdraw_consent(contact=merged, source="STOP", at=LATER, now=LATER)

    with transaction.atomic():
        lock_contacts([survivor.pk, merged.pk])
        thread = aside(stop)
        assert waits.wait(10)
        merge(survivor, merged)
    thread.join()

    assert fresh(survivor).marketing_consent == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_a_merge_gives_way_to_whoever_is_at_work_on_one_of_the_two() -> None:
    survivor, merged = pair()
    has_it, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_contacts([merged.pk])
            has_it.set()
            assert is_over.wait(20)

    thread = aside(hold)
    assert has_it.wait(10)
    with pytest.raises(MergeBusy):
        merge(survivor, merged)
    is_over.set()
    thread.join()

    assert fresh(merged).phone == GONE
    assert merge(survivor, merged).merged == merged


def test_patience_ends_with_the_merge() -> None:
    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    before = patience()
    with impatient():
        assert patience() == "300ms"

    assert patience() == before
