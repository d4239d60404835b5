"""Sends: what goes over the wire, what each answer means, and that nothing is sent twice."""

import json

import pytest
import requests
import responses
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from spoki import (
    AutomationContact,
    AutomationStart,
    InteractiveSend,
    MessageStatus,
    ReplyButton,
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
    TemplateSend,
    TextSend,
)
from tests.spoki.conftest import BASE, KEY, PHONE

SEND = f"{BASE}/api/1/messages/send/"
START = f"{BASE}/wh/ap/4f2c-aa/"
BULK = f"{BASE}/wh/ap/4f2c-aa/bulk/"
UUID = "0f0e0d0c0b0a09080706050403020100"
HTML = "<html><body>502 Bad Gateway</body></html>"


def template(**changes):
    return TemplateSend(
        **{
            "phone": PHONE,
            "template_id": 1001,
            "language": "it",
            "variables": {"FIRST_NAME": "Ada"},
            "metadata": {"msg": "8f2c6a0e"},
            **changes,
        }
    )


def body_of(call):
    return json.loads(call.request.body)


def test_a_template_send_carries_key_body_and_length(client, stub):
    stub.post(SEND, json={"id": 7, "uuid": UUID, "status": "Pending"})

    client.send_template(template())

    (call,) = stub.calls
    assert call.request.headers["X-Spoki-Api-Key"] == KEY
    assert call.request.headers["Content-Type"] == "application/json"
    assert call.request.headers["Content-Length"] == str(len(call.request.body))
    assert body_of(call) == {
        "type": "Template",
        "phone": PHONE,
        "template": 1001,
        "language": "IT",
        "custom_fields": {"FIRST_NAME": "Ada"},
        "metadata": {"msg": "8f2c6a0e"},
    }


def test_an_accepted_send_is_confirmed_with_both_identifiers(client, stub):
    stub.post(SEND, json={"id": 7, "uuid": UUID, "status": "Pending"}, status=201)

    receipt = client.send_template(template())

    assert receipt.is_confirmed
    assert (receipt.uuid, receipt.id, receipt.status) == (UUID, "7", MessageStatus.PENDING)


@pytest.mark.parametrize(
    "answer", [{"json": {"detail": "Message queued"}}, {"json": {"accepted": True}}, {"body": b""}]
)
def test_a_2xx_without_identifier_is_no_error_and_no_confirmation(client, stub, answer):
    stub.post(SEND, **answer)

    assert not client.send_template(template()).is_confirmed
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"error": "no credit", "error_code": "spoki::1029"}, "spoki::1029"),
        ({"uuid": UUID, "error_code": "131026"}, "whatsapp::131026"),
        ({"code": "spoki::3004", "detail": "no"}, "spoki::3004"),
        ({"accepted": False}, None),
        ({"detail": "refused: whatsapp::131050"}, "whatsapp::131050"),
        ({"data": {"error": "no", "error_code": "spoki::1044"}}, "spoki::1044"),
    ],
)
def test_an_error_inside_a_200_is_a_refusal(client, stub, payload, code):
    stub.post(SEND, json=payload)

    with pytest.raises(SpokiRefused) as refusal:
        client.send_template(template())

    assert (refusal.value.code, refusal.value.status) == (code, 200)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "json": {"error_code": "spoki::1029"}}, SpokiRefused),
        ({"status": 401, "json": {"detail": "Invalid key."}}, SpokiAuthError),
        ({"status": 403, "body": HTML}, SpokiAuthError),
        ({"status": 404, "json": {"detail": "Not found."}}, SpokiNotFound),
        ({"status": 422, "json": {"phone": ["Invalid."]}}, SpokiRefused),
        ({"status": 429}, SpokiThrottled),
    ],
)
def test_a_clear_refusal_surely_sent_nothing(client, stub, answer, kind):
    stub.post(SEND, **answer)

    with pytest.raises(kind) as refusal:
        client.send_template(template())

    assert not refusal.value.maybe_sent
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 502, "body": HTML},
        {"status": 503},
        {"status": 504},
        {"status": 200, "body": HTML},
        {"status": 200, "body": b'{"uuid": "0f0e'},
        {"status": 200, "body": b"\xff\xfe\xfa"},
        {"status": 200, "json": ["0f0e"]},
        {"status": 200, "json": "ok"},
        {"status": 301, "headers": {"Location": SEND}},
        {"status": 307, "headers": {"Location": "https://evil.test/"}},
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError()},
    ],
    ids=str,
)
def test_an_answer_lost_or_senseless_leaves_the_outcome_unknown_and_is_not_repeated(
    client, stub, answer
):
    stub.post(SEND, **answer)

    with pytest.raises(SpokiOutcomeUnknown) as unknown:
        client.send_template(template())

    assert unknown.value.maybe_sent
    assert not unknown.value.retryable
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectTimeout(),
        requests.ConnectionError(
            MaxRetryError(
                HTTPConnectionPool("spoki.test"),
                "/",
                NewConnectionError(HTTPConnection("spoki.test"), "refused"),
            )
        ),
    ],
    ids=["connect timeout", "refused"],
)
def test_a_connection_that_never_opened_may_be_tried_later_but_not_here(client, stub, failure):
    stub.post(SEND, body=failure)

    with pytest.raises(SpokiUnreachable) as error:
        client.send_template(template())

    assert error.value.retryable
    assert not error.value.maybe_sent
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"Retry-After": "soon"}, None), ({}, None)],
)
def test_a_throttled_send_tells_how_long_to_wait_where_spoki_says(client, stub, headers, seconds):
    stub.post(SEND, status=429, headers=headers, json={"detail": "Request was throttled."})

    with pytest.raises(SpokiThrottled) as throttled:
        client.send_template(template())

    assert throttled.value.retry_after == seconds
    assert throttled.value.retryable


