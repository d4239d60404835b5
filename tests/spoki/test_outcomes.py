"""May it be repeated, and did it leave? Answer by answer, failure by failure."""

import ssl
from datetime import UTC, datetime
from socket import gaierror

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)
from urllib3.exceptions import SSLError as PoolSSLError

from spoki import (
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)
from spoki.outcomes import (
    Effect,
    error_of_answer,
    error_of_shape,
    error_of_silence,
    is_worth_repeating,
    never_opened,
    read_retry_after,
    retry_pause,
)

POOL = HTTPConnectionPool("spoki.test")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def wrapped(reason):
    return requests.ConnectionError(MaxRetryError(POOL, "/api/1/contacts/", reason))


NEVER_OPENED = [
    requests.ConnectTimeout(),
    wrapped(NewConnectionError(HTTPConnection("spoki.test"), "refused")),
    wrapped(NameResolutionError("spoki.test", HTTPConnection("spoki.test"), gaierror())),
    requests.exceptions.SSLError(
        MaxRetryError(POOL, "/", PoolSSLError(ssl.SSLCertVerificationError("expired")))
    ),
]
MAYBE_LEFT = [
    requests.ReadTimeout(),
    requests.Timeout(),
    requests.ConnectionError(),
    requests.ConnectionError(ProtocolError("aborted", ConnectionResetError())),
    wrapped(ConnectTimeoutError("other")),
    requests.exceptions.SSLError(MaxRetryError(POOL, "/", PoolSSLError(ssl.SSLError("bad mac")))),
    requests.exceptions.ChunkedEncodingError(),
    requests.exceptions.ContentDecodingError(),
    RuntimeError("anything else"),
    None,
]


@pytest.mark.parametrize("failure", NEVER_OPENED, ids=repr)
def test_a_connection_that_never_opened_surely_sent_nothing(failure):
    error = error_of_silence("send_template", effect=Effect.ONCE, failure=failure)

    assert never_opened(failure)
    assert type(error) is SpokiUnreachable


@pytest.mark.parametrize("failure", MAYBE_LEFT, ids=repr)
def test_any_other_failure_of_a_send_leaves_its_outcome_unknown(failure):
    error = error_of_silence("send_template", effect=Effect.ONCE, failure=failure)

    assert not never_opened(failure)
    assert type(error) is SpokiOutcomeUnknown


@pytest.mark.parametrize("effect", [Effect.READ, Effect.REPEATABLE])
@pytest.mark.parametrize("failure", [*NEVER_OPENED, *MAYBE_LEFT], ids=repr)
def test_a_lost_answer_of_a_harmless_call_may_be_asked_again(failure, effect):
    assert type(error_of_silence("x", effect=effect, failure=failure)) is SpokiUnreachable


@pytest.mark.parametrize(
    ("status", "payload", "kind"),
    [
        (400, None, SpokiRefused),
        (401, None, SpokiAuthError),
        (401, {"code": "spoki::1"}, SpokiAuthError),
        (403, None, SpokiAuthError),
        (403, {"error_code": "spoki::1029"}, SpokiRefused),
        (402, {"error_code": "spoki::1029"}, SpokiRefused),
        (404, None, SpokiNotFound),
        (404, {"error_code": 132001}, SpokiRefused),
        (408, None, SpokiOutcomeUnknown),
        (409, None, SpokiRefused),
        (422, None, SpokiRefused),
        (429, None, SpokiThrottled),
        (429, {"error_code": "spoki::1029"}, SpokiThrottled),
        (400, {"error_code": 130429}, SpokiThrottled),
        (200, {"error_code": 130429}, SpokiThrottled),
        (200, {"error_code": "spoki::1029"}, SpokiRefused),
        (500, None, SpokiOutcomeUnknown),
        (502, None, SpokiOutcomeUnknown),
        (503, {"error_code": 130429}, SpokiOutcomeUnknown),
        (504, None, SpokiOutcomeUnknown),
        (301, None, SpokiOutcomeUnknown),
        (307, None, SpokiOutcomeUnknown),
    ],
)
def test_the_answer_to_a_send_means_one_thing(status, payload, kind):
    error = error_of_answer("send", effect=Effect.ONCE, status=status, payload=payload)

    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("effect", [Effect.READ, Effect.REPEATABLE])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, SpokiProtocolError),
        (304, SpokiProtocolError),
        (400, SpokiRefused),
        (401, SpokiAuthError),
        (404, SpokiNotFound),
        (408, SpokiServerError),
        (429, SpokiThrottled),
        (500, SpokiServerError),
        (503, SpokiServerError),
    ],
)
def test_the_answer_to_a_harmless_call_means_one_thing(status, kind, effect):
    error = error_of_answer("x", effect=effect, status=status, payload=None)

    assert type(error) is kind


def test_an_error_carries_code_detail_wait_and_request():
    error = error_of_answer(
        "send",
        effect=Effect.ONCE,
        status=429,
        payload={"detail": "Slow down", "code": "spoki::7"},
        retry_after=9.0,
        request_id="r-1",
    )

    assert (error.code, error.detail) == ("spoki::7", "Slow down")
    assert (error.retry_after, error.request_id) == (9.0, "r-1")


def test_a_fault_after_a_send_still_tells_its_code():
    payload = {"error_code": "spoki::1029"}

    error = error_of_answer("send", effect=Effect.ONCE, status=500, payload=payload)

    assert error.maybe_sent
    assert error.code == "spoki::1029"


def test_a_senseless_answer_to_a_read_names_the_field():
    error = error_of_shape("templates", effect=Effect.READ, status=200, field="body")

    assert isinstance(error, SpokiProtocolError)
    assert error.field == "body"


def test_only_broken_connections_and_passing_faults_are_worth_repeating():
    repeated = [status for status in range(100, 600) if is_worth_repeating(None, status)]

    assert repeated == [502, 503, 504]
    assert is_worth_repeating(requests.ConnectionError(), None)
    assert is_worth_repeating(requests.ConnectTimeout(), None)
    assert not is_worth_repeating(requests.ReadTimeout(), None)
    assert not is_worth_repeating(requests.exceptions.SSLError(), None)


def test_the_pause_before_a_repetition_grows():
    assert [retry_pause(attempt, 0.25) for attempt in (1, 2)] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Mon, 23 Nov 2026 09:30:42 GMT", 42.0),
        ("Mon, 23 Nov 2026 09:30:42 -0000", 42.0),
        ("Mon, 23 Nov 2026 10:29:00 +0100", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Nov 2026 09:30:42 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert read_retry_after(value, now=NOW) == seconds


@given(st.text())
def test_no_retry_after_whatever_breaks_the_reading(value):
    seconds = read_retry_after(value, now=NOW)

    assert seconds is None or seconds >= 0
