"""Tolerant readers of Shopify's JSON: what is absent, null or of another shape reads as empty, never as an error.

Texts lose NUL and halves of surrogate pairs, which PostgreSQL keeps nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

JsonObject = Mapping[str, Any]

# Identifiers are 64-bit; what is longer is none.
_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GID = re.compile(r"gid://shopify/\w+/(\d+)")
_TRUE = frozenset({"true", "1", "yes"})


class Unreadable(Exception):
    """Authentic, but nothing to work with; `str()` says what is missing, never a value of the body."""


def as_object(value: object) -> JsonObject:
    """Return `value` if it is an object, else an empty one: a list, null or a text say nothing."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[JsonObject]:
    """Return the objects of a list; whatever else is in it, or instead of it, is left out."""
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, Mapping)]


def text(value: object, limit: int | None = None) -> str:
    """Return a trimmed text; numbers as they are written, everything else as ""."""
    # Nearly everything is a text or null, a hundred times in each order.
    if value is None or isinstance(value, bool):
        return ""
    if not isinstance(value, str):
        value = str(value) if isinstance(value, int | float) else ""
    cleaned = _UNSTORABLE.sub("", value).strip()
    return cleaned if limit is None else cleaned[:limit].rstrip()


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that are not empty, each once."""
    items = value if isinstance(value, list | tuple) else []
    found = (text(item) for item in items)
    return tuple(dict.fromkeys(item for item in found if item))


def tags(value: object) -> tuple[str, ...]:
    """Return tags from one text with commas (webhooks) or a list (GraphQL), each once, as they are written."""
    return texts(value.split(",")) if isinstance(value, str) else texts(value)


def pairs(value: object) -> dict[str, str]:
    """Return name → value of a list of {name, value} (orders) or of an object (carts, checkouts).

    GraphQL says `key` instead of `name`.
    """
    if isinstance(value, Mapping):
        read = {text(name): text(said) for name, said in value.items()}
    else:
        read = {text(o.get("name", o.get("key"))): text(o.get("value")) for o in objects(value)}
    return {name: said for name, said in read.items() if name}


def whole(value: object, default: int = 0) -> int:
    """Return a whole number; `default` for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return default
    try:
        return int(value)
    except (ValueError, OverflowError):
        return default


def flag(value: object, default: bool = False) -> bool:
    """Return true or false, also written as a text; `default` where nothing is said."""
    if value is None:
        return default
    if isinstance(value, str):
        return value.strip().lower() in _TRUE
    return bool(value)


def gid(value: object) -> int | None:
    """Return the number at the end of a global identifier ("gid://shopify/Order/1")."""
    found = _GID.match(value.strip()) if isinstance(value, str) else None
    return _stored(found[1]) if found else None


def identifier(value: object) -> int | None:
    """Return a 64-bit id given as number, text or global identifier; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        written = value.strip()
        return _stored(written) if written.isascii() and written.isdigit() else gid(written)
    if isinstance(value, float) and not value.is_integer():
        return None
    return _stored(value) if isinstance(value, int | float) else None


def own_id(body: JsonObject) -> int | None:
    """Return what the object is called: of both spellings the global one is the truth.

    Tools in JavaScript round the number beyond 2^53, as in Shopify's own reference.
    """
    return gid(body.get("admin_graphql_api_id")) or identifier(body.get("id"))


def moment(value: object) -> datetime | None:
    """Return an ISO moment in UTC; without offset it is taken for UTC; None for what is no moment."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def language(value: object) -> str:
    """Return the language of a locale in small letters: "it" of "it-IT"; "" for what is none."""
    code = text(value).lower().replace("_", "-").split("-", maxsplit=1)[0]
    return code if code.isascii() and code.isalpha() and len(code) in {2, 3} else ""


def missing(body: JsonObject, fields: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the fields of which the body says nothing at all: none of their keys is there."""
    told = body.keys()
    return frozenset(name for name, keys in fields.items() if told.isdisjoint(keys))


def _stored(number: str | int | float) -> int | None:
    try:
        read = int(number)
    except (ValueError, OverflowError):
        return None
    return read if 0 < read <= _LARGEST else None
