"""The typed client of Shopify's GraphQL Admin API: exactly the calls we make.

Every method raises a `ShopifyError`. A read is repeated where the line broke; a mutation is not, its
error says in `maybe_done` whether it may have been carried out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from orders.shopify import queries
from orders.shopify.auth import Access
from orders.shopify.errors import Misspelt, NotFound, TooCostly
from orders.shopify.reading import Node, accepted, gid, next_cursor, nodes, number_of, part
from orders.shopify.transport import Notice, Transport
from orders.shopify.types import BulkOperation, NativeConsent, OrderState, Page, Subscription

# An order with more lines than this was not bought by a person.
_MOST_PAGES_OF_LINES = 20
_STAFF_NOTE = 255


class ShopifyClient:
    """One shop, by its address and access. Confined to one thread: each thread builds its own."""

    def __init__(
        self,
        *,
        base_url: str,
        version: str,
        access: Access,
        timeout: tuple[float, float] = (5.0, 30.0),
        patience: float = 30.0,
        on_notice: Notice | None = None,
        read_pause: float = 0.5,
    ) -> None:
        self.version = version
        self._transport = Transport(
            base_url=base_url,
            version=version,
            access=access,
            timeout=timeout,
            patience=patience,
            on_notice=on_notice,
            read_pause=read_pause,
        )

    def __repr__(self) -> str:
        return f"<ShopifyClient {self._transport!r}>"

    def close(self) -> None:
        """Close the session's connections."""
        self._transport.close()

    # Orders

    def order(self, id: int) -> Node | None:
        """Return one order whole, with all its lines; None where Shopify has it no more, or never had."""
        variables = {"id": gid("Order", id), "after": None}
        data = self._transport.ask("order", queries.one_order(self.version), variables)
        node = data.get("order")
        if node is None:
            return None
        node = dict(part(data, "order", "order"))
        lines, cursor = nodes(node.get("lineItems")), next_cursor(node.get("lineItems"))
        for _ in range(_MOST_PAGES_OF_LINES):
            if cursor is None:
                break
            more = self._transport.ask(
                "more lines", queries.MORE_LINES, variables | {"after": cursor}
            )
            connection = part(more, "order", "more lines").get("lineItems")
            lines, cursor = lines + nodes(connection), next_cursor(connection)
        return node | {"lineItems": {"nodes": lines}}

    def order_state(self, id: int) -> OrderState:
        """Return how the order stands now.

        :raises NotFound: Shopify has it no more.
        """
        data = self._transport.ask("order state", queries.ORDER_STATE, {"id": gid("Order", id)})
        if data.get("order") is None:
            raise NotFound("order state")
        return OrderState.from_node(part(data, "order", "order state"))

    def add_tags(self, order_id: int, tags: Sequence[str]) -> None:
        """Add tags; those that are there already stay. May be repeated."""
        self._tag("tagsAdd", queries.ADD_TAGS, order_id, tags)

    def remove_tags(self, order_id: int, tags: Sequence[str]) -> None:
        """Take tags away; those that are not there do not matter. May be repeated."""
        self._tag("tagsRemove", queries.REMOVE_TAGS, order_id, tags)

    def write_note(self, order_id: int, note: str) -> None:
        """Overwrite the note: read it first."""
        self._update({"id": gid("Order", order_id), "note": note})

    def write_address(self, order_id: int, address: Mapping[str, str | None]) -> None:
        """Overwrite the shipping address; `address` holds the fields of MailingAddressInput."""
        self._update({"id": gid("Order", order_id), "shippingAddress": dict(address)})

    def cancel_order(self, order_id: int, *, reason: str, restock: bool, staff_note: str) -> None:
        """Have an unpaid order cancelled, without telling the customer. Shopify does it in a job of its
        own: read the state to see that it was done. It cannot be taken back.

        `reason`: CUSTOMER, DECLINED, FRAUD, INVENTORY, STAFF or OTHER.
        """
        variables = {
            "orderId": gid("Order", order_id),
            "reason": reason,
            "restock": restock,
            "notifyCustomer": False,
            "staffNote": staff_note[:_STAFF_NOTE],
        }
        self._mutate("orderCancel", queries.CANCEL_ORDER, variables)

    # Customers

    def whatsapp_consent(self, customer_id: int) -> NativeConsent | None:
        """Return what Shopify says of a customer and WhatsApp, since 2026-07; None where it has the customer no more."""
        variables = {"id": gid("Customer", customer_id)}
        data = self._transport.ask("customer consent", queries.CUSTOMER_CONSENT, variables)
        if data.get("customer") is None:
            return None
        return NativeConsent.from_node(part(data, "customer", "customer consent"))

    def write_whatsapp_consent(self, customer_id: int, *, state: str, updated_at: datetime) -> None:
        """Have Shopify say that the customer is SUBSCRIBED to WhatsApp, or UNSUBSCRIBED, since then. May be repeated.

        :raises Refused: the customer has no phone, for example.
        """
        consent = {"state": state, "updatedAt": f"{updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        if state == "SUBSCRIBED":
            consent["optInLevel"] = "SINGLE_OPT_IN"
        name = "customerWhatsAppMarketingConsentUpdate"
        input = {"customerId": gid("Customer", customer_id), "whatsAppMarketingConsent": consent}
        self._mutate(name, queries.WRITE_CONSENT, {"input": input})

    # What changed

    def changed_orders(self, *, since: datetime, after: str | None, first: int = 100) -> Page:
        """Return ids and `updatedAt` of orders changed since then, the oldest change first."""
        return self._page("orders", queries.CHANGED_ORDERS, since=since, after=after, first=first)

    def changed_customers(self, *, since: datetime, after: str | None, first: int = 50) -> Page:
        """Return customers changed since then, the oldest change first."""
        query = queries.changed_customers(self.version)
        return self._page("customers", query, since=since, after=after, first=first)

    def changed_checkouts(self, *, since: datetime, after: str | None, first: int = 15) -> Page:
        """Return abandoned checkouts changed since then, recovered ones among them."""
        query = queries.changed_checkouts(self.version)
        return self._page("abandonedCheckouts", query, since=since, after=after, first=first)

    # Webhooks

    def subscriptions(self) -> list[Subscription]:
        """Return the webhooks that the app made by the API; those of the app's file are not listed."""
        found: list[Subscription] = []
        cursor: str | None = None
        while True:
            data = self._transport.ask("subscriptions", queries.SUBSCRIPTIONS, {"after": cursor})
            connection = part(data, "webhookSubscriptions", "subscriptions")
            found += [
                Subscription(str(node.get("topic") or "").upper(), str(node.get("uri") or ""))
                for node in nodes(connection)
            ]
            cursor = next_cursor(connection)
            if cursor is None:
                return found

    def create_subscription(self, *, topic: str, uri: str) -> None:
        """Have deliveries of `topic` ("ORDERS_CREATE") sent to `uri`."""
        variables = {"topic": topic, "webhookSubscription": {"uri": uri, "format": "JSON"}}
        self._mutate("webhookSubscriptionCreate", queries.CREATE_SUBSCRIPTION, variables)

    # Bulk operations

    def run_bulk(self, query: str) -> BulkOperation:
        """Start a bulk operation.

        :raises Refused: as many run already as may run at once, or the question is none for bulk.
        """
        payload = self._mutate("bulkOperationRunQuery", queries.RUN_BULK, {"query": query})
        return BulkOperation.from_node(
            part(payload, "bulkOperation", "bulkOperationRunQuery", maybe_done=True)
        )

    def bulk(self, id: str) -> BulkOperation | None:
        """Return how a bulk operation stands; None where Shopify knows it no more."""
        try:
            node = self._transport.ask("bulk", queries.BULK, {"id": id}).get("bulkOperation")
        except Misspelt:
            node = self._transport.ask("bulk", queries.BULK_AS_NODE, {"id": id}).get("node")
        return BulkOperation.from_node(node) if isinstance(node, Mapping) and node else None

    def cancel_bulk(self, id: str) -> None:
        self._mutate("bulkOperationCancel", queries.CANCEL_BULK, {"id": id})

    def bulk_lines(self, url: str, *, skip: int = 0) -> Iterator[bytes]:
        """Yield the lines of a bulk operation's file, from byte `skip` on."""
        return self._transport.lines(url, skip=skip)

    def _tag(self, name: str, query: str, order_id: int, tags: Sequence[str]) -> None:
        self._mutate(name, query, {"id": gid("Order", order_id), "tags": list(tags)})

    def _update(self, fields: dict[str, Any]) -> None:
        self._mutate("orderUpdate", queries.UPDATE_ORDER, {"input": fields})

    def _mutate(self, name: str, query: str, variables: Mapping[str, object]) -> Node:
        data = self._transport.ask(name, query, variables, is_read=False)
        return accepted(part(data, name, name, maybe_done=True), name)

    def _page(
        self, name: str, query: str, *, since: datetime, after: str | None, first: int
    ) -> Page:
        """Ask for a page; a smaller one where Shopify finds it too costly."""
        variables: dict[str, object] = {"after": after, "query": _changed_since(since)}
        while True:
            try:
                data = self._transport.ask(name, query, variables | {"first": first})
            except TooCostly:
                if first == 1:
                    raise
                first = max(1, first // 2)
                continue
            connection = part(data, name, name)
            return Page(
                [node for node in nodes(connection) if number_of(node.get("id")) is not None],
                next_cursor(connection),
            )


def _changed_since(since: datetime) -> str:
    """Return the filter of Shopify's search syntax, in whole seconds of UTC."""
    return f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
