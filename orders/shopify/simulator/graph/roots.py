"""What can be asked: the root fields of queries, and the scope that each needs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from graphql import GraphQLError

from orders.shopify.simulator.forms import Json, gid, number_of, zulu
from orders.shopify.simulator.graph.bulk import bulk_node
from orders.shopify.simulator.graph.goods import product_node
from orders.shopify.simulator.graph.nodes import fulfillment_node, order_node
from orders.shopify.simulator.graph.paging import Connection, Key
from orders.shopify.simulator.graph.people import checkout_node, customer_node
from orders.shopify.simulator.graph.search import Readers, matching
from orders.shopify.simulator.graph.subscriptions import subscription_node
from orders.shopify.simulator.shop import SHOP_ID, Shop
from orders.shopify.simulator.things import Customer, Order, Subscription
from orders.shopify.simulator.topics import NAMES

WITHOUT_ALL_ORDERS = timedelta(days=60)
_DOCS = "https://shopify.dev/api/usage/access-scopes"


def _sent(order: Order) -> list[str]:
    words = {None: ["unfulfilled", "unshipped"], "partial": ["partial"]}
    return words.get(order.fulfillment_status, ["fulfilled", "shipped"])


def _order_states(order: Order) -> list[str]:
    if order.cancelled_at:
        return ["any", "cancelled"]
    return ["any", "closed"] if order.closed_at else ["any", "open", "not_closed"]


_ORDER_WORDS: Readers = {
    "id": lambda one: one.id,
    "name": lambda one: one.name,
    "created_at": lambda one: one.created_at,
    "processed_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "cancelled_at": lambda one: one.cancelled_at,
    "tag": lambda one: one.tags,
    "email": lambda one: one.email,
    "customer_id": lambda one: one.customer_id,
    "financial_status": lambda one: one.financial_status,
    "fulfillment_status": _sent,
    "status": _order_states,
    "test": lambda one: one.is_test,
    "gateway": lambda one: one.gateways,
    "source_name": lambda one: one.source_name,
    "default": lambda one: [one.name, one.name.lstrip("#"), one.email],
}
_CUSTOMER_WORDS: Readers = {
    "id": lambda one: one.id,
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "email": lambda one: one.email,
    "phone": lambda one: one.phone,
    "tag": lambda one: one.tags,
    "first_name": lambda one: one.first_name,
    "last_name": lambda one: one.last_name,
    "default": lambda one: [one.first_name, one.last_name, one.email, one.phone],
}
_CHECKOUT_WORDS: Readers = {
    "id": lambda one: one.id,
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "status": lambda one: ["closed" if one.completed_at else "open"],
    "recovery_state": lambda one: ["recovered" if one.completed_at else "not_recovered"],
}
_PRODUCT_WORDS: Readers = {
    "id": lambda one: one.id,
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "title": lambda one: one.title,
    "tag": lambda one: one.tags,
    "vendor": lambda one: one.vendor,
    "product_type": lambda one: one.product_type,
    "status": lambda one: ["active" if one.is_active else "archived"],
}
_MOMENTS = {"CREATED_AT": "created_at", "PROCESSED_AT": "created_at", "UPDATED_AT": "updated_at"}


def needs(shop: Shop, scope: str, name: str) -> None:
    """:raises GraphQLError: ACCESS_DENIED, the app has no such scope."""
    if scope not in shop.config.scopes:
        raise GraphQLError(
            f"Access denied for {name} field. Required access: `{scope}` access scope.",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": _DOCS,
                "requiredAccess": f"`{scope}` access scope.",
            },
        )


def visible_orders(shop: Shop) -> list[Order]:
    """Those of the last 60 days, unless the app may read all."""
    orders = list(shop.state.orders.values())
    if "read_all_orders" in shop.config.scopes:
        return orders
    oldest = shop.now() - WITHOUT_ALL_ORDERS
    return [one for one in orders if one.created_at >= oldest]


def sort_key(name: str) -> Callable[[Any], Key]:
    """By a moment as text, or by id; other words of Shopify's sort by id here."""
    field = _MOMENTS.get(name)
    if field is None:
        return lambda one: ("", one.id)

    def key(one: Any) -> Key:
        at: datetime = getattr(one, field)
        return zulu(at) or "", one.id

    return key


