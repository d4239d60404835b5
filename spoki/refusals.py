"""The error bodies of Spoki: four shapes, one reading.

{"detail": "text"}                                   generic
{"error": "text", "error_code": "spoki::1029"}       a send that was refused
{"code": "spoki::3014", "detail" or "title": "…"}    a template that was refused
{"field": ["message", …], "nested": {…}}             field by field, recursive
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spoki.phones import redact
from spoki.reading import JsonObject

_CODE = re.compile(r"\b(spoki|whatsapp)::([0-9]{1,6})(?![0-9])", re.IGNORECASE)
_CODE_KEYS = ("error_code", "code", "error", "detail", "title", "send_error_message")
_CONTAINERS = ("message", "data", "result", "error")
# No code is longer than Meta's six digits; a longer number may be a phone.
_BARE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error body says. `detail` has every long run of digits blanked."""

    code: str | None
    detail: str


def error_code(payload: object) -> str | None:
    """Return the code in an error body, like "whatsapp::131049", or None.

    A bare number in `error_code` is Meta's when it has six digits; any other bare number is
    given back as it is, so that a new code is counted and not lost.
    """
    if not isinstance(payload, dict):
        return None
    for key in _CODE_KEYS:
        for text in _texts(payload.get(key)):
            found = _CODE.search(text)
            if found:
                return f"{found[1].lower()}::{found[2]}"
    return _bare_code(payload.get("error_code")) or _nested_code(payload)


def _bare_code(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if not _BARE_NUMBER.fullmatch(text):
        return None
    return f"whatsapp::{text}" if len(text) == 6 else text


def _nested_code(payload: JsonObject) -> str | None:
    for key in _CONTAINERS:
        nested = payload.get(key)
        if isinstance(nested, dict) and (code := error_code(nested)):
            return code
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def is_error_of_a_send(payload: object) -> bool:
    """Say whether a 2xx answer of a send reports an error instead of taking the message."""
    if not isinstance(payload, dict):
        return False
    nested = [payload[key] for key in _CONTAINERS if isinstance(payload.get(key), dict)]
    return any(payload.get(key) for key in ("error", "error_code", "code")) or any(
        layer.get("error") or layer.get("error_code") for layer in nested
    )


def is_error(payload: object) -> bool:
    """Say whether a 2xx answer of any other call reports an error.

    `code` alone is no sign of one: a custom field has a `code` too.
    """
    if not isinstance(payload, dict):
        return False
    if payload.get("error") or payload.get("error_code"):
        return True
    code = payload.get("code")
    return isinstance(code, str) and _CODE.fullmatch(code.strip()) is not None


def read_refusal(payload: object, *, hidden: Sequence[str] = ()) -> Refusal:
    """Read an error body of any of the four shapes; an unreadable one says nothing.

    `hidden` are secrets to blank, should Spoki have repeated them.
    """
    text = "; ".join(_sentences(payload))
    for secret in filter(None, hidden):
        text = text.replace(secret, "…")
    # A NUL is legal JSON and nothing that a database can keep.
    return Refusal(
        code=error_code(payload), detail=redact(text).replace("\x00", "")[:_LONGEST_DETAIL]
    )


def _sentences(value: Any, path: str = "") -> Iterator[str]:
    """Yield "field.path: message" for each message; a generic key with a plain text needs no path."""
    if isinstance(value, dict):
        for key, nested in value.items():
            is_plain = not isinstance(nested, dict | list)
            if is_plain and key in {"code", "error_code"}:
                continue
            is_generic = (is_plain and key in _CODE_KEYS) or key == "non_field_errors"
            yield from _sentences(nested, path if is_generic else f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for nested in value:
            yield from _sentences(nested, path)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield f"{path}: {value}" if path else str(value)
