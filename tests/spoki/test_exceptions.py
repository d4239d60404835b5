"""The errors: what each says about repeating and about what left."""

import pickle

import pytest

from spoki import (
    SpokiAuthError,
    SpokiError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)

ALL = [
    SpokiAuthError,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_a_spoki_error(kind):
    assert issubclass(kind, SpokiError)


@pytest.mark.parametrize("kind", ALL)
def test_only_outages_and_throttling_may_be_tried_again(kind):
    expected = kind in {SpokiServerError, SpokiThrottled, SpokiUnreachable}

    assert kind("send_template").retryable is expected


@pytest.mark.parametrize("kind", ALL)
def test_only_an_unknown_outcome_may_have_sent(kind):
    assert kind("send_template").maybe_sent is (kind is SpokiOutcomeUnknown)


def test_an_error_says_what_happened_in_words():
    error = SpokiRefused("send_template", status=400, code="spoki::1029", request_id="r-1")

    assert str(error) == "Spoki send_template was refused, HTTP 400, code spoki::1029, request r-1"


def test_what_spoki_said_is_kept_apart_from_the_text_of_the_error():
    error = SpokiRefused("send_template", detail="Ciao Ada")

    assert error.detail == "Ciao Ada"
    assert "Ada" not in str(error)
    assert "Ada" not in repr(error)


def test_a_wrong_shape_names_its_field():
    assert str(SpokiProtocolError("templates", field="results")).endswith("field results")


def test_an_error_survives_being_stored_and_read_back():
    error = SpokiThrottled("send_template", status=429, retry_after=7.0)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes

    assert (str(copy), copy.retry_after) == (str(error), 7.0)
