"""Only differences go to Spoki, each once, within its limits."""

from datetime import timedelta
from itertools import pairwise

import pytest

import spoki
from audiences.consent import record_consent, withdraw_consent
from audiences.models import Contact, ContactPush, ContactSyncRun, ContactToRead
from spoki import BulkSyncResult, ConsentStatus, SpokiRefused, SpokiThrottled, SpokiUnreachable
from tests.audiences.contact_sync.world import PHONE
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_crowd

pytestmark = pytest.mark.django_db


def change(contact, **values):
    Contact.objects.filter(pk=contact.pk).update(**values)


def test_a_new_contact_is_pushed_with_name_language_and_consent(world):
    make_contact(phone=PHONE, email="giulia@example.com")

    run = world.push()

    [write] = world.spoki.synced
    assert (write.phone, write.first_name, write.last_name) == (PHONE, "Giulia", "Rossi")
    assert (write.email, write.language) == ("giulia@example.com", "it")
    assert write.status is ConsentStatus.SUBSCRIBED
    assert (run.pushed, run.unchanged, run.is_complete) == (1, 0, True)


def test_the_answer_tells_spokis_id(world):
    contact = make_contact(phone=PHONE)
    id = world.knows()

    world.push()

    contact.refresh_from_db()
    assert contact.spoki_contact_id == id


def test_what_did_not_change_costs_no_call_that_writes(world):
    make_crowd(30)
    world.push()
    before = world.writes()

    run = world.push()

    assert world.writes() == before
    assert (run.unchanged, run.pushed, run.calls) == (30, 0, 0)


def test_consent_is_written_only_when_it_changes(world):
    contact = make_contact(phone=PHONE)
    world.push()
    change(contact, first_name="Giulietta")

    world.push()

    assert [write.status for write in world.spoki.synced] == [ConsentStatus.SUBSCRIBED, None]


def test_who_never_spoke_of_marketing_has_no_status_pushed(world):
    make_contact(phone=PHONE, marketing_consent="unknown")

    world.push()

    assert world.spoki.synced[0].status is None


def test_what_is_empty_here_wipes_out_nothing_there(world):
    id = world.knows(phone=PHONE, email="da-spoki@example.com")
    make_contact(phone=PHONE, email="")

    world.push()

    assert world.spoki.contact_rows[id]["email"] == "da-spoki@example.com"


def test_a_value_taken_away_here_is_taken_away_there(world):
    contact = make_contact(phone=PHONE, email="giulia@example.com")
    world.push()
    change(contact, email="")

    world.push()
    again = world.push()

    assert world.spoki.synced[-1].email == ""
    assert (again.pushed, len(world.spoki.synced)) == (0, 2)


def test_more_than_500_go_in_batches_a_minute_apart(world):
    make_crowd(1_050)
    moments = []
    world.spoki.before_call = lambda call: moments.append((call, world.now))

    run = world.push()

    bulk = [at for call, at in moments if call == "sync_contacts"]
    assert run.pushed == len(world.spoki.synced) == 1_050
    assert len(bulk) == 3
    assert all(later - sooner >= timedelta(seconds=60) for sooner, later in pairwise(bulk))


def test_a_push_cut_in_the_middle_goes_on_where_it_stopped(world):
    make_crowd(1_050)
    world.push(patience=10)
    assert len(world.spoki.synced) == 500

    world.wait(62)
    run = world.push()

    assert run.pushed == 1_050
    assert len({write.phone for write in world.spoki.synced}) == len(world.spoki.synced) == 1_050
    assert ContactSyncRun.objects.filter(kind="push").count() == 1


def test_a_worker_that_died_in_the_call_leaves_rows_that_are_pushed_again(world):
    make_crowd(30)
    world.spoki.before_call = lambda call: (
        (_ for _ in ()).throw(KeyboardInterrupt) if call == "sync_contacts" else None
    )
    with pytest.raises(KeyboardInterrupt):
        world.push()
    world.spoki.before_call = None

    world.wait(301)
    run = world.push()

    assert (run.pushed, len(world.spoki.synced)) == (30, 30)


def test_spoki_that_throttles_every_second_call_gets_everybody_in_the_end(world):
    make_crowd(1_050)
    for _ in range(3):
        world.spoki.fail("sync_contacts", SpokiThrottled("sync_contacts", retry_after=30))
        world.spoki.answer("sync_contacts", BulkSyncResult())

    runs = [world.push() for _ in range(4)]

    assert [run.is_complete for run in runs] == [False, False, False, True]
    assert ContactPush.objects.exclude(digest="").count() == 1_050
    assert (runs[-1].throttled, runs[-1].pushed) == (3, 1_050)


def test_after_a_429_nobody_calls_for_a_minute(world):
    make_crowd(30)
    world.spoki.fail("sync_contacts", SpokiThrottled("sync_contacts", retry_after=None))
    world.push()

    soon = world.push(patience=30)

    assert (soon.pushed, world.spoki.calls.count("sync_contacts")) == (0, 1)


