"""Deliveries: the documented form, every known variant, and whatever else may arrive."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki import (
    ContactEvent,
    Direction,
    Media,
    MessageEvent,
    MessageStatus,
    UnknownEvent,
    UnreadableEvent,
)
from spoki.events import message_from_data, parse

UUID = "0f0e0d0c0b0a09080706050403020100"
DELIVERED: dict[str, Any] = {
    "version": 2,
    "event": "message.outbound",
    "event_uuid": "0f0e0d0c-0b0a-0908-0706-050403020100",
    "timestamp": 1790000010.5,
    "data": {
        "uuid": UUID,
        "direction": "Outbound",
        "type": "Message",
        "content_type": "Text",
        "from_phone": "390000000000",
        "to_phone": "+393330000001",
        "text": "Ciao",
        "send_status": "Delivered",
        "send_error_message": None,
        "error_code": None,
        "created_datetime": "2026-09-21T14:13:20.000000+00:00",
        "sent_datetime": None,
        "delivered_datetime": None,
        "timestamp": 1790000000125,
        "metadata": {"msg": "8f2c6a0e"},
    },
}
INBOUND: dict[str, Any] = {
    "version": 2,
    "event": "message.inbound",
    "timestamp": 1790000100.0,
    "data": {
        "uuid": UUID,
        "direction": "Inbound",
        "content_type": "Text",
        "from_phone": "+393330000001",
        "to_phone": "390000000000",
        "text": "Confermo",
        "payload": "confirm:8f2c",
        "send_status": "---",
        "replyToMessageUid": "AAAAAAAA-0b0a-0908-0706-050403020100",
        "timestamp_ms": 1790000099500,
        "mediamessage_set": [],
        "contact": {"id": 501, "phone": "+393330000001"},
    },
}


def read(payload):
    return parse(json.dumps(payload).encode())


def changed(payload, **data):
    return {**payload, "data": {**payload["data"], **data}}


def without(payload, *keys):
    kept = {key: value for key, value in payload["data"].items() if key not in keys}
    return {**payload, "data": kept}


def at(seconds):
    return datetime.fromtimestamp(seconds, tz=UTC)


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
        payload="confirm:8f2c",
        reply_to="aaaaaaaa0b0a09080706050403020100",
        occurred_at=at(1790000099.5),
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


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        ({"error_code": "whatsapp::131049"}, "whatsapp::131049", None),
        ({"error_code": 131026}, "whatsapp::131026", None),
        (
            {"send_error_message": "WhatsApp::131050 stop"},
            "whatsapp::131050",
            "WhatsApp::131050 stop",
        ),
        ({"error_code": 368, "send_error_message": "blocked"}, "368", "blocked"),
        ({"send_error_message": "no reason"}, None, "no reason"),
    ],
)
def test_a_failure_tells_its_code_and_its_words(data, code, text):
    event = read(changed(DELIVERED, send_status="Error", **data))

    assert event.status is MessageStatus.FAILED
    assert (event.error_code, event.error_text) == (code, text)


@pytest.mark.parametrize(
    ("status", "key"), [("Sent", "sent_datetime"), ("Delivered", "delivered_datetime")]
)
def test_a_status_occurred_when_its_own_datetime_says(status, key):
    payload = changed(DELIVERED, send_status=status, **{key: "2026-09-21T14:14:00Z"})

    assert read(payload).occurred_at == datetime(2026, 9, 21, 14, 14, tzinfo=UTC)


def test_a_read_message_was_read_when_the_news_was_sent():
    payload = changed(DELIVERED, send_status="Read", delivered_datetime="2026-09-21T14:14:00Z")

    assert read(payload).occurred_at == at(1790000010.5)


def test_without_a_time_of_the_delivery_the_message_itself_has_one():
    payload = {key: value for key, value in DELIVERED.items() if key != "timestamp"}

    assert read(payload).occurred_at == at(1790000000.125)


@pytest.mark.parametrize("key", ["created_datetime", "created_at"])
def test_without_milliseconds_the_iso_time_counts(key):
    payload = without(INBOUND, "timestamp_ms")
    payload["data"][key] = "2026-09-21T16:13:20.000000+02:00"

    assert read(payload).created_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_without_any_time_there_is_none():
    payload = without(INBOUND, "timestamp_ms")
    del payload["timestamp"]

    assert read(payload).occurred_at is None


@pytest.mark.parametrize(
    ("value", "metadata"),
    [
        ({"msg": "a"}, {"msg": "a"}),
        ('{"msg": "a"}', {"msg": "a"}),
        ("not json", {}),
        ([1], {}),
        (None, {}),
    ],
)
def test_metadata_is_an_object_or_nothing(value, metadata):
    assert read(changed(DELIVERED, metadata=value)).metadata == metadata


def test_a_message_key_that_is_no_text_is_not_ours():
    assert read(changed(DELIVERED, metadata={"msg": 7})).message_key is None


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


@pytest.mark.parametrize(
    "name",
    ["message.note", "chat.has_unread_messages", "contact_tag.created", "template.updated", ""],
)
def test_an_event_that_we_do_not_use_is_unknown_by_its_name(name):
    payload = {"event": name, "data": {"id": 1}}

    event = read(payload)

    assert event == UnknownEvent(name=name)
    assert event.raw == payload


def test_a_note_is_no_message_though_it_has_a_direction():
    assert isinstance(read({**DELIVERED, "event": "message.note"}), UnknownEvent)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[]", b"null", b'"text"', b"7"])
def test_a_body_that_is_no_json_object_is_unreadable(body):
    with pytest.raises(UnreadableEvent):
        parse(body)


def test_a_bottomless_body_is_unreadable():
    with pytest.raises(UnreadableEvent):
        parse(b"[" * 200_000)


keys = st.sampled_from(
    [
        *("event", "type", "data", "message", "payload", "result", "uuid", "id", "direction"),
        *("send_status", "status", "from_phone", "from", "to_phone", "contact", "timestamp"),
        *("timestamp_ms", "created_at", "metadata", "mediamessage_set", "template", "text"),
        *("error_code", "send_error_message", "replyToMessageUid", "content_type", "wa_id"),
    ]
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["message.inbound", "message.outbound", "contact.updated", "Inbound", "Sent"]),
)
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20
)


@given(st.dictionaries(keys, json_values))
def test_no_delivery_whatever_breaks_the_reading(payload):
    assert isinstance(read(payload), MessageEvent | ContactEvent | UnknownEvent)


@given(st.binary())
def test_no_bytes_whatever_break_the_reading(body):
    try:
        event = parse(body)
    except UnreadableEvent:
        event = None

    assert event is None or isinstance(event, MessageEvent | ContactEvent | UnknownEvent)


@given(
    data=st.fixed_dictionaries(
        {},
        optional={
            "uuid": leaves,
            "send_status": st.text(),
            "text": st.text(),
            "metadata": json_values,
            "from_phone": leaves,
        },
    )
)
def test_an_inbound_delivery_is_always_an_inbound_message(data):
    event = read({"event": "message.inbound", "data": data})

    assert isinstance(event, MessageEvent)
    assert event.direction is Direction.INBOUND
    assert event.text == data.get("text")


def test_a_row_of_a_history_is_read_like_a_delivery():
    event = message_from_data(DELIVERED["data"])

    assert event is not None
    assert event.phone == "+393330000001"
    assert event.occurred_at == at(1790000000.125)
    assert event.raw == DELIVERED["data"]


def test_a_row_without_a_direction_belongs_to_nobody():
    assert message_from_data({"uuid": UUID, "text": "Ciao"}) is None
