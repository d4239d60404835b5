"""Typed readers for JSON that somebody else wrote.

Readers named `need_…` raise SpokiProtocolError with the path of the field; the others give None
where the value is missing or of another kind. Numbers given as strings are read as numbers.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from spoki.exceptions import SpokiProtocolError

JsonObject = Mapping[str, Any]

_WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}(?:\.0+)?\s*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Above this a unix time can only be milliseconds: in seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000


def as_object(value: object) -> JsonObject:
    """Return `value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[Any]:
    """Return `value` where it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    """Return `value` where it is a text, else None."""
    return value if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """Return `value` as a whole number, also from "12" or 12.0, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value.partition(".")[0])
    return None


def as_number(value: object) -> float | None:
    """Return `value` as a finite number, also from "45.46", else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_flag(value: object) -> bool | None:
    """Return `value` where it is true or false, also as 0, 1 or a word, else None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def as_word(value: object) -> str:
    """Return a text or a number as one trimmed lower-case word, "" for anything else."""
    if isinstance(value, str):
        return value.strip().lower()
    number = as_int(value)
    return "" if number is None else str(number)


def as_moment(value: object) -> datetime | None:
    """Return an aware datetime from ISO text or from unix seconds or milliseconds, else None.

    ISO text without an offset is read as UTC.
    """
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            moment = datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        seconds = float(value)
        if seconds >= _MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, tz=UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def storable(value: Any) -> Any:
    """Return JSON without what no database takes: NUL, and halves of characters that were cut in two.

    A half becomes "\ufffd". What is clean comes back as it is.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda sign: "" if sign[0] == "\x00" else "\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list) else value


def first_text(payload: JsonObject, keys: Iterable[str]) -> str | None:
    """Return the first text under one of `keys` that says something, "" where all are empty, else None."""
    texts = [value for key in keys if isinstance(value := payload.get(key), str)]
    return next((text for text in texts if text.strip()), texts[0] if texts else None)


def need_object(value: object, field: str) -> JsonObject:
    """Return `value`, which must be a JSON object.

    :raises SpokiProtocolError: naming `field`.
    """
    if not isinstance(value, dict):
        raise SpokiProtocolError(field=field)
    return value


def need_int(payload: JsonObject, key: str, field: str = "") -> int:
    """Return the whole number under `key`.

    :raises SpokiProtocolError: naming `field` (or `key`).
    """
    number = as_int(payload.get(key))
    if number is None:
        raise SpokiProtocolError(field=field or key)
    return number


def need_text(payload: JsonObject, key: str, field: str = "") -> str:
    """Return the text under `key`, which may be empty.

    :raises SpokiProtocolError: naming `field` (or `key`).
    """
    text = payload.get(key)
    if not isinstance(text, str):
        raise SpokiProtocolError(field=field or key)
    return text


def normalise_uuid(value: object) -> str | None:
    """Return an identifier lower-cased and without dashes, None where there is none.

    Spoki writes the same uuid with and without dashes. Ids of another form, such as Meta's
    "wamid.…" whose case counts, are left alone.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    plain = text.replace("-", "").lower()
    return plain if is_uuid(plain) else text


def is_uuid(text: str) -> bool:
    """Say whether `text` is 32 hex digits, as Spoki writes the uuid of a message."""
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
