"""Webhook subscriptions by the Admin API. Compliance topics are not among its topics."""

from typing import Any
from urllib.parse import urlsplit

from orders.shopify.simulator.forms import Json, gid, number_of, zulu
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Subscription
from orders.shopify.simulator.topics import NAMES, TOPICS

_MISSING: Json = {"field": ["id"], "message": "Webhook subscription does not exist"}


def subscription_node(one: Subscription) -> Json:
    return {
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", one.id),
        "legacyResourceId": str(one.id),
        "topic": NAMES[one.topic],
        "uri": one.uri,
        "callbackUrl": one.uri,
        "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": one.uri},
        "apiVersion": {"handle": "2026-10", "displayName": "2026-10", "supported": True},
        "createdAt": zulu(one.created_at),
        "updatedAt": zulu(one.updated_at),
        "filter": one.filter or None,
        "format": "JSON",
        "includeFields": list(one.include_fields),
        "metafieldNamespaces": [],
    }


def resolvers(shop: Shop) -> Json:
    """The three mutations, by name."""
    return {
        "webhookSubscriptionCreate": lambda _, **said: create(
            shop, said["topic"], said["webhookSubscription"]
        ),
        "webhookSubscriptionUpdate": lambda _, **said: update(
            shop, said["id"], said["webhookSubscription"]
        ),
        "webhookSubscriptionDelete": lambda _, **said: delete(shop, said["id"]),
    }


def create(shop: Shop, topic: str, asked: Json) -> Json:
    """One address takes a topic once."""
    uri, name = str(asked.get("uri") or asked.get("callbackUrl") or ""), TOPICS[topic]
    if trouble := _wrong_address(uri):
        return {"webhookSubscription": None, "userErrors": [trouble]}
    held = shop.state.subscriptions.values()
    if any(one.topic == name and one.uri == uri and not one.is_from_config for one in held):
        trouble = _error("Address for this topic has already been taken")
        return {"webhookSubscription": None, "userErrors": [trouble]}
    made = shop.subscribe(name, uri, include_fields=tuple(asked.get("includeFields") or ()))
    made.filter = str(asked.get("filter") or "")
    return {"webhookSubscription": subscription_node(made), "userErrors": []}


def update(shop: Shop, global_id: str, asked: Json) -> Json:
    found = _found(shop, global_id)
    if found is None:
        return {"webhookSubscription": None, "userErrors": [_MISSING]}
    uri = str(asked.get("uri") or asked.get("callbackUrl") or found.uri)
    if trouble := _wrong_address(uri):
        return {"webhookSubscription": None, "userErrors": [trouble]}
    found.uri, found.updated_at = uri, shop.now()
    if "includeFields" in asked:
        found.include_fields = list(asked["includeFields"] or ())
    shop.changed()
    return {"webhookSubscription": subscription_node(found), "userErrors": []}


def delete(shop: Shop, global_id: str) -> Json:
    found = _found(shop, global_id)
    if found is None:
        return {"deletedWebhookSubscriptionId": None, "userErrors": [_MISSING]}
    del shop.state.subscriptions[found.id]
    shop.changed()
    return {"deletedWebhookSubscriptionId": global_id, "userErrors": []}


def _found(shop: Shop, global_id: str) -> Subscription | None:
    one = shop.state.subscriptions.get(number_of(global_id, "WebhookSubscription") or 0)
    return None if one is None or one.is_from_config else one


def _wrong_address(uri: str) -> Json | None:
    """Shopify wants https; on this machine plain http is taken as well."""
    url = urlsplit(uri)
    if url.scheme == "https" and url.hostname:
        return None
    if url.scheme == "http" and url.hostname in {"127.0.0.1", "localhost", "::1"}:
        return None
    return _error("Address is invalid") if uri else _error("Address can't be blank")


def _error(message: str) -> Json:
    field: list[Any] = ["webhookSubscription", "uri"]
    return {"field": field, "message": message}
