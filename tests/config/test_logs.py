"""No phone and no key in any line of the log."""

import logging

import pytest
import structlog
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from config.logs import (
    HIDDEN_PHONE,
    HIDDEN_SECRET,
    PlainFormatter,
    is_no_probe,
    redact,
    without_refused_traceback,
)
from config.structured_logs import RedactingFormatter


@pytest.mark.parametrize(
    "phone",
    ["+393331234567", "+39 333 123 4567", "393331234567", "3331234567", "+41791234567",
     "%2B393331234567", "00393331234567"],
)  # fmt: skip
def test_a_phone_is_struck(phone):
    assert (
        redact(f"GET /customers/?phone={phone}&x=200")
        == f"GET /customers/?phone={HIDDEN_PHONE}&x=200"
    )


@pytest.mark.parametrize(
    "text",
    ["order 1042 of 2026-11-23", "1795426200123 ms", "id 39", "0.3331234567",
     "018f3a5c-3331-4567-9abc-333123456789", "sent 3000000 rows", "2026-11-22T10:44:22.333123456Z"],
)  # fmt: skip
def test_what_is_no_phone_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "line",
    ["X-Spoki-Api-Key: abc123secret", "{'X-Spoki-Api-Key': 'abc123secret'}", "api_key=abc123secret",
     "Authorization: Token abc123secret", "Authorization: Bearer abc123secret"],
)  # fmt: skip
def test_a_key_is_struck(line):
    assert "abc123secret" not in redact(line)


def test_a_known_secret_is_struck_wherever_it_stands():
    assert (
        redact("http://x/?k=hunter2-hunter2", ["hunter2-hunter2"]) == f"http://x/?k={HIDDEN_SECRET}"
    )


@given(st.from_regex(r"\+39 ?3[0-9]{2} ?[0-9]{7}", fullmatch=True), st.sampled_from(" ,;:'\"()=<>"))
def test_an_italian_mobile_never_survives(phone, before):
    assert phone[-7:] not in redact(f"{before}{phone}{before}")


def test_tracebacks_are_redacted_too(settings):
    settings.SPOKI_API_KEY = "key-of-the-shop"
    formatter = RedactingFormatter(processor=structlog.dev.ConsoleRenderer(colors=False))
    try:
        int("refused +393331234567 with key-of-the-shop")
    except ValueError as error:
        record = logging.LogRecord(
            "x",
            logging.ERROR,
            __file__,
            1,
            "it broke",
            None,
            (type(error), error, error.__traceback__),
        )

    line = formatter.format(record)

    assert "it broke" in line
    assert "3331234567" not in line
    assert "key-of-the-shop" not in line


def test_probes_are_left_out_and_other_requests_are_not():
    def about(request):
        return logging.LogRecord("x", logging.INFO, "", 1, {"request": request}, None, None)

    assert not is_no_probe(about("GET /health/live/"))
    assert is_no_probe(about("GET /admin/"))


def test_a_page_refused_to_a_role_is_one_line():
    refused, broken = (
        logging.LogRecord("django.request", 30, "", 0, "Forbidden", (), (type(error), error, None))
        for error in (PermissionDenied(), ValueError("broken"))
    )

    assert [without_refused_traceback(record) for record in (refused, broken)] == [True, True]
    assert refused.exc_info is None
    assert broken.exc_info is not None


def test_a_command_without_pages_strikes_phones_too():
    line = logging.LogRecord("x", logging.WARNING, __file__, 1, "to %s", ("+393331234567",), None)

    assert PlainFormatter().format(line) == f"to {HIDDEN_PHONE}"
