"""Two workers at once: nobody is pushed twice, no call too many leaves, no figure is counted double."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from audiences.contact_sync.pace import Budget, Call, take
from audiences.contact_sync.pushing import push_contacts
from audiences.contact_sync.sweeping import sweep_contacts
from audiences.models import ContactPush, ContactSyncRun, SpokiContact
from spoki.fake import FakeSpoki
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_crowd

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs):
    """Run the jobs in threads that start at the same moment, each on its own connection."""
    barrier = Barrier(len(jobs))

    def run(job):
        barrier.wait(timeout=10)
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, job) for job in jobs]]


def impatient():
    return Budget(clock=lambda: NOW, wait=lambda _: None, ends_at=NOW)


def test_of_many_who_want_one_turn_one_gets_it():
    taken = together(*[lambda: take(Call.SYNC_ALL, now=NOW)] * 6)

    assert sorted(taken) == [False] * 5 + [True]


def test_two_pushes_make_one_bulk_call():
    make_crowd(600)
    spoki = FakeSpoki()

    def push():
        return push_contacts(gateway=spoki, budget=impatient())

    together(push, push)

    assert spoki.calls.count("sync_contacts") == 1
    assert len({write.phone for write in spoki.synced}) == len(spoki.synced) == 500
    assert ContactSyncRun.objects.get().pushed == 500


def test_two_pushes_of_single_contacts_push_each_once():
    # Both may take a turn for each of them, and twelve turns come at once.
    for _ in range(6):
        make_contact()
    spoki = FakeSpoki()

    def push():
        return push_contacts(gateway=spoki, budget=impatient())

    together(push, push)

    assert len({write.phone for write in spoki.synced}) == len(spoki.synced) == 6
    assert ContactPush.objects.exclude(digest="").count() == 6


def test_two_sweeps_count_each_contact_once():
    spoki = FakeSpoki()
    spoki.contact_page_size = 5
    for number in range(23):
        spoki.add_contact(phone=f"+3934711{number:05d}")

    def sweep():
        return sweep_contacts(gateway=spoki, budget=impatient())

    together(sweep, sweep)

    runs = ContactSyncRun.objects.filter(kind="sweep", pulled__gt=0)
    assert runs.values_list("pulled", flat=True).first() == 23
    assert SpokiContact.objects.count() == 23


def test_a_contact_that_is_on_its_way_is_left_to_who_has_it():
    contact = make_contact()
    ContactPush.objects.create(contact=contact, leased_until=NOW + timedelta(minutes=1))
    spoki = FakeSpoki()

    run = push_contacts(gateway=spoki, budget=impatient())

    assert (run.pushed, spoki.synced) == (0, [])
