"""One call to `graphql.json`: throttled, checked against the schema, carried out, its cost told."""

import tempfile
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from orders.shopify.simulator.acts.telling import Happening
from orders.shopify.simulator.forms import Json, gid, local, number_of
from orders.shopify.simulator.graph import bulk, subscriptions
from orders.shopify.simulator.graph.cost import Costs, actual
from orders.shopify.simulator.graph.people_writing import PeopleWrites
from orders.shopify.simulator.graph.roots import Roots
from orders.shopify.simulator.graph.writing import OrderWrites, trouble
from orders.shopify.simulator.shop import Shop

_SCHEMA = Path(__file__).parent / "schema.graphql"
# The first version that knows a consent to WhatsApp; "unstable" sorts after every number.
WHATSAPP_SINCE = "2026-07"
_LIMITS = "https://shopify.dev/api/usage/rate-limits"


class Answering:
    """The Admin API of one shop. `origin` is where files of bulk operations are fetched."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.origin = ""
        text = _SCHEMA.read_text(encoding="utf-8")
        self.schema: GraphQLSchema = build_schema(text)
        self._before_whatsapp = build_schema(_without_whatsapp(text))
        self.roots = Roots(shop)
        writes = {
            **OrderWrites(shop, self.roots).resolvers(),
            **PeopleWrites(shop).resolvers(),
            **subscriptions.resolvers(shop),
            "bulkOperationRunQuery": self._run_bulk,
            "bulkOperationCancel": self._cancel_bulk,
        }
        self._reads, self._writes = self.roots.resolvers(), writes
        self._folder = tempfile.TemporaryDirectory(prefix="shop-bulk-")

    def answer(self, payload: Any, *, version: str = "unstable") -> Json:
        """Return the JSON of the answer: its status is 200 whatever is wrong with the question."""
        schema = self.schema if version >= WHATSAPP_SINCE else self._before_whatsapp
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            return _refused("A query attribute must be specified and must be a string.")
        variables = payload.get("variables") or {}
        try:
            document = parse(payload["query"])
            operation = _operation(document, payload.get("operationName"))
        except GraphQLError as error:
            return {"errors": [{"message": error.message, **_places(error)}]}
        if troubles := validate(schema, document):
            return {"errors": [_undefined(one) for one in troubles]}
        requested = Costs(self.schema, _fragments(document), variables).of(operation)
        if stopped := self._stopped(requested):
            return stopped
        return self._execute(
            document, operation, variables, requested, payload.get("operationName")
        )

    def _stopped(self, requested: int) -> Json | None:
        """What asks for too much is refused; what asks too often waits."""
        config = self.shop.config
        if requested > config.most_per_query:
            return _too_dear(requested, config.most_per_query)
        now = self.shop.clock.monotonic()
        left = self.shop.bucket.fill(now=now, size=config.bucket, rate=config.restore_rate)
        every = config.throttle_every
        if requested > left or (every and self.shop.calls_seen % every == 0):
            error = {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": _LIMITS},
            }
            return {"errors": [error], "extensions": self._cost(requested, None)}
        return None

    def _execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Json,
        requested: int,
        name: str | None,
    ) -> Json:
        is_write = operation.operation is OperationType.MUTATION
        result = execute_sync(
            self.schema,
            document,
            root_value=self._writes if is_write else self._reads,
            variable_values=variables,
            operation_name=name,
        )
        answer: Json = {"data": result.data}
        if result.errors:
            answer["errors"] = [one.formatted for one in result.errors]
        spent = requested if is_write else actual(result.data, requested)
        self.shop.bucket.take(spent)
        return {**answer, "extensions": self._cost(requested, spent)}

    def _cost(self, requested: int, spent: int | None) -> Json:
        config = self.shop.config
        status = {
            "maximumAvailable": config.bucket,
            "currentlyAvailable": int(self.shop.bucket.available or 0),
            "restoreRate": config.restore_rate,
        }
        cost = {"requestedQueryCost": requested, "actualQueryCost": spent, "throttleStatus": status}
        return {"cost": cost}

    def _run_bulk(self, _: Any, query: str, groupObjects: bool = False) -> Json:  # noqa: N803
        try:
            _document, root, reader = bulk.checked(self.schema, query)
            self._refuse_too_many()
            connection = self.roots.connection(root.name.value, **bulk.arguments(root))
        except bulk.BulkRefused as refused:
            wrong = {**trouble(str(refused), "query"), "code": refused.code}
            return {"bulkOperation": None, "userErrors": [wrong]}
        apart = self.shop.config.bulk_children == "apart"
        read = bulk.lines(connection, root, reader, children_apart=apart, grouped=groupObjects)
        row = bulk.start(
            self.shop, query, grouped=groupObjects, work=lambda one: self._end_bulk(one, read)
        )
        return {"bulkOperation": bulk.bulk_node(row), "userErrors": []}

    def _refuse_too_many(self) -> None:
        rows = self.shop.bulk.values()
        if sum(one["status"] in {"CREATED", "RUNNING"} for one in rows) >= bulk.AT_ONCE:
            words = "A bulk query operation for this app and shop is already in progress."
            raise bulk.BulkRefused(words, code="OPERATION_IN_PROGRESS")

    def _end_bulk(self, row: Json, read: Any) -> None:
        if row["status"] == "CANCELED":
            return
        bulk.write(row, read, folder=Path(self._folder.name), origin=self.origin)
        row["completed_at"] = self.shop.now()
        body = {
            "admin_graphql_api_id": gid("BulkOperation", row["number"]),
            "completed_at": local(row["completed_at"]),
            "created_at": local(row["created_at"]),
            "error_code": None,
            "status": "completed",
            "type": "query",
        }
        Happening(self.shop).tell("bulk_operations/finish", body)

    def _cancel_bulk(self, _: Any, id: str) -> Json:
        row = self.shop.bulk.get(number_of(id, "BulkOperation") or 0)
        if row is None:
            return {
                "bulkOperation": None,
                "userErrors": [trouble("Bulk operation does not exist", "id")],
            }
        if row["status"] not in {"CREATED", "RUNNING"}:
            words = "A bulk operation cannot be canceled when it is completed"
            return {"bulkOperation": bulk.bulk_node(row), "userErrors": [trouble(words, "id")]}
        row["status"] = "CANCELED"
        return {"bulkOperation": bulk.bulk_node(row), "userErrors": []}


def _without_whatsapp(text: str) -> str:
    """The schema of the versions before: neither the mutation nor what it changes."""
    lines = [
        line for line in text.splitlines() if "customerWhatsAppMarketingConsentUpdate(" not in line
    ]
    return "\n".join(lines).replace(
        "whatsAppMarketingConsent: CustomerWhatsAppMarketingConsent", "", 1
    )


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name:
        found = [one for one in found if one.name and one.name.value == name]
    if len(found) != 1:
        raise GraphQLError(
            "An operation name is required" if found else f"No operation named {name!r}"
        )
    return found[0]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def _places(error: GraphQLError) -> Json:
    return {"locations": [{"line": at.line, "column": at.column} for at in error.locations or ()]}


def _undefined(error: GraphQLError) -> Json:
    code = "undefinedField" if error.message.startswith("Cannot query field") else "invalid"
    return {"message": error.message, **_places(error), "extensions": {"code": code}}


def _refused(message: str) -> Json:
    return {"errors": [{"message": message}]}


def _too_dear(requested: int, most: int) -> Json:
    message = (
        f"Query cost is {requested}, which exceeds the single query max cost limit ({most}).\n\n"
        f"See {_LIMITS} for more information on how the cost of a query is calculated."
    )
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": most,
        "documentation": _LIMITS,
    }
    return {"errors": [{"message": message, "extensions": extensions}]}
