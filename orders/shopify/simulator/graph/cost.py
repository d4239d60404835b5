"""Calculated query cost ("GraphQL Admin API rate limits").

Scalars cost 0, objects 1, mutations 10, a connection 2 and as many times its nodes as are asked for.
Shopify's own figures for connections are not published to the point: these are the dearer reading.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.type import GraphQLNamedType, get_nullable_type

from orders.shopify.simulator.forms import Json

MUTATION = 10
CONNECTION = 2


class Costs:
    """What one document may cost at most."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Json,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def of(self, operation: OperationDefinitionNode) -> int:
        root = self._schema.get_root_type(operation.operation)
        if operation.operation is OperationType.MUTATION:
            return MUTATION * max(len(operation.selection_set.selections), 1)
        return self._set(operation.selection_set, root)

    def _set(self, chosen: SelectionSetNode | None, kind: GraphQLNamedType | None) -> int:
        total = 0
        for one in chosen.selections if chosen else ():
            if isinstance(one, FieldNode):
                total += self._field(one, kind)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self._fragments[one.name.value]
                on = self._schema.get_type(fragment.type_condition.name.value)
                total += self._set(fragment.selection_set, on)
            elif isinstance(one, InlineFragmentNode):
                name = one.type_condition.name.value if one.type_condition else None
                total += self._set(one.selection_set, self._schema.get_type(name) if name else kind)
        return total

    def _field(self, field: FieldNode, kind: GraphQLNamedType | None) -> int:
        name = field.name.value
        if not isinstance(kind, GraphQLObjectType) or name not in kind.fields:
            return 0 if name.startswith("__") or not is_abstract_type(kind) else 1
        answer = kind.fields[name].type
        named = get_named_type(answer)
        if is_leaf_type(named):
            return 0
        inside = self._set(field.selection_set, named)
        if named.name.endswith("Connection"):
            return CONNECTION + self._size(field) * inside
        if named.name.endswith("Edge") or (kind.name.endswith(("Connection", "Edge"))):
            return inside + (0 if named.name.endswith(("Edge", "PageInfo")) else 1)
        times = max(self._size(field), 1) if is_list_type(get_nullable_type(answer)) else 1
        return times * (1 + inside)

    def _size(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in {"first", "last"}:
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                if isinstance(value, VariableNode):
                    return int(self._variables.get(value.name.value) or 0)
        return 0


def actual(data: Any, requested: int) -> int:
    """Count the objects that came: never more than was asked for."""
    return min(_objects(data), requested)


def _objects(value: Any) -> int:
    if isinstance(value, list):
        return sum(_objects(one) for one in value)
    if isinstance(value, dict):
        is_wrapper = "edges" in value or "node" in value or "hasNextPage" in value
        return (0 if is_wrapper else 1) + sum(_objects(one) for one in value.values())
    return 0
