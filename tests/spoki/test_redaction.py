"""Keys, phone numbers and people's words show in no log, no text of an error and no traceback."""

import logging
import traceback
from contextlib import closing
from socket import socket

import pytest

from spoki import (
    AutomationContact,
    AutomationStart,
    SpokiClient,
    SpokiError,
    SpokiRefused,
    TemplateSend,
)
from tests.spoki.conftest import BASE, KEY, PHONE
from tests.spoki.wire import HANG_UP, answer, wire_server

DIGITS = PHONE[1:]
SEND = TemplateSend(phone=PHONE, template_id=1001, language="it", variables={"NAME": "Adalgisa"})
SECRET = "automation-secret"
START = AutomationStart(uuid="u-1", secret=SECRET, contact=AutomationContact(phone=PHONE))
CALLS = {
    "history": lambda client: client.history(PHONE),
    "contacts": lambda client: list(client.contacts(phone=PHONE)),
    "send": lambda client: client.send_template(SEND),
    "automation": lambda client: client.start_automation(START),
}


def assert_hides_everything(text):
    for secret in (KEY, DIGITS, DIGITS[2:], "Adalgisa", SECRET):
        assert secret not in text


def client_of(url):
    return closing(
        SpokiClient(
            base_url=url,
            api_key=KEY,
            history_path="/api/1/messages/",
            timeout=(1.0, 1.0),
            read_pause=0.001,
        )
    )


def fail(client, call):
    with pytest.raises(SpokiError) as caught:
        CALLS[call](client)
    return caught.value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "answered",
    [
        HANG_UP,
        b"nonsense\r\n\r\nX-Then: close",
        answer(b"<html>"),
        answer(f'{{"detail": "{PHONE} {KEY}"}}'.encode(), status="400 Bad Request"),
        answer(b"{}", status="500 No", headers=f"X-Request-Id: {PHONE}\r\n"),
    ],
    ids=["hangs up", "no http", "html", "echo", "500"],
)
def test_no_error_and_no_log_of_a_failed_call_tells_anything(call, answered, caplog):
    caplog.set_level(logging.DEBUG)

    with wire_server(answered) as server, client_of(server.url) as client:
        error = fail(client, call)

        assert len(server.requests) >= 1
    assert_hides_everything(f"{error} {error!r} {error.args} {error.detail}")
    assert_hides_everything("".join(traceback.format_exception(error)))
    assert_hides_everything(caplog.text)


@pytest.mark.parametrize("secret", [SECRET, "with-12345678-digits", "x" * 600])
def test_the_secret_of_an_automation_is_blanked_when_spoki_repeats_it(stub, client, secret):
    stub.post(f"{BASE}/wh/ap/u-1/", status=400, json={"detail": f"bad secret {secret}!"})

    with pytest.raises(SpokiRefused) as refusal:
        client.start_automation(
            AutomationStart(uuid="u-1", secret=secret, contact=AutomationContact(phone=PHONE))
        )

    assert refusal.value.detail == "bad secret …!"


@pytest.mark.parametrize("call", CALLS)
def test_no_error_of_a_closed_door_tells_anything(call, caplog):
    caplog.set_level(logging.DEBUG)

    with socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with client_of(f"http://127.0.0.1:{reserved.getsockname()[1]}") as client:
            error = fail(client, call)

    assert (error.__cause__, error.__context__) == (None, None)
    assert_hides_everything("".join(traceback.format_exception(error)))
    assert_hides_everything(caplog.text)


def test_the_debug_log_of_a_good_call_shows_the_path_and_no_phone(caplog):
    caplog.set_level(logging.DEBUG)

    with wire_server(answer(b"[]")) as server, client_of(server.url) as client:
        client.history(PHONE)

        assert DIGITS.encode() in server.requests[0]
    assert "/api/1/messages/?phone=…" in caplog.text
    assert_hides_everything(caplog.text)


def test_a_client_shows_no_key():
    client = SpokiClient(base_url=BASE, api_key=KEY)

    assert repr(client) == f"<SpokiClient to {BASE}>"


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}\r\nX: y", f"{KEY}è", f"{KEY}\x00"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key):
    with pytest.raises(ValueError, match="key of Spoki") as refusal:
        SpokiClient(base_url=BASE, api_key=key)

    assert KEY not in str(refusal.value)


def test_a_refusal_of_our_own_names_the_variable_and_not_its_value(client):
    send = TemplateSend(
        phone=PHONE, template_id=1, language="it", variables={"NAME": "Adalgisa\nVerdi"}
    )

    with pytest.raises(SpokiRefused) as refusal:
        client.send_template(send)

    assert refusal.value.detail == "NAME"
    assert_hides_everything(f"{refusal.value!r} {refusal.value.args}")
