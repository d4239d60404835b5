"""News of templates and contacts, and rows of a history."""

import pytest

from spoki import (
    ContactEvent,
    Media,
)
from tests.spoki.events.deliveries import DELIVERED, INBOUND, changed, read


@pytest.mark.parametrize("value", [1001, "1001", {"id": 1001}])
def test_the_template_of_an_update_is_known_by_id(value):
    assert read(changed(DELIVERED, template=value)).template_id == 1001


def test_the_first_news_of_a_template_does_not_name_it():
    assert read(DELIVERED).template_id is None


def test_media_are_listed_by_their_addresses():
    items = [
        {"media": "https://files.test/a.jpg", "content_type": "image/jpeg", "title": "a"},
        {"media": {"media": "https://files.test/b.jpg"}},
        {"media": None},
        "https://files.test/c.jpg",
        7,
    ]

    event = read(changed(INBOUND, content_type="Image", mediamessage_set=items))

    assert event.content_type == "image"
    assert event.media == (
        Media("https://files.test/a.jpg", "a", "image/jpeg"),
        Media("https://files.test/b.jpg"),
        Media("https://files.test/c.jpg"),
    )


@pytest.mark.parametrize("kind", ["created", "updated", "deleted"])
def test_a_contact_event_names_the_contact(kind):
    payload = {"event": f"contact.{kind}", "data": {"id": 501, "phone": "393330000001"}}

    assert read(payload) == ContactEvent(kind=kind, contact_id=501, phone="+393330000001")


def test_a_contact_event_may_hold_the_contact_one_level_deeper():
    payload = {
        "event": "contact.updated",
        "data": {"contact": {"id": 501, "phone": "+393330000001"}},
    }

    assert read(payload) == ContactEvent(kind="updated", contact_id=501, phone="+393330000001")
