"""Refusals of our own, before anything goes over the wire.

Meta fails a template whose value is empty, or holds line breaks, tabs or more than four spaces in
a row. https://developers.facebook.com/docs/whatsapp/ (message templates, parameters)
"""

import re
from collections.abc import Mapping

from spoki.exceptions import SpokiRefused
from spoki.phones import is_e164

BATCH_LIMIT = 500

_BROKEN_LAYOUT = re.compile(r"[\n\r\t\v\f\u2028\u2029]| {5}")
_TRIGGER = re.compile(r"[0-9A-Za-z-]{1,64}")


def check_phone(operation: str, phone: str) -> None:
    """Refuse a phone that is not E.164.

    :raises SpokiRefused: with code "local::invalid_phone".
    """
    if not is_e164(phone):
        raise SpokiRefused(operation, code="local::invalid_phone")


def check_variables(operation: str, variables: Mapping[str, str]) -> None:
    """Refuse values that Meta would fail; `detail` names the variable, never the value.

    :raises SpokiRefused: with code "local::empty_variable" or "local::variable_layout".
    """
    for code, value in variables.items():
        if not value.strip():
            raise SpokiRefused(operation, code="local::empty_variable", detail=code)
        if _BROKEN_LAYOUT.search(value):
            raise SpokiRefused(operation, code="local::variable_layout", detail=code)


def check_text(operation: str, text: str) -> None:
    """Refuse a message without words.

    :raises SpokiRefused: with code "local::empty_text".
    """
    if not text.strip():
        raise SpokiRefused(operation, code="local::empty_text")


def check_trigger(operation: str, uuid: str) -> None:
    """Refuse the id of a trigger that could not stand in an address.

    :raises SpokiRefused: with code "local::invalid_trigger".
    """
    if not _TRIGGER.fullmatch(uuid):
        raise SpokiRefused(operation, code="local::invalid_trigger")


def check_batch(size: int) -> None:
    """Refuse a batch larger than Spoki takes: a mistake of the caller, not a business case.

    :raises ValueError: above 500.
    """
    if size > BATCH_LIMIT:
        raise ValueError(f"at most {BATCH_LIMIT} contacts in one call")
