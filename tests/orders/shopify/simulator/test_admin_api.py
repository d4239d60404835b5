import json

import requests

from tests.orders.shopify.simulator.conftest import gid

TAGS = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } } }"
UPDATE = "mutation($input: OrderInput!) { orderUpdate(input: $input) { order { note tags shippingAddress { address1 zip city } } userErrors { field message } } }"
CANCEL = "mutation($id: ID!, $reason: OrderCancelReason!) { orderCancel(orderId: $id, reason: $reason, restock: true) { job { id done } orderCancelUserErrors { code } userErrors { message } } }"


def test_an_order_is_read_with_words_and_ids_of_graphql(shop, ask):
    order = shop.place(customer=shop.customers()[0]["id"])

    answer = ask(
        "query($id: ID!) { order(id: $id) { id legacyResourceId tags displayFinancialStatus "
        "displayFulfillmentStatus createdAt totalOutstandingSet { presentmentMoney { amount } } "
        "customer { defaultPhoneNumber { whatsAppMarketingConsent { state } } } "
        "transactions { manualPaymentGateway status gateway } "
        "lineItems(first: 5) { nodes { title product { tags } } } } }",
        id=gid(order),
    )["data"]["order"]

    assert answer["id"] == gid(order)
    assert answer["legacyResourceId"] == str(order["id"])
    assert answer["tags"] == []
    assert (answer["displayFinancialStatus"], answer["displayFulfillmentStatus"]) == (
        "PENDING",
        "UNFULFILLED",
    )
    assert answer["createdAt"].endswith("Z")
    assert answer["totalOutstandingSet"]["presentmentMoney"]["amount"] == "29.70"
    assert (
        answer["customer"]["defaultPhoneNumber"]["whatsAppMarketingConsent"]["state"]
        == "SUBSCRIBED"
    )
    assert answer["transactions"] == [
        {
            "manualPaymentGateway": True,
            "status": "PENDING",
            "gateway": "Cash on Delivery (COD)",
        }
    ]
    assert answer["lineItems"]["nodes"][0]["product"]["tags"] == ["crocchette", "cibo", "cane"]


def test_what_the_schema_does_not_have_is_refused(ask):
    answer = ask("{ orders(first: 1) { nodes { id checkoutToken } } }")

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "undefinedField"


def test_arguments_may_stand_in_the_text_as_well(shop, ask):
    order = shop.place()

    ask(f'mutation {{ tagsAdd(id: "{gid(order)}", tags: ["COD"]) {{ userErrors {{ message }} }} }}')

    assert shop.order(order["id"])["tags"] == ["COD"]


