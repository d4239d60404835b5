"""The sync after a merge or a change of number: what Spoki was told belongs to the number."""

from datetime import timedelta

import pytest

from audiences.contacts import ContactData, upsert_contact
from audiences.identity import whatsapp_phone
from audiences.merging import merge_contacts
from audiences.models import (
    Contact,
    ContactPush,
    NumberToSilence,
    SpokiContact,
    SyncConflict,
)
from audiences.phone_change import change_phone
from spoki import ConsentStatus
from tests.audiences.contact_sync.world import PHONE, states
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

OTHER = "+393472222222"
LONG_AGO = NOW - timedelta(days=90)


def agreed(phone: str, **changes: object) -> Contact:
    return make_contact(phone=phone, marketing_consent_at=LONG_AGO, **changes)


def merge(world, survivor, merged, **changes):
    world.wait(60)
    return merge_contacts(survivor=survivor, merged=merged, by=None, now=world.now, **changes)


def renumber(world, contact, phone=OTHER):
    world.wait(60)
    change_phone(contact=contact, phone=whatsapp_phone(phone), why="nuovo", by=None, now=world.now)


def told(world) -> list[tuple[str, ConsentStatus | None]]:
    return [(write.phone, write.status) for write in world.spoki.synced]


def test_of_a_merged_contact_nothing_is_pushed_but_that_its_number_is_given_up(world):
    survivor, merged = agreed(PHONE), agreed(OTHER)
    world.push()
    world.spoki.synced.clear()

    merge(world, survivor, merged)
    world.push()

    assert told(world) == [(OTHER, ConsentStatus.UNSUBSCRIBED)]
    world.push()
    assert len(told(world)) == 1


def test_a_number_without_consent_at_spoki_is_simply_left_alone(world):
    survivor, merged = agreed(PHONE), make_contact(phone=OTHER, marketing_consent="unknown")
    world.push()
    world.spoki.synced.clear()

    merge(world, survivor, merged)
    world.push()

    assert told(world) == []


def test_within_a_minute_is_enough_for_a_number_that_was_given_up(world):
    survivor, merged = agreed(PHONE), agreed(OTHER)
    world.push()
    world.spoki.synced.clear()

    merge(world, survivor, merged)
    world.push_urgent()

    assert told(world) == [(OTHER, ConsentStatus.UNSUBSCRIBED)]


def test_what_we_said_of_a_given_up_number_does_not_come_back_as_a_withdrawal(world):
    survivor, merged = agreed(PHONE), agreed(OTHER)
    world.push()
    merge(world, survivor, merged)
    world.push()

    world.sweep()
    world.sweep()

    assert states(survivor)[0] == "given"
    assert Contact.objects.count() == 2


def test_whoever_unsubscribes_at_spoki_with_the_given_up_number_is_withdrawn(world):
    survivor, merged = agreed(PHONE), make_contact(phone=OTHER, marketing_consent="unknown")
    id = world.knows(phone=OTHER, status="Not Declared")
    world.sweep()
    merge(world, survivor, merged)

    world.tells(id, status="Unsubscribed")
    world.sweep()

    assert states(survivor)[0] == "withdrawn"


def test_flags_of_the_given_up_number_do_not_reach_the_kept_one(world):
    survivor, merged = agreed(PHONE), agreed(OTHER)
    main, other = world.knows(), world.knows(phone=OTHER, has_invalid_phone=True)
    world.sweep()
    assert states(merged)[2] is True

    merge(world, survivor, merged)
    world.sweep()

    assert states(survivor) == ("given", False, False)
    survivor.refresh_from_db()
    assert survivor.spoki_contact_id == main
    assert SpokiContact.objects.get(spoki_id=other).gone_at is not None


def test_a_merged_number_that_spoki_still_lists_makes_nobody_new_and_no_conflict(world):
    survivor, merged = agreed(PHONE), agreed(OTHER, first_name="Adalgisa")
    merge(world, survivor, merged)
    world.knows(phone=OTHER, first_name="Adalgisa")

    run = world.sweep()

    survivor.refresh_from_db()
    assert (run.created, survivor.first_name, Contact.objects.count()) == (0, "Giulia", 2)
    assert not SyncConflict.objects.filter(kind="phone").exists()


def test_what_spoki_knows_of_the_kept_number_is_known_of_the_kept_contact(world):
    survivor, merged = make_contact(phone=PHONE, marketing_consent="unknown"), agreed(OTHER)
    world.push()
    world.spoki.synced.clear()

    merge(world, survivor, merged, taken=["phone"])
    world.push()

    push = ContactPush.objects.get()
    assert (push.contact, push.consent) == (survivor, "given")
    # Subscribed it was already: saying so again might start an automation there.
    assert [status for phone, status in told(world) if phone == OTHER] in ([], [None])


def test_a_new_number_is_pushed_as_new_and_the_old_one_is_silenced(world):
    contact = agreed(PHONE)
    world.push()
    world.spoki.synced.clear()

    renumber(world, contact)
    world.push()

    assert told(world) == [(PHONE, ConsentStatus.UNSUBSCRIBED), (OTHER, None)]


def test_the_old_number_at_spoki_is_no_conflict_and_nobody_new(world):
    contact = agreed(PHONE)
    id = world.knows(status="Subscribed")
    world.sweep()

    renumber(world, contact)
    run = world.sweep()

    contact.refresh_from_db()
    assert (run.created, run.conflicts, contact.phone) == (0, 0, OTHER)
    assert SpokiContact.objects.get(spoki_id=id).gone_at is not None


def test_whoever_has_the_given_up_number_next_does_not_inherit_our_word(world):
    contact = agreed(PHONE)
    world.knows(status="Subscribed")
    world.sweep()
    renumber(world, contact)
    world.push()
    next_owner = upsert_contact(
        data=ContactData(phone=whatsapp_phone(PHONE)), by=None, now=world.now
    )

    world.sweep()

    owner = Contact.objects.get(pk=next_owner.contact_id)
    assert (owner.phone, owner.marketing_consent) == (PHONE, "unknown")


def test_a_number_that_has_a_new_owner_is_not_silenced_any_more(world):
    contact = agreed(PHONE)
    world.push()
    renumber(world, contact)
    agreed(PHONE)
    world.spoki.synced.clear()

    world.push()

    assert (PHONE, ConsentStatus.UNSUBSCRIBED) not in told(world)
    assert NumberToSilence.objects.count() == 0


def test_a_push_of_the_old_number_that_answers_late_says_nothing_of_the_new_one(world):
    contact = agreed(PHONE)

    def change_meanwhile(call: str) -> None:
        world.wait(1)
        if call.startswith("sync") and Contact.objects.get(pk=contact.pk).phone == PHONE:
            renumber(world, contact)

    world.spoki.before_call = change_meanwhile

    world.push()

    assert not ContactPush.objects.filter(contact=contact, consent="given").exists()
