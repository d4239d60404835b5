"""The courier over a real socket: many at once, each at most once, and every one answered for."""

import gzip
import math
import os
import resource
import threading
import time
from socket import socket
from typing import Any

import pytest

from spoki import (
    SendReceipt,
    SpokiClient,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
    TemplateSend,
    TextSend,
)
from tests.spoki.conftest import KEY, PHONE
from tests.spoki.wire import HANG_UP, answer, wire_server

ACCEPTED = answer(b'{"uuid": "0f0e0d0c0b0a09080706050403020100"}')
SEND = TemplateSend(phone=PHONE, template_id=1001, language="it", variables={"NAME": "Ada"})


class Route:
    """A courier at work, and what it told, in the order of the telling."""

    def __init__(self, url, *, most=4, timeout=(2.0, 2.0)):
        client = SpokiClient(base_url=url, api_key=KEY, timeout=timeout)
        self.courier = client.courier(most=most)
        self.told = []
        self._more = threading.Condition()
        self.courier.start()

    def post(self, send=SEND, *, until=math.inf):
        self.courier.post(send, until=until, done=self._hear)

    def post_and_wait(self, send=SEND):
        """Post one and return what came of it."""
        before = len(self.told)
        self.post(send)
        with self._more:
            assert self._more.wait_for(lambda: len(self.told) > before, timeout=10)
        return self.told[-1]

    def _hear(self, became):
        with self._more:
            self.told.append(became)
            self._more.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_failure):
        self.courier.close()


def told_of(url, send=SEND, **changes):
    """Carry one send and return what came of it."""
    with Route(url, **changes) as route:
        return route.post_and_wait(send)


@pytest.fixture
def closed_door():
    """An address where nobody listens."""
    with socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


@pytest.mark.parametrize(
    "send",
    [SEND, TextSend(phone=PHONE, text="Ciao, è pronto", metadata={"msg": "1"})],
    ids=["template", "text"],
)
def test_a_send_by_courier_is_the_same_request_as_by_the_client(send):
    with wire_server(ACCEPTED) as server:
        client = SpokiClient(base_url=server.url, api_key=KEY)
        client.send_template(send) if isinstance(send, TemplateSend) else client.send_text(send)
        client.close()
        receipt = told_of(server.url, send)

        assert receipt.uuid == "0f0e0d0c0b0a09080706050403020100"
        by_client, by_courier = (request.partition(b"\r\n\r\n") for request in server.requests)
        assert by_courier[2] == by_client[2]
        assert _head(by_courier[0]) == _head(by_client[0])


def _head(raw):
    first, *lines = raw.split(b"\r\n")
    ours = {b"host", b"x-spoki-api-key", b"user-agent", b"accept", b"content-type"}
    named = {line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in lines}
    assert b"expect" not in named
    return first, {name: named[name] for name in ours | {b"content-length", b"accept-encoding"}}


def test_sends_one_after_the_other_share_a_connection():
    with wire_server(ACCEPTED) as server, Route(server.url) as route:
        for _ in range(5):
            assert route.post_and_wait().is_confirmed

        assert len(server.requests) == 5
        assert server.connection_count == 1


def test_at_most_so_many_are_on_their_way_and_all_others_wait_in_line():
    with wire_server(ACCEPTED, delay=0.05) as server, Route(server.url, most=3) as route:
        for _ in range(12):
            route.post()
        route.courier.close()

        assert [receipt.is_confirmed for receipt in route.told] == [True] * 12
        assert len(server.requests) == 12
        assert server.connection_count == 3


def test_closing_waits_for_what_is_on_its_way():
    with wire_server(ACCEPTED, delay=0.2) as server:
        with Route(server.url) as route:
            route.post()

        assert [receipt.is_confirmed for receipt in route.told] == [True]


def test_a_send_whose_kept_connection_dies_under_it_is_unknown_and_not_begun_anew():
    with wire_server(ACCEPTED, HANG_UP, ACCEPTED) as server, Route(server.url) as route:
        assert route.post_and_wait().is_confirmed
        assert isinstance(route.post_and_wait(), SpokiOutcomeUnknown)

        assert len(server.requests) == 2


