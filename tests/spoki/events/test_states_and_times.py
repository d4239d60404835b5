"""When something happened, and how it failed, under every known name."""

from datetime import UTC, datetime

import pytest

from spoki import (
    MessageStatus,
)
from tests.spoki.events.deliveries import DELIVERED, INBOUND, at, changed, read, without


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


@pytest.mark.parametrize("nothing", [None, "", "---"])
def test_a_status_stands_under_the_name_that_says_one(nothing):
    event = read(changed(DELIVERED, send_status=nothing, status="Read"))

    assert event.status is MessageStatus.READ
