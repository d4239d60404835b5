import pytest
import requests

from spoki.simulator.past import delivery_of
from tests.spoki.simulator.conftest import PHONE


@pytest.fixture
def asked(api, control):
    """A confirmation with three buttons; the first has a payload."""
    fields = {
        "FIRST_NAME": "Ada",
        "ORDER_NAME": "#1042",
        "ORDER_SUMMARY": "2 × Crocchette",
        "AMOUNT_DUE": "64,90 €",
        "SHIPPING_ADDRESS": "Via Roma 12, Milano",
    }
    buttons = [{"order": 0, "payload": "confirm:8f2c"}]
    return api.send(template=1002, custom_fields=fields, buttons=buttons).json()["uuid"]


def _inbound(control, receiver):
    control.wait(idle=True)
    return [e["data"] for e in receiver.events if e["event"] == "message.inbound"]


def test_a_text_carries_timestamp_ms_and_the_plus_of_the_customer(control, receiver):
    control.inbound(PHONE, text="Ciao!")

    (data,) = _inbound(control, receiver)
    assert (data["text"], data["direction"], data["send_status"]) == ("Ciao!", "Inbound", "---")
    assert (data["from_phone"], data["to_phone"]) == (PHONE, "390212345678")
    assert "timestamp" not in data
    assert isinstance(data["timestamp_ms"], int)


def test_a_tap_brings_payload_label_and_reference(asked, control, receiver):
    control.inbound(PHONE, kind="button", button="Confermo")

    (data,) = _inbound(control, receiver)
    assert (data["text"], data["payload"]) == ("Confermo", "confirm:8f2c")
    assert data["replyToMessageUid"] == asked


def test_a_tap_may_come_without_payload_and_without_reference(asked, control, receiver):
    control.inbound(PHONE, kind="button", button=2, with_payload=False, with_reply=False)

    (data,) = _inbound(control, receiver)
    assert (data["text"], data["payload"], data["replyToMessageUid"]) == ("Annullo", None, None)


def test_a_tap_on_a_button_that_is_not_there_is_refused(asked, process, control):
    answer = requests.post(
        f"{process.url}/_control/inbound",
        json={"phone": PHONE, "kind": "button", "button": "Boh"},
        timeout=5,
    )

    assert answer.status_code == 400
    assert [one["is_inbound"] for one in control.messages(phone=PHONE)] == [False]


def test_a_text_may_answer_the_last_message(asked, control, receiver):
    control.inbound(PHONE, text="Sì", reply_to="last")

    assert _inbound(control, receiver)[0]["replyToMessageUid"] == asked


def test_pictures_come_with_a_caption_or_with_an_empty_list(control, receiver):
    control.inbound(PHONE, kind="image", caption="Ecco Argo")
    control.inbound(PHONE, kind="empty_media")

    with_caption, empty = sorted(_inbound(control, receiver), key=lambda data: -len(data["text"]))
    assert with_caption["content_type"] == "Image"
    assert with_caption["text"] == "Ecco Argo"
    assert with_caption["mediamessage_set"][0]["media"].endswith("/_media/picture.png")
    assert empty["mediamessage_set"] == []


@pytest.mark.parametrize(
    ("name", "status", "start"),
    [
        ("picture.png", 200, b"\x89PNG"),
        ("scontrino.pdf", 200, b"%PDF-"),
        ("voce.wav", 200, b"RIFF"),
        ("film.mp4", 404, b""),
    ],
)
def test_its_files_are_where_its_messages_say(process, name, status, start):
    answer = requests.get(f"{process.url}/_media/{name}", timeout=5)

    assert (answer.status_code, answer.content[: len(start)]) == (status, start)


def test_places_people_and_reactions_come_too(asked, control, receiver):
    for kind in ("location", "contact", "reaction"):
        control.inbound(PHONE, kind=kind)

    told = {data["content_type"]: data for data in _inbound(control, receiver)}
    assert told["Location"]["location"]["latitude"] == 45.4642
    assert told["Contacts"]["contacts"][0]["phones"] == [{"phone": "+390212345678"}]
    assert told["Reaction"]["reaction"] == {"emoji": "❤️", "message_id": asked}


def test_unknown_contents_and_events_come_too(control, receiver):
    control.inbound(PHONE, kind="unknown_content")
    control.inbound(PHONE, kind="unknown_event")
    control.wait(idle=True)

    assert {event["event"] for event in receiver.events} == {"message.inbound", "message.mystery"}


@pytest.mark.parametrize("stop", [{"kind": "stop"}, {"text": "Stop."}, {"text": "BASTA"}])
def test_who_says_stop_becomes_unsubscribed_and_spoki_says_so(api, control, receiver, stop):
    control.inbound("+393330000001", **stop)
    control.wait(idle=True)

    (contact,) = api.get("contacts/", phone="+393330000001").json()["results"]
    updates = [event for event in receiver.events if event["event"] == "contact.updated"]
    assert contact["status"] == "Unsubscribed"
    assert [event["data"]["status"] for event in updates] == ["Unsubscribed"]


def test_stop_changes_nothing_when_the_ready_made_automation_is_off(api, control, receiver):
    control.config(auto_unsubscribe=False)
    control.inbound("+393330000001", kind="stop")
    control.wait(idle=True)

    (contact,) = api.get("contacts/", phone="+393330000001").json()["results"]
    assert contact["status"] == "Subscribed"
    assert [event["event"] for event in receiver.events] == ["message.inbound"]


def test_a_message_of_the_past_is_kept_as_it_is_told_once_and_delivered_to_nobody(
    api, control, receiver
):
    told = {
        "uuid": "a" * 32, "phone": PHONE, "inbound": True, "at": "2026-01-02T10:00:00+00:00",
        "content_type": "Image", "media": [{"media": "https://x.example/p.png"}], "reply_to": "b" * 32,
    }  # fmt: skip
    control.config(history=True)
    control.seed(messages=[told, told | {"text": "un'altra volta"}])
    control.wait(idle=True)

    (row,) = api.get("messages/", phone=PHONE).json()["results"]
    assert (row["uuid"], row["text"], row["content_type"]) == ("a" * 32, "", "Image")
    assert row["mediamessage_set"] == told["media"]
    assert (row["replyToMessageUid"], row["timestamp_ms"]) == ("b" * 32, 1_767_348_000_000)
    assert receiver.events == []


def test_a_delivery_of_the_past_is_what_was_delivered_then(control, receiver):
    control.inbound(PHONE, text="Ciao!", at=1_767_348_000)
    control.wait(idle=True)
    (event,) = receiver.events

    told = delivery_of(
        {"phone": PHONE, "inbound": True, "text": "Ciao!", "at": 1_767_348_000},
        uuid=event["data"]["uuid"],
        business=event["data"]["to_phone"],
        now=event["timestamp"],
    )

    # Only the name of Spoki's contact is not known any more.
    del event["data"]["contact"]
    assert told["data"] == event["data"]
    assert {**event, "event_uuid": "", "data": {}} == {**told, "event_uuid": "", "data": {}}


def test_an_unknown_kind_is_refused_with_the_known_ones(process, control):
    answer = requests.post(
        f"{process.url}/_control/inbound", json={"phone": PHONE, "kind": "smoke"}, timeout=5
    )

    assert answer.status_code == 400
    assert "button" in answer.text
    assert control.messages() == []
