"""Whom only Spoki knows, two who share a phone, and phones that changed hands."""

import pytest

from audiences.models import (
    Contact,
)
from tests.audiences.contact_sync.pulling import conflicts, give_consent
from tests.audiences.contact_sync.world import PHONE, states
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def test_whom_only_spoki_knows_comes_in_without_consent(world):
    world.knows(first_name="Ada", last_name="Neri", status="Subscribed", language="en_GB")

    run = world.sweep()

    contact = Contact.objects.get()
    assert (contact.phone, contact.full_name, contact.language) == (PHONE, "Ada Neri", "en")
    assert contact.marketing_consent == "unknown"
    assert run.created == 1


def test_whom_only_spoki_knows_and_who_unsubscribed_there_comes_in_withdrawn(world):
    world.knows(status="Unsubscribed")

    world.sweep()
    push = world.push()

    assert Contact.objects.get().marketing_consent == "withdrawn"
    assert push.pushed == 0


def test_a_contact_without_a_usable_phone_is_counted_and_left(world):
    world.knows(phone="12")

    run = world.sweep()

    assert (run.skipped, run.created, Contact.objects.count()) == (1, 0, 0)


def test_two_contacts_of_spoki_with_one_phone_are_one_person_and_a_conflict(world):
    contact = make_contact(phone=PHONE)
    first = world.knows(status="Subscribed")
    second = world.knows(phone=PHONE.removeprefix("+"), status="Unsubscribed")

    world.sweep()

    assert states(contact)[0] == "withdrawn"
    assert contact.spoki_contact_id == first
    assert ("twin", str(first), str(second), "ours") in conflicts()


def test_the_twin_that_stays_unsubscribed_does_not_undo_a_new_consent(world):
    contact = make_contact(phone=PHONE)
    world.knows(status="Subscribed")
    world.knows(phone=PHONE.removeprefix("+"), status="Unsubscribed")
    world.sweep()
    world.wait(60)
    give_consent(contact, world)
    world.push()

    world.sweep()

    assert states(contact)[0] == "given"


def test_spokis_contact_that_got_another_phone_leaves_the_person_it_stood_for(world):
    giulia = make_contact(phone=PHONE)
    other = make_contact(phone="+393472222222")
    id = world.knows(status="Subscribed")
    world.sweep()
    world.tells(id, phone="+393472222222")

    world.sweep()

    giulia.refresh_from_db()
    other.refresh_from_db()
    assert (giulia.spoki_contact_id, other.spoki_contact_id) == (None, id)
    assert ("phone", PHONE, "+393472222222", "ours") in conflicts()