def test_a_retry_after_may_be_a_date(client, stub):
    stub.post(SEND, status=429, headers={"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"})

    with pytest.raises(SpokiThrottled) as throttled:
        client.send_template(template())

    assert throttled.value.retry_after == 0.0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "3330000001"}, "local::invalid_phone"),
        ({"phone": ""}, "local::invalid_phone"),
        ({"variables": {"FIRST_NAME": ""}}, "local::empty_variable"),
        ({"variables": {"FIRST_NAME": "  "}}, "local::empty_variable"),
        ({"variables": {"FIRST_NAME": "Ada\nBianchi"}}, "local::variable_layout"),
        ({"variables": {"FIRST_NAME": "Ada\tBianchi"}}, "local::variable_layout"),
        ({"variables": {"FIRST_NAME": "Ada     Bianchi"}}, "local::variable_layout"),
    ],
)
def test_a_send_that_meta_would_fail_does_not_leave(client, stub, changes, code):
    with pytest.raises(SpokiRefused) as refusal:
        client.send_template(template(**changes))

    assert refusal.value.code == code
    assert len(stub.calls) == 0


def test_a_value_with_four_spaces_in_a_row_leaves(client, stub):
    stub.post(SEND, json={"uuid": UUID})

    client.send_template(template(variables={"FIRST_NAME": "Ada    B"}))

    assert len(stub.calls) == 1


def test_letters_of_every_alphabet_survive_the_wire(client, stub):
    stub.post(SEND, json={"uuid": UUID})

    client.send_template(template(variables={"FIRST_NAME": "Ådà 🐶 \ud800"}))

    assert body_of(stub.calls[0])["custom_fields"] == {"FIRST_NAME": "Ådà 🐶 \ud800"}


def test_a_text_and_buttons_go_to_the_same_endpoint(client, stub):
    stub.post(SEND, json={"uuid": UUID})

    client.send_text(TextSend(phone=PHONE, text="Ciao"))
    client.send_interactive(
        InteractiveSend(phone=PHONE, text="Sì?", buttons=[ReplyButton("Sì", "yes")])
    )

    assert [body_of(call)["content_type"] for call in stub.calls] == ["Text", "Interactive"]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_message_without_words_does_not_leave(client, stub, text):
    with pytest.raises(SpokiRefused, match="local::empty_text"):
        client.send_text(TextSend(phone=PHONE, text=text))
    with pytest.raises(SpokiRefused, match="local::empty_text"):
        client.send_interactive(InteractiveSend(phone=PHONE, text=text))

    assert len(stub.calls) == 0


