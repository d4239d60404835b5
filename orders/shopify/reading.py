"""Parts of a GraphQL answer, read tolerantly: connections, gids, user errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from orders.shopify.errors import AnswerUnreadable, Refused, UserError

Node = Mapping[str, Any]
_GID: Final = re.compile(r"gid://shopify/(?P<kind>[A-Za-z]+)/(?P<number>\d{1,19})(?:\?.*)?")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(value: object) -> int | None:
    """Return the number at the end of a gid, or of a plain number in whatever spelling."""
    text = str(value or "")
    found = _GID.fullmatch(text)
    digits = found["number"] if found else text
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 19 else None


def kind_of(value: object) -> str:
    """Return what a gid names, "LineItem" for example; empty where it is none."""
    found = _GID.fullmatch(str(value or ""))
    return found["kind"] if found else ""


def nodes(value: object) -> list[Node]:
    """Return the nodes of a connection (`edges` or `nodes`), or of a plain list."""
    if isinstance(value, Mapping):
        edges = value.get("edges")
        if isinstance(edges, list):
            found = [edge.get("node") for edge in edges if isinstance(edge, Mapping)]
        else:
            found = value.get("nodes") or []
    else:
        found = value if isinstance(value, list) else []
    return [node for node in found if isinstance(node, Mapping)]


def next_cursor(connection: object) -> str | None:
    """Return where the next page begins, None after the last."""
    info = connection.get("pageInfo") if isinstance(connection, Mapping) else None
    if not isinstance(info, Mapping) or info.get("hasNextPage") is not True:
        return None
    return str(info.get("endCursor") or "") or None


def part(data: Node, name: str, operation: str, *, maybe_done: bool = False) -> Node:
    """Return the object `name` of `data`.

    :raises AnswerUnreadable: it is not there.
    """
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise AnswerUnreadable(operation, maybe_done=maybe_done)
    return value


def accepted(payload: Node, operation: str) -> Node:
    """Return the payload of a mutation that says no error.

    :raises Refused: it does.
    """
    entries = [*nodes(payload.get("userErrors")), *nodes(payload.get("orderCancelUserErrors"))]
    found = {str(entry.get("message") or ""): entry for entry in entries}
    if found:
        raise Refused(operation, [_user_error(entry) for entry in found.values()])
    return payload


def _user_error(entry: Node) -> UserError:
    field = entry.get("field")
    path = ".".join(str(step) for step in field) if isinstance(field, list) else str(field or "")
    return UserError(str(entry.get("message") or "")[:300], path, str(entry.get("code") or ""))
