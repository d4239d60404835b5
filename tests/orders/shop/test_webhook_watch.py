"""Our webhooks on Shopify: what is missing is made again, what cannot be made is told to people."""

import pytest
from django.test import override_settings

from campaigns.models import Alert
from orders.shopify.errors import TokenRefused, Unreachable
from orders.webhook_watch import enum_of, look_after_webhooks, our_address, wanted_topics
from tests.conftest import NOW
from tests.orders.shop.stub import HANG_UP, Reply, connection

pytestmark = pytest.mark.django_db
URL = "https://app.example.com/webhooks/shopify/"
MADE = {"webhookSubscriptionCreate": {"webhookSubscription": {"id": "1"}, "userErrors": []}}


def listed(*topics: str, uri: str = URL) -> dict:
    nodes = [{"id": f"gid://shopify/W/{topic}", "topic": topic, "uri": uri} for topic in topics]
    return {"webhookSubscriptions": connection(*nodes)}


def everything() -> list[str]:
    return [enum_of(topic) for topic in (*wanted_topics("2026-10"), "customers/merge")]


def alarms() -> list[str]:
    return list(Alert.objects.filter(over_at=None).values_list("code", flat=True))


def test_nothing_is_made_where_nothing_is_missing(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", listed(*everything()))

    found = look_after_webhooks(client=client_of_stub, now=NOW)

    assert (found.created, found.missing, stub.operations()) == ((), (), ["Subscriptions"])


def test_a_webhook_that_shopify_deleted_is_made_again_where_the_others_go(
    stub, client_of_stub
) -> None:
    stub.answer("Subscriptions", listed(*[t for t in everything() if t != "ORDERS_CREATE"]))
    stub.answer("CreateSubscription", MADE)

    found = look_after_webhooks(client=client_of_stub, now=NOW)

    assert found.created == ("orders/create",)
    assert stub.of("CreateSubscription")[0].variables == {
        "topic": "ORDERS_CREATE",
        "webhookSubscription": {"uri": URL, "format": "JSON"},
    }
    assert alarms() == []


@override_settings(SHOPIFY_WEBHOOK_URL="https://new.example.com/webhooks/shopify/")
def test_webhooks_to_another_address_do_not_count(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", listed(*everything()))
    stub.answer("CreateSubscription", MADE)

    found = look_after_webhooks(client=client_of_stub, now=NOW)

    assert set(found.created) == set(wanted_topics("2026-10"))


def test_what_cannot_be_made_is_told_to_people_until_it_is_there(stub, client_of_stub) -> None:
    refused = {"userErrors": [{"field": ["topic"], "message": "Missing scope read_orders"}]}
    short = listed(*[t for t in everything() if t != "ORDERS_CREATE"])
    stub.answer("Subscriptions", short, listed(*everything()))
    stub.answer("CreateSubscription", {"webhookSubscriptionCreate": refused})

    found = look_after_webhooks(client=client_of_stub, now=NOW)
    assert (found.missing, found.detail) == (("orders/create",), "Missing scope read_orders")
    assert alarms() == ["shopify_webhooks_missing"]
    assert Alert.objects.get().detail["topics"] == "orders/create"

    look_after_webhooks(client=client_of_stub, now=NOW)
    assert alarms() == []


def test_a_permission_that_is_nice_to_have_alarms_nobody(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", listed(*everything()[:-1]))
    refused = {"userErrors": [{"field": ["topic"], "message": "You do not have access"}]}
    stub.answer("CreateSubscription", {"webhookSubscriptionCreate": refused})

    assert look_after_webhooks(client=client_of_stub, now=NOW).missing == ()
    assert alarms() == []


def test_a_webhook_made_by_somebody_meanwhile_is_no_trouble(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", listed(*[t for t in everything() if t != "ORDERS_PAID"]))
    taken = [
        {
            "field": ["webhookSubscription"],
            "message": "Address for this topic has already been taken",
        }
    ]
    stub.answer("CreateSubscription", {"webhookSubscriptionCreate": {"userErrors": taken}})

    assert look_after_webhooks(client=client_of_stub, now=NOW).missing == ()


@override_settings(SHOPIFY_WEBHOOK_URL="", CSRF_TRUSTED_ORIGINS=[])
def test_without_an_address_nothing_is_made_and_people_are_told(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", listed())

    found = look_after_webhooks(client=client_of_stub, now=NOW)

    assert found.error == "no_webhook_address"
    assert (stub.operations(), alarms()) == (["Subscriptions"], ["shopify_webhooks_missing"])


@override_settings(CSRF_TRUSTED_ORIGINS=["http://a.test", "https://*.b.test", "https://c.test/"])
def test_the_first_trusted_https_origin_is_ours() -> None:
    assert our_address([]) == "https://c.test/webhooks/shopify/"


def test_keys_that_are_refused_are_told_but_a_passing_fault_is_not(stub, client_of_stub) -> None:
    stub.answer("Subscriptions", HANG_UP)
    with pytest.raises(Unreachable):
        look_after_webhooks(client=client_of_stub, now=NOW)
    assert alarms() == []

    stub.answer("Subscriptions", Reply({}, status=401))
    with pytest.raises(TokenRefused):
        look_after_webhooks(client=client_of_stub, now=NOW)
    assert alarms() == ["shopify_webhooks_unread"]


def test_consent_to_whatsapp_is_wanted_from_the_version_that_has_it() -> None:
    native = "customers_whats_app_marketing_consent/update"

    assert [native in wanted_topics(version) for version in ("2026-04", "2026-07")] == [False, True]
