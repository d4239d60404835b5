"""Shopify's search words in `query: "updated_at:>='2026-11-01T00:00:00Z' AND -tag:COD"`.

Terms are `name:value`, with `>`, `>=`, `<`, `<=` before the value, `-` or NOT before the name, joined by AND
(or a space) and OR. A name that is not known is left out of account, as Shopify does with a warning.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

# name → what an item has there: one value or several. Times are compared as moments.
Readers = Mapping[str, Callable[[Any], Any]]
_TERM = re.compile(
    r"""(?P<not>-|NOT\s+)?(?P<name>[a-z_]+)\s*:\s*(?P<op>>=|<=|>|<|=)?\s*"""
    r"""(?P<value>'[^']*'|"[^"]*"|[^\s()]+)|(?P<or>\bOR\b)|(?P<word>AND\b|[^\s()]+|[()])""",
    re.VERBOSE,
)


def matching(query: str | None, items: list[Any], readers: Readers) -> list[Any]:
    """Return those that fit; all of them where nothing is asked."""
    if not query or not query.strip():
        return list(items)
    groups = _groups(query, readers)
    return [item for item in items if any(all(test(item) for test in group) for group in groups)]


def _groups(query: str, readers: Readers) -> list[list[Callable[[Any], bool]]]:
    """Split at OR; within a part all terms must hold."""
    groups: list[list[Callable[[Any], bool]]] = [[]]
    for found in _TERM.finditer(query):
        if found["or"]:
            groups.append([])
        elif found["name"] and found["name"] in readers:
            value = found["value"].strip("'\"")
            read, is_wanted = readers[found["name"]], not found["not"]
            groups[-1].append(_test(read, found["op"] or "=", value, is_wanted=is_wanted))
        elif found["word"] and found["word"] not in {"AND", "(", ")"} and "default" in readers:
            groups[-1].append(_test(readers["default"], "=", found["word"], is_wanted=True))
    return groups


def _test(
    read: Callable[[Any], Any], op: str, text: str, *, is_wanted: bool
) -> Callable[[Any], bool]:
    def holds(item: Any) -> bool:
        value = read(item)
        values = value if isinstance(value, (list, tuple, set)) else [value]
        return any(_compare(one, op, text) for one in values) == is_wanted

    return holds


def _compare(value: Any, op: str, text: str) -> bool:
    if value is None:
        return False
    if isinstance(value, datetime):
        moment = _moment(text)
        return moment is not None and _ordered(value, op, moment)
    if isinstance(value, bool):
        return value == (text.casefold() == "true")
    if isinstance(value, int):
        digits = text.rpartition("/")[2]
        return digits.lstrip("-").isdecimal() and _ordered(value, op, int(digits))
    if text.endswith("*"):
        return str(value).casefold().startswith(text[:-1].casefold())
    return str(value).casefold() == text.casefold()


def _ordered(have: Any, op: str, want: Any) -> bool:
    verdicts = {
        "=": have == want,
        ">": have > want,
        ">=": have >= want,
        "<": have < want,
        "<=": have <= want,
    }
    return bool(verdicts[op])


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
