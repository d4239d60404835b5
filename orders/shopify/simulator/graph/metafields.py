"""What apps keep beside orders and customers, as nodes of the Admin API."""

from typing import Any

from orders.shopify.simulator.forms import Json, gid
from orders.shopify.simulator.graph.paging import Connection


def metafield_fields(held: dict[str, str], *, owner: int, at: str | None) -> Json:
    """`metafield` and `metafields` of whatever has some; they are kept as "namespace.key" → value."""
    rows = [
        _metafield(name, value, owner + place, at)
        for place, (name, value) in enumerate(held.items())
    ]

    def one(_: Any, key: str, namespace: str | None = None) -> Json | None:
        wanted = f"{namespace}.{key}" if namespace else key
        return next((row for row in rows if f"{row['namespace']}.{row['key']}" == wanted), None)

    return {"metafield": one, "metafields": Connection(rows, lambda row: row)}


def _metafield(name: str, value: str, number: int, at: str | None) -> Json:
    namespace, _, key = name.rpartition(".")
    return {
        "__typename": "Metafield",
        "id": gid("Metafield", number),
        "namespace": namespace,
        "key": key,
        "value": value,
        "type": "single_line_text_field",
        "createdAt": at,
        "updatedAt": at,
    }