def test_a_contact_changed_while_it_is_pushed_is_pushed_again(world):
    contact = make_contact(phone=PHONE)
    world.spoki.before_call = lambda call: (
        change(contact, first_name="Nuova") if call == "sync_contact" else None
    )
    world.push()
    world.spoki.before_call = None

    world.push()

    assert [write.first_name for write in world.spoki.synced] == ["Giulia", "Nuova"]


def test_whom_a_batch_refuses_is_kept_with_the_reason_and_the_others_count(world):
    make_crowd(30)
    bad = Contact.objects.order_by("pk")[7]
    entry = {"index": 7, "phone": bad.phone, "errors": {"email": ["Enter a valid email address."]}}
    world.spoki.answer("sync_contacts", BulkSyncResult(errors=(entry,)))

    run = world.push()

    assert (run.pushed, run.failed) == (29, 1)
    push = ContactPush.objects.get(contact=bad)
    assert push.error == "email: Enter a valid email address."
    assert str(bad.phone) not in push.error


def test_who_was_refused_waits_a_day_or_a_change(world):
    contact = make_contact(phone=PHONE)
    world.spoki.fail("sync_contact", SpokiRefused("sync_contact", detail="no"))
    world.push()

    world.push()
    assert world.writes() == 1

    change(contact, first_name="Corretta")
    world.push()
    assert [write.first_name for write in world.spoki.synced] == ["Corretta"]


def test_a_batch_refused_as_a_whole_is_pushed_one_by_one(world):
    make_crowd(30)
    world.spoki.fail("sync_contacts", SpokiRefused("sync_contacts"))
    world.push()

    run = world.push()

    assert run.pushed == len(world.spoki.synced) == 30
    assert world.spoki.calls.count("sync_contact") == 30


def test_errors_that_name_nobody_make_everybody_go_alone(world):
    make_crowd(30)
    world.spoki.answer("sync_contacts", BulkSyncResult(errors=("something was wrong",)))
    first = world.push()

    second = world.push()

    assert first.pushed == 0
    assert second.pushed == len(world.spoki.synced) == 30


def test_a_field_that_spoki_does_not_know_is_left_out_and_named(world):
    world.spoki.create_custom_field(code="PET_NAME", label="Nome")
    make_contact(phone=PHONE, attributes={"pet_name": "Argo", "shoe size": "38"})

    run = world.push()

    assert world.spoki.synced[0].custom_fields == {"PET_NAME": "Argo"}
    assert run.unknown_fields == ["SHOE_SIZE"]


def test_an_attribute_called_like_a_field_of_spoki_itself_overwrites_nothing(world):
    world.spoki.create_custom_field(code="FIRST_NAME", label="Nome")
    make_contact(phone=PHONE, attributes={"first_name": "Altro"})

    run = world.push()

    assert (world.spoki.synced[0].custom_fields, run.unknown_fields) == ({}, [])


def test_a_withdrawal_goes_alone_before_any_batch(world):
    contact = make_contact(phone=PHONE)
    world.push()
    make_crowd(30)
    Contact.objects.exclude(pk=contact.pk).update(updated_at=world.now - timedelta(days=1))
    withdraw_consent(contact=contact, source="telefono", at=world.now, now=world.now)
    world.spoki.synced.clear()

    run = world.push_urgent()

    assert [(w.phone, w.status) for w in world.spoki.synced] == [
        (PHONE, ConsentStatus.UNSUBSCRIBED)
    ]
    assert (run.pushed, "sync_contacts" in world.spoki.calls) == (1, False)


def test_nothing_urgent_leaves_no_run(world):
    make_contact(phone=PHONE)
    world.push()
    world.wait(3_600)

    assert world.push_urgent() is None
    assert ContactSyncRun.objects.filter(kind="push").count() == 1


def test_landlines_and_people_without_phone_are_not_pushed(world):
    make_contact(phone=None)
    make_contact(phone="+390612345678", can_receive_whatsapp=False)

    run = world.push()

    assert (run.pushed, world.writes()) == (0, 0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (spoki.SpokiAuthError("sync_contact", status=401), "key_refused"),
        (SpokiUnreachable("sync_contact"), "unreachable"),
        (spoki.SpokiServerError("sync_contact", status=500), "unreachable"),
    ],
)
def test_a_trouble_of_spoki_is_written_on_the_run_and_loses_nobody(world, error, code):
    make_contact(phone=PHONE)
    world.spoki.fail("sync_contact", error)

    run = world.push()

    assert (run.error, run.finished_at, run.pushed) == (code, None, 0)
    assert world.push().pushed == 1


def test_one_of_each_batch_is_read_back(world):
    make_crowd(30)

    world.push()

    assert ContactToRead.objects.count() == 1


def test_consent_given_again_is_pushed(world):
    contact = make_contact(phone=PHONE, marketing_consent="withdrawn")
    world.push()
    world.wait(60)
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state="given",
        source="checkout",
        evidence="Casella",
        at=world.now,
        now=world.now,
    )

    world.push()

    assert [w.status for w in world.spoki.synced] == [
        ConsentStatus.UNSUBSCRIBED,
        ConsentStatus.SUBSCRIBED,
    ]