def start(**changes):
    contact = AutomationContact(phone=PHONE, variables={"CODE": "X"}, metadata={"msg": "a"})
    return AutomationStart(**{"uuid": "4f2c-aa", "secret": "s3cret", "contact": contact, **changes})


def test_an_automation_starts_with_its_secret_and_without_the_key(client, stub):
    stub.post(START, body=b"")

    client.start_automation(start())

    (call,) = stub.calls
    assert "X-Spoki-Api-Key" not in call.request.headers
    assert KEY not in str(call.request.headers)
    assert body_of(call) == {
        "secret": "s3cret",
        "phone": PHONE,
        "custom_fields": {"CODE": "X"},
        "metadata": {"msg": "a"},
    }


def test_many_automations_start_in_one_call_without_the_key(client, stub):
    stub.post(BULK, body=b"")

    client.start_automation_bulk("4f2c-aa", "s3cret", [AutomationContact(phone=PHONE)])

    (call,) = stub.calls
    assert "X-Spoki-Api-Key" not in call.request.headers
    assert body_of(call) == {"secret": "s3cret", "contacts": [{"phone": PHONE}]}


def test_the_key_is_back_on_the_call_after_an_automation(client, stub):
    stub.post(START, body=b"")
    stub.post(SEND, json={"uuid": UUID})

    client.start_automation(start())
    client.send_template(template())

    assert stub.calls[1].request.headers["X-Spoki-Api-Key"] == KEY


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 401}, SpokiAuthError),
        ({"status": 403}, SpokiAuthError),
        ({"status": 404}, SpokiNotFound),
        ({"status": 429}, SpokiThrottled),
        ({"status": 200, "json": {"error": "wrong secret"}}, SpokiRefused),
        ({"status": 200, "body": HTML}, SpokiOutcomeUnknown),
        ({"status": 500}, SpokiOutcomeUnknown),
        ({"body": requests.ReadTimeout()}, SpokiOutcomeUnknown),
    ],
    ids=str,
)
def test_a_start_that_went_wrong_says_how_and_is_not_repeated(client, stub, answer, kind):
    stub.post(START, **answer)

    with pytest.raises(kind):
        client.start_automation(start())

    assert len(stub.calls) == 1


@pytest.mark.parametrize("uuid", ["", "../messages", "a/b", "a?b", "a" * 65, "è"])
def test_a_trigger_that_could_not_stand_in_an_address_is_refused(client, stub, uuid):
    with pytest.raises(SpokiRefused, match="local::invalid_trigger"):
        client.start_automation(start(uuid=uuid))

    assert len(stub.calls) == 0


def test_one_bad_person_keeps_a_whole_bulk_start_at_home(client, stub):
    people = [AutomationContact(phone=PHONE), AutomationContact(phone="333")]

    with pytest.raises(SpokiRefused, match="local::invalid_phone"):
        client.start_automation_bulk("4f2c-aa", "s3cret", people)

    assert len(stub.calls) == 0


def test_a_bulk_start_takes_at_most_500_people(client, stub):
    with pytest.raises(ValueError, match="500"):
        client.start_automation_bulk("u", "s", [AutomationContact(phone=PHONE)] * 501)

    assert len(stub.calls) == 0


def test_a_bulk_start_for_nobody_makes_no_call(client, stub):
    client.start_automation_bulk("u", "s", [])

    assert len(stub.calls) == 0


def test_redirects_are_off_at_the_session_level(client, stub):
    stub.post(SEND, status=302, headers={"Location": f"{BASE}/elsewhere/"})
    elsewhere = stub.add(responses.POST, f"{BASE}/elsewhere/", json={"uuid": UUID})

    with pytest.raises(SpokiOutcomeUnknown):
        client.send_template(template())

    assert elsewhere.call_count == 0
