"""Deliveries of messages: the documented form, and every known variant."""

import pytest

from spoki import (
    ContentKind,
    Direction,
    MessageEvent,
    MessageStatus,
)
from tests.spoki.events.deliveries import DELIVERED, INBOUND, UUID, at, changed, read, without


def test_the_documented_delivery_is_read_whole():
    event = read(DELIVERED)

    assert event == MessageEvent(
        direction=Direction.OUTBOUND,
        uuid=UUID,
        id=None,
        status=MessageStatus.DELIVERED,
        status_word="Delivered",
        phone="+393330000001",
        business_phone="+390000000000",
        text="Ciao",
        content_type="text",
        kind=ContentKind.TEXT,
        metadata={"msg": "8f2c6a0e"},
        occurred_at=at(1790000010.5),
        created_at=at(1790000000.125),
        event_uuid="0f0e0d0c-0b0a-0908-0706-050403020100",
    )
    assert event.raw == DELIVERED
    assert event.message_key == "8f2c6a0e"


def test_an_inbound_message_is_read_whole():
    event = read(INBOUND)

    assert event == MessageEvent(
        direction=Direction.INBOUND,
        uuid=UUID,
        id=None,
        status=None,
        status_word="---",
        phone="+393330000001",
        business_phone="+390000000000",
        text="Confermo",
        content_type="text",
        kind=ContentKind.BUTTON,
        payload="confirm:8f2c",
        reply_to="aaaaaaaa0b0a09080706050403020100",
        occurred_at=at(1790000100.0),
        created_at=at(1790000099.5),
        contact_id=501,
    )
    assert event.message_key is None


@pytest.mark.parametrize("key", ["data", "message", "payload", "result"])
def test_the_content_may_lie_under_several_names(key):
    payload = {"event": "message.inbound", key: INBOUND["data"]}

    assert read(payload).text == "Confermo"


def test_the_content_may_lie_at_the_top():
    event = read({"event": "message.inbound", "timestamp": 1790000100, **INBOUND["data"]})

    assert (event.direction, event.text, event.payload) == ("inbound", "Confermo", "confirm:8f2c")


@pytest.mark.parametrize("name", [None, "message", "Message"])
def test_without_an_event_name_the_direction_decides(name):
    assert read({"type": name, "data": DELIVERED["data"]}).direction is Direction.OUTBOUND


def test_the_event_name_may_be_under_type_and_in_any_case():
    payload = {"type": "Message.Inbound", "data": without(INBOUND, "direction")["data"]}

    assert read(payload).direction is Direction.INBOUND


@pytest.mark.parametrize("key", ["uuid", "id", "message_id", "messageId", "message_uuid"])
def test_a_uuid_may_have_several_names_and_dashes(key):
    payload = without(DELIVERED, "uuid")
    payload["data"][key] = "0F0E0D0C-0b0a-0908-0706-050403020100"

    event = read(payload)

    assert (event.uuid, event.id) == (UUID, None)


def test_a_number_and_a_uuid_are_both_kept():
    event = read(changed(DELIVERED, id=77))

    assert (event.uuid, event.id) == (UUID, "77")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Pending", "pending"),
        ("queued", "pending"),
        ("ACCEPTED", "pending"),
        ("scheduled", "pending"),
        ("Sent", "sent"),
        ("delivered", "delivered"),
        ("Read", "read"),
        ("seen", "read"),
        ("Error", "failed"),
        ("Failed", "failed"),
        ("rejected", "failed"),
        ("undelivered", "failed"),
        ("undeliverable", "failed"),
        ("Not Delivered", "failed"),
        ("teleported", "unknown"),
        ("---", None),
        ("", None),
        (None, None),
    ],
)
def test_every_word_of_status_has_our_name(word, status):
    event = read(changed(DELIVERED, send_status=word))

    assert event.status == status
    assert event.status_word == (word or "")


def test_the_status_may_be_called_status():
    payload = without(DELIVERED, "send_status")
    payload["data"]["status"] = "Read"

    assert read(payload).status is MessageStatus.READ


@pytest.mark.parametrize("key", ["text", "body", "content", "button_text", "caption"])
def test_the_text_may_have_several_names(key):
    payload = without(INBOUND, "text")
    payload["data"][key] = "Sì"

    assert read(payload).text == "Sì"


@pytest.mark.parametrize(
    "place",
    [
        {"from_phone": "393330000001"},
        {"from": "+393330000001"},
        {"contact": {"phone": "393330000001"}},
        {"wa_id": "393330000001"},
        {"chat_id": "393330000001@c.us"},
        {"phone": "+39 333 0000001"},
        {"from_phone": None, "from": "", "wa_id": 393330000001},
    ],
)
def test_the_customer_of_an_inbound_message_is_found_in_several_places(place):
    payload = without(INBOUND, "from_phone", "contact")
    payload["data"].update(place)

    event = read(payload)

    assert (event.phone, event.business_phone) == ("+393330000001", "+390000000000")


@pytest.mark.parametrize("place", [{"to": "393330000001"}, {"chat_id": "393330000001@c.us"}])
def test_the_customer_of_an_outbound_message_is_found_in_several_places(place):
    payload = without(DELIVERED, "to_phone")
    payload["data"].update(place)

    event = read(payload)

    assert (event.phone, event.business_phone) == ("+393330000001", "+390000000000")


def test_a_message_without_a_readable_phone_is_kept():
    event = read(without(INBOUND, "from_phone", "contact"))

    assert event.phone is None
    assert event.text == "Confermo"


@pytest.mark.parametrize("key", ["replyToMessageUid", "reply_to_message_uid", "context_id"])
def test_the_message_answered_to_has_several_names(key):
    payload = without(INBOUND, "replyToMessageUid")
    payload["data"][key] = UUID

    assert read(payload).reply_to == UUID


def test_the_message_answered_to_may_stand_beside_the_content():
    payload = without(INBOUND, "replyToMessageUid") | {"replyToMessageUid": UUID}

    assert read(payload).reply_to == UUID


def test_an_answer_to_a_message_of_meta_keeps_its_id_as_it_is():
    payload = changed(INBOUND, replyToMessageUid="wamid.HBgLMzkzMzM=")

    assert read(payload).reply_to == "wamid.HBgLMzkzMzM="


@pytest.mark.parametrize("nothing", ["", "  ", None, 7])
def test_a_text_stands_under_the_name_that_holds_one(nothing):
    payload = changed(INBOUND, text=nothing, caption="Il mio gatto")

    assert read(payload).text == "Il mio gatto"


@pytest.mark.parametrize("nothing", ["", None, 7])
def test_the_message_answered_to_stands_under_the_name_that_holds_one(nothing):
    assert read(changed(INBOUND, replyToMessageUid=nothing, context_id=UUID)).reply_to == UUID


@pytest.mark.parametrize("nothing", [{}, None, [], "inbound"])
def test_an_envelope_with_an_empty_place_has_its_content_in_the_next(nothing):
    payload = {"event": "message.inbound", "data": nothing, "message": INBOUND["data"]}

    assert read(payload).text == "Confermo"


def test_metadata_may_stand_beside_the_content_that_has_none():
    event = read(changed(DELIVERED, metadata=None) | {"metadata": {"msg": "8f2c6a0e"}})

    assert event.message_key == "8f2c6a0e"