def test_a_connection_that_spoki_closed_meanwhile_costs_no_send():
    closing = answer(b'{"id": 7}', headers="X-Then: close\r\n")
    with wire_server(closing) as server, Route(server.url) as route:
        for _ in range(4):
            assert route.post_and_wait().id == "7"
            assert server.closed.acquire(timeout=5)

        assert len(server.requests) == 4


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
        answer(b"<html>"),
        answer(b"[1]"),
    ],
    ids=[
        *("hangs up", "cut short", "cut in a chunk", "no gzip", "no http", "broken", "away"),
        *("502", "no json", "a list"),
    ],
)
def test_a_send_without_a_proper_answer_arrives_once_and_is_unknown(answered):
    with wire_server(answered) as server:
        assert isinstance(told_of(server.url), SpokiOutcomeUnknown)
        assert len(server.requests) == 1


def test_a_send_that_takes_too_long_is_unknown():
    with wire_server(ACCEPTED, delay=1.0) as server:
        assert isinstance(told_of(server.url, timeout=(0.1, 0.1)), SpokiOutcomeUnknown)
        assert len(server.requests) == 1


def test_behind_a_closed_door_surely_nothing_was_sent(closed_door):
    became = told_of(closed_door)

    assert isinstance(became, SpokiUnreachable)
    assert not became.maybe_sent


def test_a_send_that_is_late_never_leaves():
    with wire_server(ACCEPTED) as server:
        with Route(server.url) as route:
            route.post(until=time.monotonic() - 0.001)

        assert route.told == [None]
        assert server.requests == []


def test_a_send_that_gets_late_in_line_never_leaves():
    with wire_server(ACCEPTED, delay=0.3) as server:
        with Route(server.url, most=1) as route:
            route.post()
            route.post(until=time.monotonic() + 0.1)

        first, second = route.told
        assert first.is_confirmed
        assert second is None
        assert len(server.requests) == 1


def test_what_meta_would_fail_is_refused_before_it_leaves():
    empty = TemplateSend(phone=PHONE, template_id=1, language="it", variables={"NAME": " "})
    with wire_server(ACCEPTED) as server:
        became = told_of(server.url, empty)

        assert isinstance(became, SpokiRefused)
        assert (became.code, became.detail) == ("local::empty_variable", "NAME")
        assert server.requests == []


def test_a_refusal_says_its_code_its_pause_and_its_number_and_hides_the_key():
    body = f'{{"detail": "slow down {KEY}"}}'.encode()
    headers = "retry-after: 7\r\nX-Request-ID: abc-1\r\n"
    with wire_server(answer(body, status="429 Too Many", headers=headers)) as server:
        became = told_of(server.url)

    assert isinstance(became, SpokiThrottled)
    assert (became.status, became.retry_after, became.request_id) == (429, 7.0, "abc-1")
    assert became.detail == "slow down …"


def test_an_answer_of_one_send_says_nothing_of_the_next():
    refusal = answer(b"", status="429 Too Many", headers="Retry-After: 7\r\n")
    with wire_server(refusal, ACCEPTED, refusal) as server, Route(server.url) as route:
        became = [route.post_and_wait() for _ in range(3)]

    assert [type(each) for each in became] == [SpokiThrottled, SendReceipt, SpokiThrottled]


def test_an_empty_answer_confirms_nothing():
    with wire_server(answer(b"")) as server:
        assert not told_of(server.url).is_confirmed


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with wire_server(ACCEPTED) as server:
        assert told_of(server.url).is_confirmed


def test_cookies_are_not_kept():
    baked = answer(b'{"id": 1}', headers="Set-Cookie: a=b\r\n")
    with wire_server(baked) as server, Route(server.url) as route:
        route.post_and_wait()
        route.post_and_wait()

        assert b"ookie" not in server.requests[1]


