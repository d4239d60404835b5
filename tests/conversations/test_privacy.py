"""Of an erased person no words stay: neither hers nor those about her."""

import pytest

from audiences.keepers import person_of
from conversations.models import Conversation, Message, Note
from conversations.privacy import erase_conversation, tell_conversation
from conversations.recount import recount
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.conversations import make_inbound

pytestmark = pytest.mark.django_db


def test_words_notes_and_what_the_inbox_shows_are_erased():
    contact, other = make_contact(), make_contact()
    for one in (contact, other):
        make_inbound(contact=one, details={"place": "Via Roma 1"})
        Note.objects.create(contact=one, at=NOW, by=make_user(), text="Chiama dopo le 18")
    recount(contact_ids=[contact.pk, other.pk])

    figures = erase_conversation(person_of(contact), NOW)

    message, row = Message.objects.get(contact=contact), Conversation.objects.get(contact=contact)
    assert (message.text, message.phone, message.details, row.preview) == ("", "", {}, "")
    assert Note.objects.get(contact=contact).text == ""
    assert (figures["conversation"], figures["notes"]) == (1, 1)
    assert Note.objects.get(contact=other).text == "Chiama dopo le 18"
    assert Conversation.objects.get(contact=other).preview == "Quando arriva il mio pacco?"


def test_a_person_is_told_the_notes_about_her():
    contact = make_contact()
    Note.objects.create(contact=contact, at=NOW, by=make_user(), text="Chiama dopo le 18")

    told = tell_conversation(person_of(contact))

    assert told["notes_about_her"] == [{"at": NOW, "text": "Chiama dopo le 18"}]
