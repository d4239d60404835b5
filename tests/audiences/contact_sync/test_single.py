"""One contact: what its card says of Spoki, and a sync that waits for no batch."""

import pytest
from kombu.exceptions import OperationalError

from audiences import tasks
from audiences.contact_sync.single import at_spoki, hurry
from audiences.models import Contact, ContactPush, ContactToRead
from config.roles import AGENT, APPROVER, MARKETER
from spoki import SpokiRefused
from tests.audiences.contact_sync.world import PHONE
from tests.factories.audiences import make_contact
from tests.factories.crowds import make_crowd
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch):
    """The tasks handed to the broker, instead of a broker."""
    calls = []
    for task in (tasks.keep_pushing_contacts, tasks.read_contacts_again):
        name = task.name.rpartition(".")[2]
        monkeypatch.setattr(task, "apply_async", lambda name=name, **_: calls.append(name))
    return calls


def card(contact):
    return f"/admin/audiences/contact/{contact.pk}/change/"


def sync_address(contact):
    return f"/admin/audiences/contact/{contact.pk}/sync/"


def test_a_contact_is_known_at_spoki_once_it_was_pushed_and_until_it_changes(world):
    contact = make_contact(phone=PHONE)
    assert at_spoki(contact).is_known is False

    world.push()
    assert at_spoki(contact).is_known is True
    assert at_spoki(contact).pushed_at is not None

    Contact.objects.filter(pk=contact.pk).update(first_name="Nuova")
    assert at_spoki(contact).is_known is False


def test_whom_spoki_refuses_as_she_is_says_what_spoki_said_until_she_is_corrected(world):
    contact = make_contact(phone=PHONE)
    world.spoki.fail("sync_contact", SpokiRefused("sync_contact", detail="email non valida"))
    world.push()
    assert "email non valida" in at_spoki(contact).refusal

    Contact.objects.filter(pk=contact.pk).update(email="giulia@example.com")
    assert at_spoki(contact).refusal == ""


@pytest.mark.parametrize(
    "nobody", [{"phone": None}, {"phone": "+390612345678", "can_receive_whatsapp": False}]
)
def test_who_has_no_whatsapp_number_is_never_told_to_spoki(nobody):
    contact = make_contact(**nobody)

    assert at_spoki(contact).reaches is False
    assert hurry(contact=contact, now=contact.created_at) is False
    assert not ContactPush.objects.exists()
    assert not ContactToRead.objects.exists()


def test_a_contact_in_a_hurry_goes_alone_before_the_others_and_is_read_again(world):
    world.push()
    contact = make_contact(phone=PHONE)
    make_crowd(30)
    Contact.objects.update(updated_at=world.now.replace(year=2020))

    hurry(contact=contact, now=world.now)
    world.push_urgent()

    assert [write.phone for write in world.spoki.synced] == [PHONE]
    assert ContactToRead.objects.get().phone == PHONE


def test_a_contact_that_was_refused_is_tried_at_once_when_a_person_asks(world):
    contact = make_contact(phone=PHONE)
    world.spoki.fail("sync_contact", SpokiRefused("sync_contact", detail="no"))
    world.push()

    hurry(contact=contact, now=world.now)
    world.push()

    assert [write.phone for write in world.spoki.synced] == [PHONE]
    assert at_spoki(contact).refusal == ""


def test_a_contact_that_spoki_knows_already_is_not_written_again_in_a_hurry(world):
    contact = make_contact(phone=PHONE)
    world.push()
    before = world.writes()

    hurry(contact=contact, now=world.now)
    world.push_urgent()
    world.push()

    assert world.writes() == before


def test_the_button_on_the_card_puts_the_contact_first_and_wakes_the_workers(client, woken):
    contact = make_contact(phone=PHONE)
    client.force_login(make_member(MARKETER))
    assert sync_address(contact) in client.get(card(contact)).content.decode()

    answer = client.post(sync_address(contact))

    assert answer.url == card(contact)
    assert woken == ["keep_pushing_contacts", "read_contacts_again"]
    assert ContactPush.objects.get(contact=contact).is_alone is True


def test_a_second_click_asks_for_nothing_more(client, woken):
    contact = make_contact(phone=PHONE)
    client.force_login(make_member(MARKETER))

    client.post(sync_address(contact))
    client.post(sync_address(contact))

    assert (ContactPush.objects.count(), ContactToRead.objects.count()) == (1, 1)


@pytest.mark.parametrize("role", [APPROVER, AGENT])
def test_who_may_not_sync_sees_no_button_and_is_refused(client, woken, role):
    contact = make_contact(phone=PHONE)
    client.force_login(make_member(role))

    assert sync_address(contact) not in client.get(card(contact)).content.decode()
    assert client.post(sync_address(contact)).status_code == 403
    assert (woken, ContactPush.objects.count()) == ([], 0)


def test_looking_at_the_address_of_the_button_does_nothing(client, woken):
    contact = make_contact(phone=PHONE)
    client.force_login(make_member(MARKETER))

    assert client.get(sync_address(contact)).status_code == 405
    assert not ContactPush.objects.exists()


def test_without_a_broker_the_wish_is_kept_and_the_page_says_when_it_is_done(client, monkeypatch):
    def away(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.keep_pushing_contacts, "apply_async", away)
    contact = make_contact(phone=PHONE)
    client.force_login(make_member(MARKETER))

    page = client.post(sync_address(contact), follow=True).content.decode()

    assert "appena tornano" in page or "as soon as they are back" in page
    assert ContactPush.objects.get().is_alone is True


def test_the_card_shows_what_differed_and_whose_value_was_kept(client, world):
    contact = make_contact(phone=PHONE, first_name="Giulia")
    id = world.knows(first_name="Giulia")
    world.sweep()
    world.tells(id, first_name="Giulietta")
    world.sweep()
    client.force_login(make_member(MARKETER))

    page = client.get(card(contact)).content.decode()

    assert "Giulietta" in page
    assert str(id) in page