def test_who_listens_badly_stops_nobody(caplog):
    def deaf(_became):
        raise ValueError("no")

    with wire_server(ACCEPTED) as server, Route(server.url) as route:
        route.courier.post(SEND, until=math.inf, done=deaf)
        assert route.post_and_wait().is_confirmed

    assert "what came of a send could not be told" in caplog.text
    assert PHONE not in caplog.text


def test_it_hears_the_next_send_after_a_rest():
    with wire_server(ACCEPTED) as server, Route(server.url) as route:
        route.post_and_wait()
        threading.Event().wait(0.3)

        assert route.post_and_wait().is_confirmed


def test_a_send_that_cannot_be_written_is_unknown_and_costs_nobody_else_his_way(caplog):
    metadata: dict[str, Any] = {"msg": object()}
    unwritable = TextSend(phone=PHONE, text="Ciao", metadata=metadata)
    with wire_server(ACCEPTED, delay=0.2) as server:
        with Route(server.url) as route:
            route.post()
            route.post(unwritable)

        refused, confirmed = route.told
        assert isinstance(refused, SpokiOutcomeUnknown)
        assert confirmed.is_confirmed
        assert len(server.requests) == 1
    assert "a send could not be set off" in caplog.text
    assert PHONE not in caplog.text


def test_an_answer_that_cannot_be_understood_leaves_its_send_unknown(monkeypatch):
    def stumble(*_answer, **_how):
        raise RuntimeError("no")

    with wire_server(ACCEPTED) as server, Route(server.url) as route:
        with monkeypatch.context() as patched:
            patched.setattr("spoki.courier.payload_of", stumble)
            assert isinstance(route.post_and_wait(), SpokiOutcomeUnknown)

        assert route.post_and_wait().is_confirmed


class Stumbling:
    """Fails at the first call and passes the later ones on."""

    def __init__(self, then):
        self.count = 0
        self._then = then

    def __call__(self, *args, **how):
        self.count += 1
        if self.count == 1:
            raise RuntimeError("no")
        return self._then(*args, **how)


def test_when_the_courier_stumbles_what_flies_is_unknown_and_the_next_goes_its_way(
    monkeypatch, caplog
):
    with wire_server(ACCEPTED) as server, Route(server.url) as route:
        # Each stumbles once: at an answer that is there, and at getting up after that.
        monkeypatch.setattr(route.courier, "_end", Stumbling(route.courier._end))
        monkeypatch.setattr(route.courier, "_new_multi", Stumbling(route.courier._new_multi))

        assert isinstance(route.post_and_wait(), SpokiOutcomeUnknown)
        while route.courier._new_multi.count < 2:
            threading.Event().wait(0.01)
        assert route.post_and_wait().is_confirmed

    assert "the courier could not get up again" in caplog.text


@pytest.fixture
def many_files():
    """So many open files that the next has a number that `select` does not know."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    opened = [os.open(os.devnull, os.O_RDONLY)]
    while opened[-1] < 1200:
        opened.append(os.open(os.devnull, os.O_RDONLY))
    yield
    for number in opened:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_it_carries_among_thousands_of_open_files():
    with wire_server(ACCEPTED, delay=0.05) as server, Route(server.url) as route:
        for _ in range(12):
            route.post()
        route.courier.close()

        assert [type(became) for became in route.told] == [SendReceipt] * 12
        assert len(server.requests) == 12


def test_an_answer_that_swells_without_end_is_unknown():
    swelling = gzip.compress(b" " * 20_000_000)
    with wire_server(answer(swelling, headers="Content-Encoding: gzip\r\n")) as server:
        assert isinstance(told_of(server.url), SpokiOutcomeUnknown)


def test_what_a_hint_before_the_answer_says_is_not_the_answers():
    hint = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 99\r\n\r\n"
    with wire_server(hint + answer(b"", status="429 Too Many")) as server:
        became = told_of(server.url)

    assert isinstance(became, SpokiThrottled)
    assert became.retry_after is None
