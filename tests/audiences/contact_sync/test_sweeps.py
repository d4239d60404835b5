"""A full read that is cut, slips or finds too little takes nobody away."""

from datetime import timedelta

import pytest

from audiences.contact_sync.requests import ask_again
from audiences.models import (
    Contact,
    ContactSyncRun,
    ContactToRead,
    SpokiContact,
)
from spoki import SpokiProtocolError, SpokiThrottled, SpokiUnreachable
from tests.audiences.contact_sync.pulling import give_consent
from tests.audiences.contact_sync.world import PHONE, states
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def test_a_contact_pushed_while_its_page_was_read_is_judged_later(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Unsubscribed")
    world.sweep()
    world.wait(60)
    give_consent(contact, world)

    def push_meanwhile(call):
        world.wait(1)
        if call == "contact_page":
            world.spoki.before_call = lambda _: world.wait(1)
            world.push()
            world.tells(id, status="Unsubscribed")

    world.spoki.before_call = push_meanwhile
    world.sweep()
    assert states(contact)[0] == "given"

    world.read_again(after=180)
    assert states(contact)[0] == "withdrawn"


def test_a_sweep_cut_in_the_middle_goes_on_and_takes_nobody_away(world):
    world.spoki.contact_page_size = 10
    for number in range(25):
        world.knows(phone=f"+3934711{number:05d}", status="Subscribed")
    world.sweep()
    world.spoki.fail("contact_page", SpokiUnreachable("contact_page"))

    stopped = world.sweep()
    finished = world.sweep()

    assert (stopped.error, stopped.finished_at) == ("unreachable", None)
    assert stopped.pk == finished.pk
    assert (finished.is_complete, finished.pulled) == (True, 25)
    assert not SpokiContact.objects.filter(gone_at__isnull=False).exists()
    assert not ContactToRead.objects.exists()


def test_a_sweep_that_stops_on_the_second_page_has_kept_the_first(world):
    world.spoki.contact_page_size = 10
    for number in range(25):
        world.knows(phone=f"+3934711{number:05d}")
    pages = iter(range(9))

    def fail_second(call):
        world.wait(1)
        if call == "contact_page" and next(pages) == 1:
            raise SpokiThrottled("contact_page", retry_after=5)

    world.spoki.before_call = fail_second
    run = world.sweep()
    assert (Contact.objects.count(), run.position, run.throttled) == (10, 1, 1)

    world.sweep()
    assert Contact.objects.count() == 25


def test_an_unreadable_page_stops_the_sweep_and_takes_nobody_away(world):
    make_contact(phone=PHONE)
    world.knows()
    world.sweep()
    world.spoki.fail("contact_page", SpokiProtocolError("contact_page", field="results"))

    run = world.sweep()

    assert (run.error, run.finished_at) == ("unreadable", None)
    assert SpokiContact.objects.get().gone_at is None


def test_a_contact_that_slipped_between_two_pages_is_read_by_its_id(world):
    world.spoki.contact_page_size = 2
    ids = [world.knows(phone=f"+3934711{number:05d}") for number in range(5)]
    world.sweep()
    pages = iter(range(9))

    def remove_one(call):
        world.wait(1)
        # Everybody moves up by one place, and the third contact is on no page that is still read.
        if call == "contact_page" and next(pages) == 1:
            del world.spoki.contact_rows[ids[0]]

    world.spoki.before_call = remove_one
    world.sweep()
    world.read_again()

    gone = SpokiContact.objects.filter(gone_at__isnull=False).values_list("spoki_id", flat=True)
    assert list(gone) == []
    assert not ContactToRead.objects.exists()


def test_a_contact_deleted_at_spoki_loses_its_id_and_is_not_made_again(world):
    contact = make_contact(phone=PHONE)
    world.knows(phone="+393472222222")
    id = world.knows(status="Subscribed")
    world.sweep()
    del world.spoki.contact_rows[id]

    world.sweep()
    news = world.read_again()
    push = world.push()

    contact.refresh_from_db()
    assert (contact.spoki_contact_id, news.gone) == (None, 1)
    assert (push.pushed, world.writes()) == (0, 0)


def test_an_empty_list_after_a_full_one_is_an_error_and_takes_nobody_away(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Subscribed")
    world.sweep()
    world.spoki.contact_rows.clear()

    run = world.sweep()

    contact.refresh_from_db()
    assert (run.error, contact.spoki_contact_id) == ("empty", id)
    assert not ContactToRead.objects.exists()


def test_far_fewer_contacts_than_before_is_an_error_and_takes_nobody_away(world):
    for number in range(80):
        world.knows(phone=f"+3934711{number:05d}")
    world.sweep()
    for id in list(world.spoki.contact_rows)[10:]:
        del world.spoki.contact_rows[id]

    run = world.sweep()

    assert run.error == "too_many_gone"
    assert not ContactToRead.objects.exists()


def test_a_webhook_makes_the_contact_be_read_again(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Subscribed")
    world.sweep()
    world.tells(id, status="Unsubscribed")
    ask_again(spoki_id=id, phone=PHONE, now=world.now)

    run = world.read_again()

    assert states(contact)[0] == "withdrawn"
    assert (run.kind, run.pulled, ContactToRead.objects.count()) == ("news", 1, 0)


def test_a_contact_asked_for_while_it_is_read_is_read_once_more(world):
    id = world.knows()
    ask_again(spoki_id=id, now=world.now)
    calls = []

    def ask_meanwhile(call):
        world.wait(1)
        calls.append(call)
        if len(calls) == 1:
            ask_again(spoki_id=id, now=world.now)

    world.spoki.before_call = ask_meanwhile
    world.read_again()

    assert calls == ["contact", "contact"]
    assert not ContactToRead.objects.exists()


def test_a_contact_that_cannot_be_read_now_is_tried_again_later(world):
    id = world.knows()
    ask_again(spoki_id=id, now=world.now)
    world.spoki.fail("contact", SpokiThrottled("contact", retry_after=None))
    first = world.read_again()

    second = world.read_again(after=400)

    assert (first.error, first.pulled) == ("throttled", 0)
    assert (second.error, second.pulled) == ("", 1)


def test_many_to_read_again_are_left_to_a_full_read(world):
    for number in range(500):
        ask_again(spoki_id=number + 1, now=world.now)

    assert world.read_again() is None
    assert ContactSyncRun.objects.get().kind == "sweep"

    world.wait(1)
    world.sweep()
    assert not ContactToRead.objects.exists()


def test_the_log_keeps_half_a_year(world):
    world.knows()
    world.sweep()
    ContactSyncRun.objects.update(
        started_at=world.now - timedelta(days=200), finished_at=world.now - timedelta(days=200)
    )
    old = ContactSyncRun.objects.get()
    world.sweep()

    world.sweep()

    assert not ContactSyncRun.objects.filter(pk=old.pk).exists()
