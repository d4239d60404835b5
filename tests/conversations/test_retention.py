"""What was delivered is kept for a while; what a person must be forgotten by goes at once."""

from datetime import datetime

import pytest

from audiences.keepers import person_of
from conversations import deliveries
from conversations.models import MediaFile, Message, SpokiDelivery
from conversations.privacy import erase_conversation, tell_conversation
from tests.conftest import NOW
from tests.conversations.payloads import PHONE, after, inbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "days", "kept"),
    [
        (inbound(), 90, 1),
        (inbound(), 91, 0),
        (b'{"event": "message.note"}', 91, 0),
        (b"<html>", 91, 1),
        (b"<html>", 181, 0),
    ],
)
def test_a_delivery_is_kept_for_its_time(body, days, kept):
    make_number()
    receive(body)

    deliveries.forget_old(now=after(days=days))

    assert SpokiDelivery.objects.count() == kept


def test_what_waits_to_be_processed_is_kept_however_old():
    deliveries.store_delivery(body=inbound(), now=NOW)

    deliveries.forget_old(now=datetime(2036, 1, 1, tzinfo=NOW.tzinfo))

    assert SpokiDelivery.objects.count() == 1


def test_the_message_stays_when_its_delivery_goes():
    make_number()
    receive(inbound())

    deliveries.forget_old(now=after(days=91))

    assert Message.objects.count() == 1


def test_who_is_forgotten_leaves_neither_words_nor_files_nor_places(
    settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    make_number()
    contact = make_contact(phone=PHONE)
    place = {"latitude": 45.1, "longitude": 9.1}
    receive(inbound("", content_type="Image", mediamessage_set=["https://x.it/a"], location=place))
    stored = tmp_path / "received" / "1"
    stored.parent.mkdir()
    stored.write_bytes(b"foto")
    MediaFile.objects.update(state="kept", file="received/1", name="Argo.jpg")
    assert tell_conversation(person_of(contact))["conversation"][0]["details"]

    with django_capture_on_commit_callbacks(execute=True):
        figures = erase_conversation(person_of(contact), NOW)

    file, message = MediaFile.objects.get(), Message.objects.get()
    assert figures["attachments"] == 1
    assert (message.details, message.media, message.phone) == ({}, [], "")
    assert (file.state, file.source, file.name, file.file.name) == ("forgotten", "", "", "")
    assert not stored.exists()
