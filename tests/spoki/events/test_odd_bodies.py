"""Whatever else may arrive: it never breaks the reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spoki import (
    ContactEvent,
    Direction,
    MessageEvent,
    UnknownEvent,
    UnreadableEvent,
)
from spoki.events import message_from_data, parse
from tests.spoki.events.deliveries import DELIVERED, UUID, at, keys, read


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
    # No database takes a NUL.
    said = data.get("text")
    assert event.text == (said if said is None else said.replace("\x00", ""))


def test_a_row_of_a_history_is_read_like_a_delivery():
    event = message_from_data(DELIVERED["data"])

    assert event is not None
    assert event.phone == "+393330000001"
    assert event.occurred_at == at(1790000000.125)
    assert event.raw == DELIVERED["data"]


def test_a_row_without_a_direction_belongs_to_nobody():
    assert message_from_data({"uuid": UUID, "text": "Ciao"}) is None


def test_signs_that_no_database_takes_are_left_out_wherever_they_stand():
    body = rb"""{"event": "message.inbound", "data": {"uuid": "a", "from_phone": "+393330000001",
        "text": "ST\u0000OP \ud83d", "contacts": [{"name": "A\u0000da"}], "payload": "x\u0000"}}"""

    event = parse(body)

    assert isinstance(event, MessageEvent)
    assert (event.text, event.payload) == ("STOP \ufffd", "x")
    assert event.details["people"][0]["name"] == "Ada"


def test_a_character_in_two_halves_that_belong_together_is_kept():
    body = rb"""{"event": "message.inbound", "data": {"text": "Ciao \ud83d\udc36"}}"""

    event = parse(body)

    assert isinstance(event, MessageEvent)
    assert event.text == "Ciao \U0001f436"


def test_a_history_is_as_clean_as_a_delivery():
    message = message_from_data({"direction": "Inbound", "text": "Ciao\x00 \ud83d"})

    assert message is not None
    assert message.text == "Ciao \ufffd"


def test_a_number_too_large_for_an_id_is_none():
    data = {"uuid": "a", "template": 2**63, "contact": {"id": 10**30}}

    event = read({"event": "message.outbound", "data": data})

    assert isinstance(event, MessageEvent)
    assert (event.template_id, event.contact_id) == (None, None)
