"""What Spoki knows better comes in: its id, its flags, withdrawals. Nothing else does."""

import pytest

from audiences.models import (
    ConsentRecord,
    Contact,
    SyncConflict,
)
from spoki import ConsentStatus
from tests.audiences.contact_sync.pulling import conflicts, give_consent
from tests.audiences.contact_sync.world import PHONE, states
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("theirs", ["IT", "it_IT", "it-it"])
def test_a_language_with_its_region_is_the_same_language(world, theirs):
    make_contact(phone=PHONE, first_name="Giulia", last_name="Rossi", language="it")
    world.knows(first_name="Giulia", last_name="Rossi", status="Subscribed", language=theirs)

    assert world.sweep().conflicts == 0
    assert world.push().pushed == 0


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


def test_what_spokis_list_leaves_out_says_nothing_against_what_it_was_told(world):
    world.spoki.create_custom_field(code="PET_NAME", label="PET NAME")
    contact = make_contact(phone=PHONE, attributes={"pet_name": "Argo"})
    world.push()
    row = next(iter(world.spoki.contact_rows.values()))
    for name in ("first_name", "language", "status", "contactfield_set", "contactfield_values"):
        row.pop(name, None)

    world.sweep()
    world.sweep()
    run = world.push()

    assert (run.unchanged, world.writes(), conflicts()) == (1, 1, [])
    assert states(contact)[0] == "given"


def test_a_word_for_consent_that_nobody_knows_starts_nothing(world):
    contact = make_contact(phone=PHONE)
    world.push()
    id = next(iter(world.spoki.contact_rows))
    world.tells(id, status="Opted in")

    world.sweep()
    world.push()

    assert (world.writes(), conflicts(), states(contact)[0]) == (1, [], "given")


def test_a_word_that_nobody_knows_between_two_withdrawals_makes_no_new_one(world):
    contact = make_contact(phone=PHONE)
    id = world.knows(status="Unsubscribed")
    world.sweep()
    give_consent(contact, world)
    world.push()
    twin = world.knows(status="Unsubscribed")
    world.sweep()
    give_consent(contact, world)

    for status in ("???", "Unsubscribed"):
        world.tells(twin, status=status)
        world.sweep()

    assert contact.spoki_contact_id in {None, id}
    assert states(contact)[0] == "given"


def test_a_consent_that_spoki_never_shows_is_pushed_three_times_at_most(world):
    make_contact(phone=PHONE)
    world.push()
    id = next(iter(world.spoki.contact_rows))
    for _ in range(5):
        world.tells(id, status="Not Declared")
        world.sweep()
        world.push()

    assert conflicts() == [("consent", "given", "unknown", "ours")]
    assert SyncConflict.objects.get().times == 5
    assert world.writes() == 1 + 3


def test_a_withdrawal_that_spoki_does_not_show_is_pushed_until_it_does(world):
    make_contact(phone=PHONE, marketing_consent="withdrawn")
    world.push()
    id = next(iter(world.spoki.contact_rows))
    for _ in range(5):
        world.tells(id, status="Subscribed", first_name="Giulietta")
        world.sweep()
        world.push()

    assert world.writes() == 1 + 5


def test_what_changed_here_and_waits_to_be_pushed_is_no_conflict(world):
    contact = make_contact(phone=PHONE)
    world.knows(status="Subscribed")
    world.sweep()
    Contact.objects.filter(pk=contact.pk).update(first_name="Nuova")

    world.sweep()

    assert conflicts() == []