class Roots:
    """Resolvers of QueryRoot, by name; also what `node(id:)` finds."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._lists: dict[
            str, tuple[str, Callable[[], list[Any]], Callable[[Any], Json], Readers]
        ] = {
            "orders": ("read_orders", lambda: visible_orders(shop), self.order_of, _ORDER_WORDS),
            "customers": (
                "read_customers",
                lambda: list(shop.state.customers.values()),
                self.customer_of,
                _CUSTOMER_WORDS,
            ),
            "products": (
                "read_products",
                lambda: list(shop.state.products.values()),
                lambda one: product_node(shop, one),
                _PRODUCT_WORDS,
            ),
            "abandonedCheckouts": (
                "read_orders",
                lambda: list(shop.state.checkouts.values()),
                lambda one: checkout_node(shop, one),
                _CHECKOUT_WORDS,
            ),
        }

    def resolvers(self) -> Json:
        lists = {name: self._listed(name) for name in self._lists}
        counts = {f"{name}Count": self._counted(name) for name in self._lists}
        return {
            **lists,
            **counts,
            "order": self._single("Order", "read_orders", "order"),
            "customer": self._single("Customer", "read_customers", "customer"),
            "product": self._single("Product", "read_products", "product"),
            "fulfillment": self._single("Fulfillment", "read_fulfillments", "fulfillment"),
            "customerByIdentifier": self._by_identifier,
            "node": lambda _, id: self.find(id),
            "nodes": lambda _, ids: [self.find(one) for one in ids],
            "shop": lambda _: self._shop(),
            "currentAppInstallation": lambda _: self._installation(),
            "webhookSubscriptions": self._subscriptions,
            "webhookSubscriptionsCount": lambda _, **__: _count(len(self._visible_subscriptions())),
            "webhookSubscription": self._single("WebhookSubscription", "", "webhookSubscription"),
            "bulkOperation": self._single("BulkOperation", "", "bulkOperation"),
            "bulkOperations": self._bulk_operations,
            "currentBulkOperation": self._current_bulk,
        }

    def connection(self, name: str, **asked: Any) -> Connection:
        """One of the large lists, filtered and sorted; all of it is at hand for bulk operations."""
        scope, items, node, words = self._lists[name]
        needs(self.shop, scope, name)
        found = matching(asked.get("query"), items(), words)
        key = sort_key(str(asked.get("sortKey") or "ID"))
        return Connection(found, node, key=key)

    def _listed(self, name: str) -> Callable[..., Json]:
        return lambda info, **asked: self.connection(name, **asked)(info, **asked)

    def _counted(self, name: str) -> Callable[..., Json]:
        return lambda _, **asked: _count(len(self.connection(name, **asked).nodes()))

    def order_of(self, order: Order) -> Json:
        return order_node(self.shop, order, lambda one: one and customer_node(self.shop, one))

    def customer_of(self, customer: Customer) -> Json:
        return customer_node(self.shop, customer)

    def _single(self, kind: str, scope: str, name: str) -> Callable[..., Json | None]:
        def resolve(_: Any, id: str) -> Json | None:
            if scope:
                needs(self.shop, scope, name)
            found = self.find(id)
            return found if found and found["__typename"] == kind else None

        return resolve

    def find(self, global_id: str) -> Json | None:
        """Return the node of an id, None where there is none.

        :raises GraphQLError: this is no global id.
        """
        if not global_id.startswith("gid://shopify/"):
            raise GraphQLError(
                f"Invalid global id '{global_id}'",
                extensions={"code": "argumentLiteralsIncompatible"},
            )
        kind = global_id.removeprefix("gid://shopify/").partition("/")[0]
        number = number_of(global_id, kind)
        finder = self._finders().get(kind)
        return finder(number) if finder and number is not None else None

    def _finders(self) -> dict[str, Callable[[int], Json | None]]:
        shop, state = self.shop, self.shop.state

        def of(held: dict[int, Any], node: Callable[[Any], Json]) -> Callable[[int], Json | None]:
            return lambda number: node(held[number]) if number in held else None

        visible = {one.id: one for one in visible_orders(shop)}
        return {
            "Order": of(visible, self.order_of),
            "Customer": of(state.customers, self.customer_of),
            "Product": of(state.products, lambda one: product_node(shop, one)),
            "AbandonedCheckout": of(state.checkouts, lambda one: checkout_node(shop, one)),
            "WebhookSubscription": of(
                {one.id: one for one in self._visible_subscriptions()}, subscription_node
            ),
            "BulkOperation": of(shop.bulk, bulk_node),
            "Fulfillment": self._fulfillment,
        }

    def _fulfillment(self, number: int) -> Json | None:
        people = lambda one: one and customer_node(self.shop, one)  # noqa: E731
        for order in visible_orders(self.shop):
            for parcel in order.fulfillments:
                if parcel.id == number:
                    return fulfillment_node(self.shop, parcel, order, people)
        return None

    def _by_identifier(self, _: Any, identifier: Json) -> Json | None:
        needs(self.shop, "read_customers", "customerByIdentifier")
        for one in self.shop.state.customers.values():
            if (
                gid("Customer", one.id) == identifier.get("id")
                or (one.email and one.email == identifier.get("emailAddress"))
                or (one.phone and one.phone == identifier.get("phoneNumber"))
            ):
                return self.customer_of(one)
        return None

    def _shop(self) -> Json:
        shop, url = self.shop, f"https://{self.shop.domain}"
        return {
            "id": gid("Shop", SHOP_ID),
            "name": shop.config.shop_name,
            "email": "negozio@zampa.example",
            "contactEmail": "negozio@zampa.example",
            "myshopifyDomain": shop.domain,
            "currencyCode": shop.config.currency,
            "ianaTimezone": "Europe/Rome",
            "createdAt": "2023-03-01T09:00:00Z",
            "url": url,
            "primaryDomain": {"id": gid("Domain", SHOP_ID), "host": shop.domain, "url": url},
            "enabledPresentmentCurrencies": [shop.config.currency],
        }

    def _installation(self) -> Json:
        scopes = [{"handle": name, "description": name} for name in self.shop.config.scopes]
        return {"id": gid("AppInstallation", SHOP_ID), "accessScopes": scopes}

    def _visible_subscriptions(self) -> list[Subscription]:
        """Those of the app's file are not the API's to show."""
        return [one for one in self.shop.state.subscriptions.values() if not one.is_from_config]

    def _subscriptions(self, info: Any, **asked: Any) -> Json:
        found = [
            one
            for one in self._visible_subscriptions()
            if _is_wanted(one, asked.get("topics"), asked.get("uri") or asked.get("callbackUrl"))
        ]
        key = sort_key(str(asked.get("sortKey") or "CREATED_AT"))
        return Connection(found, subscription_node, key=key)(info, **asked)

    def _bulk_operations(self, info: Any, **asked: Any) -> Json:
        rows = list(self.shop.bulk.values())
        return Connection(rows, bulk_node, key=lambda one: ("", one["number"]))(info, **asked)

    def _current_bulk(self, _: Any, **asked: Any) -> Json | None:
        wanted = asked.get("type") or "QUERY"
        rows = [one for one in self.shop.bulk.values() if one["type"] == wanted]
        return bulk_node(rows[-1]) if rows else None


def _is_wanted(one: Subscription, topics: list[str] | None, uri: str | None) -> bool:
    return (not topics or NAMES.get(one.topic) in topics) and (not uri or one.uri == uri)


def _count(number: int) -> Json:
    return {"count": number, "precision": "EXACT"}