def test_lists_come_in_pages_by_cursor(shop, ask):
    placed = [shop.place()["id"] for _ in range(5)]
    query = "query($after: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT) { nodes { legacyResourceId } pageInfo { hasNextPage endCursor } } }"
    found, after = [], None
    for _ in range(3):
        page = ask(query, after=after)["data"]["orders"]
        found += [int(node["legacyResourceId"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]

    assert found == placed
    assert page["pageInfo"]["hasNextPage"] is False


def test_a_page_has_a_size_and_at_most_250(ask):
    without = ask("{ orders { nodes { id } } }")
    with_more = ask("{ orders(first: 251) { nodes { id } } }")

    assert "first or last" in without["errors"][0]["message"]
    assert "250" in with_more["errors"][0]["message"]


def test_a_search_compares_moments_and_tags(shop, ask):
    early = shop.place()
    shop.post("clock", seconds=600)
    late = shop.place(tags=["VIP"])
    since = late["created_at"]
    names = "{ orders(first: 9, query: %s) { nodes { name } } }"

    def found(query: str) -> list[str]:
        return [one["name"] for one in ask(names % json.dumps(query))["data"]["orders"]["nodes"]]

    assert found(f"updated_at:>='{since}'") == [late["name"]]
    assert found(f"updated_at:<'{since}'") == [early["name"]]
    assert found("tag:vip") == [late["name"]]
    assert found("-tag:vip AND financial_status:pending") == [early["name"]]
    assert found(f"name:{early['name']} OR tag:vip") == [early["name"], late["name"]]


def test_tags_are_added_to_those_that_are_there_and_told(shop, ask, receiver):
    order = shop.place(tags=["cod"])
    shop.settled()
    receiver.deliveries.clear()

    ask(TAGS, id=gid(order), tags=["COD", "COD-confermato"])
    ask(TAGS, id=gid(order), tags=["COD-confermato"])
    shop.settled()

    assert shop.order(order["id"])["tags"] == ["cod", "COD-confermato"]
    assert receiver.topics() == ["orders/updated"]


def test_an_update_overwrites_note_and_tags_and_keeps_what_an_address_does_not_name(shop, ask):
    order = shop.place(customer=shop.customers()[0]["id"], tags=["a"], note="vecchia")

    answer = ask(
        UPDATE,
        input={
            "id": gid(order),
            "note": "nuova",
            "tags": ["b"],
            "shippingAddress": {"address1": "Via Nuova 3"},
        },
    )["data"]["orderUpdate"]

    assert answer["userErrors"] == []
    assert answer["order"] == {
        "note": "nuova",
        "tags": ["b"],
        "shippingAddress": {"address1": "Via Nuova 3", "zip": "20121", "city": "Milano"},
    }


def test_a_wrong_address_is_an_error_of_the_user_and_changes_nothing(shop, ask):
    order = shop.place(customer=shop.customers()[0]["id"])
    wrong = {"zip": "2012", "provinceCode": ""}

    answer = ask(UPDATE, input={"id": gid(order), "note": "x", "shippingAddress": wrong})

    errors = answer["data"]["orderUpdate"]["userErrors"]
    assert [one["field"] for one in errors] == [
        ["shippingAddress", "zip"],
        ["shippingAddress", "province"],
    ]
    assert shop.order(order["id"]) == order


def test_a_cancellation_is_a_job_and_a_shipped_order_has_none(shop, ask, receiver):
    order, shipped = shop.place(), shop.place()
    shop.act(shipped["id"], "ship")

    begun = ask(CANCEL, id=gid(order), reason="CUSTOMER")["data"]["orderCancel"]
    refused = ask(CANCEL, id=gid(shipped), reason="CUSTOMER")["data"]["orderCancel"]
    shop.post("webhooks", url=receiver.url, topics=["orders/cancelled"])
    ended = _until(lambda: shop.order(order["id"])["cancelled_at"])

    assert begun["job"]["done"] is False
    assert refused["job"] is None
    assert refused["orderCancelUserErrors"] == [{"code": "INVALID"}]
    assert ended
    assert shop.order(shipped["id"])["cancelled_at"] is None


def _until(holds) -> bool:
    return any(holds() for _ in range(200))


def test_a_token_by_client_credentials_ends(shop, process, ask):
    form = {
        "client_id": process.client_id,
        "client_secret": process.client_secret,
        "grant_type": "client_credentials",
    }
    address = f"{process.url}/admin/oauth/access_token"
    granted = requests.post(address, data=form, timeout=5).json()
    wrong = requests.post(address, json={**form, "client_secret": "no"}, timeout=5)
    shop_name = "{ shop { name } }"
    inside = ask(shop_name, token=granted["access_token"])
    shop.post("clock", seconds=86_400)
    outside = ask(shop_name, token=granted["access_token"])

    assert granted["expires_in"] == 86_399
    assert "read_orders" in granted["scope"].split(",")
    assert wrong.status_code == 401
    assert inside["data"] == {"shop": {"name": "Zampa"}}
    assert "Invalid API key" in outside["errors"]


def test_every_second_call_is_throttled_when_asked_for(shop, ask):
    shop.config(throttle_every=2)
    answers = [ask("{ shop { name } }") for _ in range(4)]

    codes = [
        one.get("errors", [{"extensions": {"code": ""}}])[0]["extensions"]["code"]
        for one in answers
    ]
    assert sorted(codes) == ["", "", "THROTTLED", "THROTTLED"]
    assert {"maximumAvailable", "currentlyAvailable", "restoreRate"} == set(
        answers[0]["extensions"]["cost"]["throttleStatus"]
    )


def test_an_empty_bucket_fills_again(shop, ask):
    shop.config(bucket=25.0, restore_rate=1.0)
    order = shop.place()

    answers = [ask(TAGS, id=gid(order), tags=[tag]) for tag in ("a", "b", "c")]
    shop.post("clock", seconds=10)
    later = ask(TAGS, id=gid(order), tags=["d"])

    assert answers[2]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answers[2]["extensions"]["cost"]["actualQueryCost"] is None
    assert "errors" not in later
    assert shop.order(order["id"])["tags"] == ["a", "b", "d"]


def test_a_question_that_is_too_dear_is_refused(ask):
    answer = ask("{ orders(first: 100) { nodes { lineItems(first: 20) { nodes { id } } } } }")

    assert answer["errors"][0]["extensions"] == {
        "code": "MAX_COST_EXCEEDED",
        "cost": 2302,
        "maxCost": 1000,
        "documentation": "https://shopify.dev/api/usage/rate-limits",
    }


def test_a_scope_that_is_missing_denies_access(shop, ask):
    shop.config(scopes=["read_products"])

    answer = ask("{ orders(first: 1) { nodes { id } } }")

    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_orders_older_than_60_days_want_a_scope_of_their_own(shop, ask):
    shop.place()
    shop.post("clock", seconds=61 * 86_400)
    shop.config(scopes=["read_orders"])

    hidden = ask("{ orders(first: 9) { nodes { id } } }")["data"]["orders"]["nodes"]
    shop.config(scopes=["read_orders", "read_all_orders"])
    shown = ask("{ orders(first: 9) { nodes { id } } }")["data"]["orders"]["nodes"]

    assert (len(hidden), len(shown)) == (0, 1)


def test_a_fault_meets_the_call_it_was_ordered_for(shop, ask, process):
    shop.post("faults", faults=[{"status": 503, "times": 1, "match": "orderUpdate"}])
    order = shop.place()

    ask(TAGS, id=gid(order), tags=["COD"])
    failed = requests.post(process.graphql_url, json={"query": UPDATE}, timeout=5)

    assert failed.status_code == 503
    assert shop.order(order["id"])["tags"] == ["COD"]


def test_subscriptions_are_listed_made_once_and_removed(shop, ask, receiver):
    shop.post("webhooks", url=receiver.url, topics=["orders/paid"], from_config=True)
    create = (
        "mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) { "
        "webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { "
        "webhookSubscription { id topic uri } userErrors { message } } }"
    )
    listed = "{ webhookSubscriptions(first: 50) { nodes { id topic uri } } }"

    made = ask(create, topic="ORDERS_CREATE", to={"uri": receiver.url})["data"]
    again = ask(create, topic="ORDERS_CREATE", to={"uri": receiver.url})["data"]
    plain = ask(create, topic="ORDERS_PAID", to={"uri": "http://shop.example/x"})["data"]
    compliance = ask(create, topic="SHOP_REDACT", to={"uri": receiver.url})
    rows = ask(listed)["data"]["webhookSubscriptions"]["nodes"]
    ask(
        "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId } }",
        id=rows[0]["id"],
    )

    assert made["webhookSubscriptionCreate"]["webhookSubscription"]["topic"] == "ORDERS_CREATE"
    assert "already been taken" in again["webhookSubscriptionCreate"]["userErrors"][0]["message"]
    assert "invalid" in plain["webhookSubscriptionCreate"]["userErrors"][0]["message"]
    assert "errors" in compliance
    assert [one["topic"] for one in rows] == ["ORDERS_CREATE"]
    assert ask(listed)["data"]["webhookSubscriptions"]["nodes"] == []


def test_consent_to_whatsapp_needs_a_phone_and_is_told(shop, ask, receiver):
    with_phone, without = (
        shop.post("customer", first_name="Ada", phone="+393471234567"),
        shop.post("customer", first_name="Eva"),
    )
    shop.settled()
    receiver.deliveries.clear()
    change = (
        "mutation($input: CustomerWhatsAppMarketingConsentUpdateInput!) { "
        "customerWhatsAppMarketingConsentUpdate(input: $input) { customerPhoneNumber { "
        "whatsAppMarketingConsent { state } } userErrors { message } } }"
    )

    answers = [
        ask(
            change,
            input={
                "customerId": f"gid://shopify/Customer/{one['id']}",
                "whatsAppMarketingConsent": {"state": "UNSUBSCRIBED"},
            },
        )["data"]["customerWhatsAppMarketingConsentUpdate"]
        for one in (with_phone, without)
    ]
    shop.settled()

    assert answers[0]["userErrors"] == []
    assert "phone number is required" in answers[1]["userErrors"][0]["message"]
    [(_, body)] = receiver.of("customers_whats_app_marketing_consent/update")
    assert body["whats_app_marketing_consent"]["state"] == "unsubscribed"


def test_states_that_shopify_sets_itself_are_refused(shop, ask, receiver):
    customer = shop.post("customer", first_name="Ada", phone="+393471234567")
    shop.settled()
    receiver.deliveries.clear()

    answer = ask(
        "mutation($input: CustomerWhatsAppMarketingConsentUpdateInput!) { "
        "customerWhatsAppMarketingConsentUpdate(input: $input) { userErrors { message code } } }",
        input={
            "customerId": f"gid://shopify/Customer/{customer['id']}",
            "whatsAppMarketingConsent": {"state": "NOT_SUBSCRIBED"},
        },
    )["data"]["customerWhatsAppMarketingConsentUpdate"]
    shop.settled()

    assert [one["code"] for one in answer["userErrors"]] == ["INVALID"]
    assert receiver.deliveries == []
