"""The client over a real socket: connections, time limits, and what it does not follow."""

from contextlib import closing
from socket import socket

import pytest

from spoki import SpokiClient, SpokiOutcomeUnknown, SpokiUnreachable, TemplateSend
from tests.spoki.conftest import KEY, PHONE
from tests.spoki.wire import HANG_UP, answer, wire_server

ACCEPTED = answer(b'{"uuid": "0f0e0d0c0b0a09080706050403020100"}')
ACCOUNT = answer(b'{"id": 1}')
SEND = TemplateSend(phone=PHONE, template_id=1001, language="it", variables={"NAME": "Ada"})


def client_of(url, **changes):
    return closing(
        SpokiClient(
            **{
                "base_url": url,
                "api_key": KEY,
                "timeout": (2.0, 2.0),
                "read_pause": 0.001,
                **changes,
            }
        )
    )


def test_a_send_arrives_once_and_whole():
    with wire_server(ACCEPTED) as server, client_of(server.url) as client:
        receipt = client.send_template(SEND)

        assert receipt.is_confirmed
        (request,) = server.requests
        assert request.startswith(b"POST /api/1/messages/send/ HTTP/1.1\r\n")
        assert f"X-Spoki-Api-Key: {KEY}".encode() in request
        assert request.count(b"Content-Length:") == 1


def test_many_sends_share_one_connection():
    with wire_server(ACCEPTED) as server, client_of(server.url) as client:
        for _ in range(5):
            client.send_template(SEND)

        assert len(server.requests) == 5
        assert server.connection_count == 1


def test_a_closed_door_surely_sent_nothing():
    with socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with client_of(url) as client, pytest.raises(SpokiUnreachable) as error:
            client.send_template(SEND)

    assert not error.value.maybe_sent


@pytest.mark.parametrize(
    "answered",
    [
        HANG_UP,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX-Then: close\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Then: close\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
        b"nonsense\r\n\r\nX-Then: close",
        answer(status="302 Found", headers="Location: https://[broken/\r\n"),
        answer(status="302 Found", headers="Location: /api/1/elsewhere/\r\n"),
        answer(b"<html>", status="502 Bad Gateway"),
    ],
    ids=["hangs up", "cut short", "cut in a chunk", "no gzip", "no http", "broken", "away", "502"],
)
def test_a_send_without_a_proper_answer_arrives_once_and_is_unknown(answered):
    with wire_server(answered) as server, client_of(server.url) as client:
        with pytest.raises(SpokiOutcomeUnknown):
            client.send_template(SEND)

        assert len(server.requests) == 1


def test_a_send_that_takes_too_long_is_unknown():
    with (
        wire_server(ACCEPTED, delay=1.0) as server,
        client_of(server.url, timeout=(2.0, 0.1)) as client,
    ):
        with pytest.raises(SpokiOutcomeUnknown):
            client.send_template(SEND)

        assert len(server.requests) == 1


def test_a_read_survives_two_broken_connections():
    with wire_server(HANG_UP, HANG_UP, ACCOUNT) as server, client_of(server.url) as client:
        assert client.account(1).id == 1
        assert len(server.requests) == 3


def test_a_connection_that_spoki_closed_meanwhile_is_replaced():
    closing_answer = answer(b'{"id": 1}', headers="X-Then: close\r\n")
    with wire_server(closing_answer) as server, client_of(server.url) as client:
        ids = [client.account(1).id for _ in range(3)]

        assert ids == [1, 1, 1]


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with wire_server(ACCEPTED) as server, client_of(server.url) as client:
        assert client.send_template(SEND).is_confirmed


def test_cookies_are_not_kept():
    baked = answer(b'{"id": 1}', headers="Set-Cookie: a=b\r\n")
    with wire_server(baked) as server, client_of(server.url) as client:
        client.account(1)
        client.account(1)

        assert len(server.requests) == 2
        assert b"ookie" not in server.requests[1]


def test_a_get_has_neither_body_nor_length():
    with wire_server(ACCOUNT) as server, client_of(server.url) as client:
        client.account(1)

        assert b"content-length" not in server.requests[0].lower()


def test_an_empty_post_says_that_it_is_empty():
    with wire_server(answer(b"")) as server, client_of(server.url) as client:
        client.submit_template(5)

        assert b"Content-Length: 0\r\n" in server.requests[0]
