"""What a message holds besides its text, under every name it may come by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki import ContentKind, Media
from tests.spoki.events.deliveries import DELIVERED, INBOUND, changed, read, without

PLAIN = without(INBOUND, "payload", "text", "content_type", "mediamessage_set")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Text", "text"), ("Image", "image"), ("STICKER", "image"), ("Video", "video"),
        ("Document", "document"), ("Audio", "audio"), ("Voice", "audio"), ("ptt", "audio"),
        ("Location", "location"), ("Live Location", "location"), ("Contacts", "contact"),
        ("Reaction", "reaction"), ("List-Reply", "list"), ("Button", "button"),
        ("Template", "template"), ("Hologram", "unsupported"),
    ],
)  # fmt: skip
def test_each_word_of_spoki_is_one_of_our_kinds(word, kind):
    assert read(changed(PLAIN, content_type=word)).kind == kind


def test_a_word_that_we_do_not_know_is_kept():
    assert read(changed(PLAIN, content_type="Hologram")).details == {"word": "hologram"}


def test_a_text_with_the_payload_of_a_button_is_the_tap_of_that_button():
    event = read(INBOUND)

    assert (event.kind, event.text, event.payload) == ("button", "Confermo", "confirm:8f2c")


@pytest.mark.parametrize("holder", ["list_reply", "button_reply"])
@pytest.mark.parametrize("nested", [True, False])
def test_a_choice_may_stand_in_an_object_of_its_own(holder, nested):
    choice = {holder: {"id": "riga:2", "title": "Domani", "description": "dalle 9"}}
    data = {"interactive": choice} if nested else choice

    event = read(changed(PLAIN, content_type="Interactive", **data))

    assert (event.text, event.payload) == ("Domani", "riga:2")
    assert event.kind == ("list" if holder == "list_reply" else "button")
    assert event.details == {"choice": {"title": "Domani", "description": "dalle 9"}}


def test_the_buttons_that_somebody_else_sent_are_listed():
    buttons = [{"text": "Sì", "order": 0}, {"order": 1}, "?", {"text": "No"}]

    event = read(changed(DELIVERED, content_type="Interactive", buttons=buttons))

    assert (event.kind, event.details) == ("buttons", {"buttons": ["Sì", "No"]})


@pytest.mark.parametrize(
    "data",
    [
        {"mediamessage_set": [{"media": "https://f.test/a", "content_type": "image/png"}]},
        {"mediamessage_set": [{"media": {"url": "https://f.test/a", "mime_type": "image/png"}}]},
        {"media": {"url": "https://f.test/a", "mimetype": "image/png"}},
        {"image": {"link": "https://f.test/a", "mime_type": "image/png"}},
        {"attachments": [{"file": "https://f.test/a", "mime_type": "image/png"}]},
    ],
)
def test_a_file_is_found_under_every_known_name(data):
    event = read(changed(PLAIN, **data))

    assert event.media == (Media("https://f.test/a", None, "image/png"),)
    assert event.kind is ContentKind.IMAGE


def test_the_same_file_told_twice_is_one():
    data = {"media": "https://f.test/a", "mediamessage_set": ["https://f.test/a"]}

    assert read(changed(PLAIN, **data)).media == (Media("https://f.test/a"),)


def test_the_caption_may_stand_in_the_object_of_the_file():
    data = {"image": {"link": "https://f.test/a", "caption": "Argo"}}

    assert read(changed(PLAIN, content_type="Image", **data)).text == "Argo"


@pytest.mark.parametrize(
    "data",
    [
        {"location": {"latitude": 45.5, "longitude": "9.25", "name": "Casa"}},
        {"latitude": "45.5", "longitude": 9.25, "name": "Casa"},
        {"lat": 45.5, "lng": 9.25, "name": "Casa"},
    ],
)
def test_a_place_is_read_with_its_name(data):
    event = read(changed(PLAIN, content_type="Location", **data))

    place = {"latitude": 45.5, "longitude": 9.25, "name": "Casa", "address": ""}
    assert event.details == {"place": place}


@pytest.mark.parametrize(
    "place", [{}, {"latitude": 91, "longitude": 9}, {"latitude": "nord", "longitude": 9},
              {"latitude": "nan", "longitude": 9}, {"latitude": True, "longitude": 9}],
)  # fmt: skip
def test_what_is_no_place_on_earth_is_left_out(place):
    assert read(changed(PLAIN, content_type="Location", location=place)).details == {}


def test_the_cards_that_were_sent_are_not_the_contact_of_the_chat():
    cards = [
        {
            "name": {"formatted_name": "Dott. Bianchi"},
            "phones": [{"phone": "+39 02 123"}, {"wa_id": "393331234567"}],
            "emails": [{"email": "b@vet.it"}],
            "org": {"company": "Clinica"},
        },
        {},
    ]

    event = read(changed(PLAIN, content_type="Contacts", contacts=cards))

    assert event.contact_id == 501
    assert event.details == {
        "people": [
            {
                "name": "Dott. Bianchi",
                "phones": ["+39 02 123", "393331234567"],
                "emails": ["b@vet.it"],
                "company": "Clinica",
            }
        ]
    }


@pytest.mark.parametrize(
    ("data", "sign"),
    [
        ({"reaction": {"emoji": "👍", "message_id": "AA" * 16}}, "👍"),
        ({"reaction": {"emoji": "", "message_id": "aa" * 16}}, ""),
    ],
)
def test_a_reaction_names_its_message_and_is_no_text(data, sign):
    event = read(changed(PLAIN, content_type="Reaction", text="👍", **data))

    assert (event.kind, event.text) == ("reaction", None)
    assert event.details == {"reaction": sign, "to": "aa" * 16}


@pytest.mark.parametrize(
    "data",
    [
        {"replyToMessageUid": "AA" * 16},
        {"reply_to_message_uid": "aa" * 16},
        {"context_id": "aa" * 16},
        {"context": {"id": "aa" * 16}},
        {"context": {"message_id": "aa" * 16}},
        {"quoted_message": {"uuid": "aa" * 16}},
        {"reply_to": "aa" * 16},
    ],
)
def test_the_quoted_message_is_found_under_every_known_name(data):
    assert read(changed(without(INBOUND, "replyToMessageUid"), **data)).reply_to == "aa" * 16


def test_an_update_of_an_inbound_message_is_newer_than_the_message():
    event = read(INBOUND)

    assert event.occurred_at is not None
    assert event.created_at is not None
    assert event.occurred_at > event.created_at


anything = st.recursive(
    st.sampled_from([None, True, 7, 10**30, 0.5, float("inf"), "", "a", "45.5", "👍", "aa" * 16]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "url", "media", "emoji", "name", "phones", "latitude", "longitude",
                         "title", "list_reply", "text", "caption"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
names = st.sampled_from(
    ["content_type", "location", "contacts", "reaction", "interactive", "list_reply", "media",
     "image", "mediamessage_set", "attachments", "buttons", "context", "payload", "text"]
)  # fmt: skip


@given(st.dictionaries(names, anything, max_size=6))
def test_whatever_a_message_holds_it_can_be_read(data):
    event = read({"event": "message.inbound", "data": data})

    assert event.kind in ContentKind
    assert len(event.media) <= 30
