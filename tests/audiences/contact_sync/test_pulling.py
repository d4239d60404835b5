"""What Spoki knows better comes in: its id, its flags, withdrawals. Nothing else does."""

from datetime import timedelta

import pytest

from audiences.consent import record_consent
from audiences.contact_sync.requests import ask_again
from audiences.models import (
    ConsentRecord,
    Contact,
    ContactSyncRun,
    ContactToRead,
    SpokiContact,
    SyncConflict,
)
from spoki import ConsentStatus, SpokiProtocolError, SpokiThrottled, SpokiUnreachable
from tests.audiences.contact_sync.world import PHONE, states
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def conflicts():
    rows = SyncConflict.objects.order_by("pk")
    return [(row.kind, row.ours, row.theirs, row.winner) for row in rows]


def give_consent(contact, world):
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state="given",
        source="checkout",
        evidence="Casella spuntata",
        at=world.now,
        now=world.now,
    )


def test_id_and_flags_come_in(world):
    contact = make_contact(phone=PHONE, marketing_consent="withdrawn")
    id = world.knows(is_blocked=True, has_invalid_phone=True)

    run = world.sweep()

    assert states(contact) == ("withdrawn", True, True)
    assert contact.spoki_contact_id == id
    assert (run.pulled, run.is_complete) == (1, True)


def test_a_number_without_plus_is_the_same_person(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(phone=PHONE.removeprefix("+"))

    world.sweep()

    contact.refresh_from_db()
    assert (contact.spoki_contact_id, Contact.objects.count()) == (id, 1)


def test_what_is_the_same_on_both_sides_is_never_pushed(world):
    make_contact(phone=PHONE)
    world.knows(status="Subscribed")
    world.sweep()

    run = world.push()

    assert (run.unchanged, world.writes()) == (1, 0)


def test_who_unsubscribed_at_spoki_is_withdrawn_here_with_evidence(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Unsubscribed")

    run = world.sweep()

    assert states(contact)[0] == "withdrawn"
    record = ConsentRecord.objects.latest("pk")
    assert (record.state, record.source) == ("withdrawn", "spoki")
    assert f"Spoki contact {id}: unsubscribed" in record.evidence
    assert run.withdrawn == 1
    assert conflicts() == [("consent", "given", "withdrawn", "spoki")]


def test_who_is_blocked_at_spoki_is_withdrawn_here(world):
    contact = make_contact(phone=PHONE)
    world.knows(status="Subscribed", is_blocked=True)

    world.sweep()

    assert states(contact) == ("withdrawn", True, False)
    assert "blocked" in ConsentRecord.objects.latest("pk").evidence


def test_the_same_sweep_again_changes_nothing(world):
    make_contact(phone=PHONE)
    world.knows(status="Unsubscribed", first_name="Giulietta")
    world.sweep()
    ledger = ConsentRecord.objects.count()

    run = world.sweep()

    assert (run.withdrawn, ConsentRecord.objects.count()) == (0, ledger)
    assert Contact.objects.count() == 1


def test_a_consent_given_after_the_withdrawal_is_not_undone_by_reading_it_again(world):
    contact = make_contact(phone=PHONE)
    world.knows(status="Unsubscribed")
    world.sweep()
    world.wait(60)
    give_consent(contact, world)

    world.sweep()

    assert states(contact)[0] == "given"


def test_the_consent_given_since_is_then_pushed_and_a_new_withdrawal_counts_again(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Unsubscribed")
    world.sweep()
    world.wait(60)
    give_consent(contact, world)
    world.push()
    assert world.spoki.synced[-1].status is ConsentStatus.SUBSCRIBED

    world.tells(id, status="Unsubscribed")
    world.sweep()

    assert states(contact)[0] == "withdrawn"


def test_subscribed_at_spoki_reinstates_nobody_and_is_pushed_back(world):
    contact = make_contact(phone=PHONE, marketing_consent="withdrawn")
    world.knows(status="Subscribed")

    world.sweep()
    world.push()

    assert states(contact)[0] == "withdrawn"
    assert conflicts() == [("consent", "withdrawn", "given", "ours")]
    assert world.spoki.synced[-1].status is ConsentStatus.UNSUBSCRIBED


def test_subscribed_at_spoki_is_no_consent_where_we_have_none(world):
    contact = make_contact(phone=PHONE, marketing_consent="unknown")
    world.knows(status="Subscribed")

    world.sweep()

    assert states(contact)[0] == "unknown"
    assert conflicts() == [("consent", "unknown", "given", "ours")]
    assert not ConsentRecord.objects.exists()


def test_a_name_changed_at_spoki_is_written_down_and_pushed_back(world):
    make_contact(phone=PHONE)
    id = world.knows(status="Subscribed")
    world.sweep()
    world.tells(id, first_name="Giulietta")

    world.sweep()
    world.push()

    assert conflicts() == [("first_name", "Giulia", "Giulietta", "ours")]
    assert world.spoki.contact_rows[id]["first_name"] == "Giulia"


def test_the_same_disagreement_is_counted_and_pushed_three_times_at_most(world):
    make_contact(phone=PHONE)
    id = world.knows(status="Subscribed")
    world.sweep()
    for _ in range(5):
        world.tells(id, first_name="Giulietta")
        world.sweep()
        world.push()

    assert SyncConflict.objects.get().times == 5
    assert world.writes() == 3


def test_what_changed_here_and_waits_to_be_pushed_is_no_conflict(world):
    contact = make_contact(phone=PHONE)
    world.knows(status="Subscribed")
    world.sweep()
    Contact.objects.filter(pk=contact.pk).update(first_name="Nuova")

    world.sweep()

    assert conflicts() == []


def test_whom_only_spoki_knows_comes_in_without_consent(world):
    world.knows(first_name="Ada", last_name="Neri", status="Subscribed", language="en")

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
