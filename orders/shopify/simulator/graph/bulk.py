"""Bulk operations: a query run over everything, its answer a file of JSON lines.

Nested connections become lines of their own with `__parentId`. The rules are those of "Perform bulk
operations with the GraphQL Admin API": one root connection, five connections at most, two levels deep,
none inside a list.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
    value_from_ast_untyped,
)

from orders.shopify.simulator.forms import Json, gid, zulu
from orders.shopify.simulator.graph.paging import Connection
from orders.shopify.simulator.shop import Shop

AT_ONCE = 5
CONNECTIONS = 5
DEPTH = 2
ROOTS = ("orders", "customers", "products", "abandonedCheckouts")


class BulkRefused(Exception):
    """The query cannot be run in bulk; the text is what Shopify would say."""

    def __init__(self, message: str, *, code: str = "INVALID") -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Reader:
    """Reads nodes by the fields of a query."""

    fragments: dict[str, FragmentDefinitionNode]
    # Lines that belong to the object being read, with the id of their parent.
    children: list[Json] = field(default_factory=list)

    def fields(self, chosen: SelectionSetNode | None, typename: str) -> Iterator[FieldNode]:
        for one in chosen.selections if chosen else ():
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                if typename in {"", fragment.type_condition.name.value}:
                    yield from self.fields(fragment.selection_set, typename)
            elif isinstance(one, InlineFragmentNode):
                on = one.type_condition.name.value if one.type_condition else typename
                if typename in {"", on}:
                    yield from self.fields(one.selection_set, typename)

    def object(self, node: Json, chosen: SelectionSetNode | None, parent: str) -> Json:
        read: Json = {}
        own = str(node.get("id") or parent)
        for one in self.fields(chosen, str(node.get("__typename", ""))):
            value = node.get(one.name.value)
            if isinstance(value, Connection):
                self._lines(value, one, own)
                continue
            name = one.alias.value if one.alias else one.name.value
            read[name] = self._value(value, one, own)
        return read

    def _value(self, value: Any, one: FieldNode, parent: str) -> Any:
        if callable(value):
            value = value(None, **arguments(one))
        if isinstance(value, list):
            return [self._value(each, one, parent) for each in value]
        return self.object(value, one.selection_set, parent) if isinstance(value, dict) else value

    def _lines(self, connection: Connection, one: FieldNode, parent: str) -> None:
        chosen = node_selection(self, one)
        for node in connection.nodes():
            read = self.object(node, chosen, parent)
            self.children.append({**read, "__parentId": parent})


def arguments(one: FieldNode) -> Json:
    return {arg.name.value: value_from_ast_untyped(arg.value) for arg in one.arguments or ()}


def node_selection(reader: Reader, one: FieldNode) -> SelectionSetNode | None:
    """What is asked of the nodes, by `edges { node { … } }` or `nodes { … }`."""
    for each in reader.fields(one.selection_set, ""):
        if each.name.value == "nodes":
            return each.selection_set
        if each.name.value == "edges":
            for inner in reader.fields(each.selection_set, ""):
                if inner.name.value == "node":
                    return inner.selection_set
    return None


def checked(schema: GraphQLSchema, query: str) -> tuple[DocumentNode, FieldNode, Reader]:
    """Return the document, its root connection and a reader.

    :raises BulkRefused: it is no query, or none that can run in bulk.
    """
    try:
        document = parse(query)
    except GraphQLError as error:
        raise BulkRefused(f"Invalid bulk query: {error.message}") from error
    if troubles := validate(schema, document):
        raise BulkRefused(f"Invalid bulk query: {troubles[0].message}")
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    reader = Reader(fragments)
    roots = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(roots) != 1 or roots[0].operation is not OperationType.QUERY:
        raise BulkRefused("Bulk queries must contain exactly one query operation.")
    fields = list(reader.fields(roots[0].selection_set, ""))
    if len(fields) != 1 or node_selection(reader, fields[0]) is None:
        raise BulkRefused("Bulk queries must contain at least one connection at the top level.")
    if fields[0].name.value not in ROOTS:
        raise BulkRefused("This connection cannot be run in bulk here.")
    _refuse_too_much(reader, fields[0])
    return document, fields[0], reader


def _refuse_too_much(reader: Reader, root: FieldNode) -> None:
    depths = list(_depths(reader, root, 0, is_in_list=False))
    if len(depths) > CONNECTIONS:
        raise BulkRefused(f"Bulk queries cannot contain more than {CONNECTIONS} connections.")
    if max(depths) > DEPTH:
        raise BulkRefused(
            f"Bulk queries cannot contain connections nested more than {DEPTH} levels."
        )


# Fields that are lists and no connections: a connection inside of one is refused.
_LISTS = {
    "fulfillments",
    "refunds",
    "transactions",
    "addresses",
    "customAttributes",
    "trackingInfo",
}


def _depths(reader: Reader, one: FieldNode, depth: int, *, is_in_list: bool) -> Iterator[int]:
    nodes = node_selection(reader, one)
    if nodes is not None:
        if is_in_list:
            raise BulkRefused(
                "Queries that contain a connection field within a list field are not supported."
            )
        yield depth
    inside = is_in_list or one.name.value in _LISTS
    chosen = nodes if nodes is not None else one.selection_set
    for each in reader.fields(chosen, ""):
        yield from _depths(
            reader, each, depth + 1 if nodes is not None else depth, is_in_list=inside
        )


def lines(
    connection: Connection, root: FieldNode, reader: Reader, *, children_apart: bool, grouped: bool
) -> Iterator[Json]:
    """`children_apart`: all children after all parents, since their order is not promised."""
    chosen, late = node_selection(reader, root), []
    for node in connection.nodes():
        reader.children = []
        read = reader.object(node, chosen, "")
        yield read
        if children_apart and not grouped:
            late += reader.children
        else:
            yield from reader.children
    yield from late


def start(
    shop: Shop,
    query: str,
    *,
    grouped: bool,
    work: Callable[[Json], None],
) -> Json:
    """Note the operation and have it done a little later; return its row."""
    number = shop.ids.new("BulkOperation")
    row: Json = {
        "number": number,
        "query": query,
        "grouped": grouped,
        "status": "CREATED",
        "type": "QUERY",
        "created_at": shop.now(),
        "completed_at": None,
        "error_code": None,
        "objects": 0,
        "roots": 0,
        "size": None,
        "path": None,
        "url": None,
        "token": shop.ids.token(),
    }
    shop.bulk[number] = row
    shop.timeline.after(shop.config.bulk_seconds / 2, lambda: _run(row))
    shop.timeline.after(shop.config.bulk_seconds, lambda: work(row))
    return row


def _run(row: Json) -> None:
    if row["status"] == "CREATED":
        row["status"] = "RUNNING"


def write(row: Json, read: Iterator[Json], *, folder: Path, origin: str) -> None:
    """Write the file and end the operation."""
    path = folder / f"bulk-{row['number']}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for line in read:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            row["objects"] += 1
            row["roots"] += "__parentId" not in line
    row["size"] = path.stat().st_size
    # An answer without a line has no file.
    row["path"] = path if row["objects"] else None
    row["url"] = f"{origin}/_files/{row['token']}.jsonl" if row["objects"] else None
    row["status"] = "COMPLETED"


def bulk_node(row: Json) -> Json:
    return {
        "__typename": "BulkOperation",
        "id": gid("BulkOperation", row["number"]),
        "status": row["status"],
        "type": row["type"],
        "query": row["query"],
        "createdAt": zulu(row["created_at"]),
        "completedAt": zulu(row["completed_at"]),
        "errorCode": row["error_code"],
        "objectCount": str(row["objects"]),
        "rootObjectCount": str(row["roots"]),
        "fileSize": str(row["size"]) if row["size"] is not None else None,
        "url": row["url"],
        "partialDataUrl": row.get("partial_url"),
    }
