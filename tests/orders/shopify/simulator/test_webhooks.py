import json
import re

import pytest

from spoki.simulator import ControlRefused
from tests.orders.shopify.simulator.conftest import signature


def test_a_cod_order_is_told_in_the_words_and_forms_of_shopify(shop, receiver):
    order = shop.place(customer=shop.customers()[0]["id"])
    shop.settled()

    [(headers, body)] = receiver.of("orders/create")
    assert body["id"] == order["id"] > 2**53
    assert body["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"
    assert body["payment_gateway_names"] == ["Cash on Delivery (COD)"]
    assert body["financial_status"] == "pending"
    assert body["total_outstanding"] == body["total_price"] == "29.70"
    assert body["total_price_set"]["presentment_money"] == {
        "amount": "29.70",
        "currency_code": "EUR",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00", body["created_at"])
    assert body["tags"] == ""
    assert body["fulfillment_status"] is None
    assert body["phone"] is None
    assert "tags" not in body["customer"]
    assert body["shipping_lines"][0]["title"] == "Contrassegno (+2,90 €)"
    assert headers["X-Shopify-Shop-Domain"] == "zampa-demo.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-10"


def test_every_webhook_of_one_action_shares_the_event_and_has_an_id_of_its_own(shop, receiver):
    shop.place()
    shop.settled()

    headers = [each for each, _ in receiver.deliveries]
    assert {"orders/create", "orders/updated", "products/update"} <= set(receiver.topics())
    assert len({each["X-Shopify-Event-Id"] for each in headers}) == 1
    assert len({each["X-Shopify-Webhook-Id"] for each in headers}) == len(headers)


def test_the_signature_is_over_the_raw_bytes(shop, receiver):
    shop.place(customer={"first_name": "Niccolò", "last_name": "D'Amico & figli"})
    shop.settled()

    assert b"Niccol\xc3\xb2" in receiver.deliveries[0][1]
    assert all(
        headers["X-Shopify-Hmac-Sha256"] == signature(body) for headers, body in receiver.deliveries
    )


def test_a_retry_is_the_same_delivery_until_it_is_taken(shop, receiver):
    shop.post("webhooks", url=receiver.url, topics=["orders/create"])
    receiver.answers += [500, 301]

    shop.place()
    shop.settled()

    ids = {headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.deliveries}
    assert len(receiver.deliveries) == 3
    assert len(ids) == 1
    assert len({body for _, body in receiver.deliveries}) == 1


def test_a_subscription_of_the_api_goes_after_eight_retries_and_one_of_the_file_stays(
    shop, receiver
):
    shop.config(retry_seconds=0.001)
    shop.post("webhooks", url=receiver.url, topics=["orders/create"])
    receiver.answers += [503] * 9
    shop.place()
    shop.settled()
    left = shop.get("webhooks")["webhooks"]

    shop.post("webhooks", url=receiver.url, topics=["orders/create"], from_config=True)
    receiver.answers += [503] * 9
    shop.place()
    shop.settled()

    assert len(receiver.deliveries) == 18
    assert left == []
    assert len(shop.get("webhooks")["webhooks"]) == 1


def test_the_switches_duplicate_lose_and_mark_as_ordered(shop, receiver):
    shop.post("webhooks", url=receiver.url, topics=["orders/create"])
    shop.config(duplicate_share=1.0)
    shop.place()
    shop.settled()
    twice = [headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.deliveries]
    shop.config(duplicate_share=0.0, signature="wrong")
    shop.place()
    shop.config(signature="missing")
    shop.settled()
    shop.config(loss_share=1.0)
    shop.place()
    shop.settled()

    headers, body = receiver.deliveries[2]
    assert len(twice) == 2
    assert len(set(twice)) == 1
    assert len(receiver.deliveries) == 3
    assert headers.get("X-Shopify-Hmac-Sha256") != signature(body)


def test_shuffled_webhooks_all_arrive_in_another_order(shop, receiver):
    shop.config(shuffle_seconds=0.05)
    for _ in range(3):
        shop.place()
    shop.settled()
    told = [row["webhook_id"] for row in sorted(shop.get("deliveries")["rows"], key=_epoch)]

    assert sorted(receiver.topics()).count("orders/create") == 3
    assert len(told) == len(receiver.deliveries)
    assert receiver.topics()[:2] != ["checkouts/create", "checkouts/update"]


def _epoch(row: dict) -> float:
    return float(row["epoch"])


def test_a_parcel_is_told_by_fulfilments_and_events(shop, receiver):
    order = shop.place()
    shop.act(order["id"], "ship", tracking_number="")
    shop.act(order["id"], "track", tracking_number="BRT42")
    shop.act(order["id"], "says", status="attempted_delivery")
    shop.settled()

    [(_, made)] = receiver.of("fulfillments/create")
    [(_, event)] = receiver.of("fulfillment_events/create")
    updates = [body for _, body in receiver.of("fulfillments/update")]
    assert (made["tracking_number"], made["shipment_status"]) == (None, None)
    assert sorted(str(body["shipment_status"]) for body in updates) == [
        "None",
        "attempted_delivery",
    ]
    assert all(body["tracking_urls"][0].endswith("BRT42") for body in updates)
    assert len(event) == 18
    assert event["order_id"] == order["id"]
    assert receiver.of("orders/fulfilled")[0][1]["fulfillment_status"] == "fulfilled"


def test_news_of_the_courier_that_is_older_does_not_become_the_state(shop):
    order = shop.place()
    shop.act(order["id"], "ship")
    shop.act(order["id"], "says", status="delivered")

    late = shop.act(
        order["id"], "says", status="in_transit", happened_at="2026-01-01T10:00:00+01:00"
    )

    assert late["fulfillments"][0]["shipment_status"] == "delivered"


def test_an_edit_tells_differences_and_no_amounts(shop, receiver):
    order = shop.place(lines=[{"product_id": shop.products()[0]["id"], "quantity": 2}])
    line = order["lines"][0]["id"]

    edited = shop.act(order["id"], "edit", quantities={str(line): 1})
    shop.settled()

    [(_, body)] = receiver.of("orders/edited")
    assert body["order_edit"]["line_items"] == {
        "additions": [],
        "removals": [{"id": line, "delta": 1}],
    }
    assert body["order_edit"]["order_id"] == order["id"]
    assert "price" not in json.dumps(body)
    assert edited["outstanding_cents"] == order["outstanding_cents"] - 2190


def test_a_cancelled_order_is_void_and_owes_nothing(shop, receiver):
    order = shop.place()

    shop.act(order["id"], "cancel", reason="customer")
    shop.settled()

    [(_, body)] = receiver.of("orders/cancelled")
    [(_, refund)] = receiver.of("refunds/create")
    assert (body["financial_status"], body["total_outstanding"]) == ("voided", "0.00")
    assert body["cancel_reason"] == "customer"
    assert refund["transactions"] == []
    assert refund["refund_line_items"][0]["restock_type"] == "cancel"
    assert isinstance(refund["refund_line_items"][0]["subtotal"], float)


def test_a_refusal_leaves_the_trace_that_was_asked_for(shop, receiver):
    traces = {}
    for how in ("event", "tag", "cancel", "restock", "return"):
        order = shop.place()
        shop.act(order["id"], "ship")
        shop.settled()
        receiver.deliveries.clear()
        traces[how] = shop.act(order["id"], "refuse", how=how)
        shop.settled()
        traces[how]["topics"] = receiver.topics()

    assert traces["event"]["fulfillments"][0]["shipment_status"] == "failure"
    assert traces["tag"]["tags"] == ["rifiutato"]
    assert traces["cancel"]["financial_status"] == "voided"
    assert "orders/cancelled" in traces["cancel"]["topics"]
    assert traces["restock"]["financial_status"] == "pending"
    assert traces["restock"]["refunds"][0]["restock_type"] == "return"
    assert {"returns/request", "returns/close"} <= set(traces["return"]["topics"])


def test_a_payment_recorded_later_makes_it_paid(shop, receiver):
    order = shop.place()
    shop.settled()
    before = receiver.topics()
    shop.act(order["id"], "pay")
    shop.settled()

    assert "order_transactions/create" not in before
    assert receiver.of("orders/paid")[0][1]["financial_status"] == "paid"
    assert receiver.of("order_transactions/create")[0][1]["manual_payment_gateway"] is True


def test_a_gift_card_leaves_the_rest_to_the_courier(shop):
    order = shop.place(gateways=["gift_card", "Cash on Delivery (COD)"], paid_cents=1000)

    assert order["financial_status"] == "partially_paid"
    assert order["outstanding_cents"] == order["current_total_cents"] - 1000
    assert order["body"]["total_outstanding"] == "19.70"


def test_an_order_of_an_app_may_lack_customer_address_and_keys(shop, receiver):
    shop.place(
        customer=None,
        has_address=False,
        gateways=[],
        source_name="shopify_draft_order",
        omit=["customer", "payment_gateway_names"],
    )
    shop.settled()

    [(_, body)] = receiver.of("orders/create")
    assert "customer" not in body
    assert "payment_gateway_names" not in body
    assert body["shipping_address"] is None
    assert body["checkout_token"] is None
    assert "checkouts/create" not in receiver.topics()


def test_a_checkout_left_behind_becomes_an_order_with_its_token(shop, receiver):
    left = shop.abandon(customer=shop.customers()[0]["id"])
    shop.settled()
    abandoned = receiver.of("checkouts/update")[-1][1]
    order = shop.place(customer=shop.customers()[0]["id"], checkout=left["id"])
    shop.settled()

    assert abandoned["completed_at"] is None
    assert abandoned["abandoned_checkout_url"].startswith("https://zampa-demo.myshopify.com/")
    assert order["body"]["checkout_token"] == left["token"]
    assert receiver.of("checkouts/update")[-1][1]["completed_at"] is not None


def test_a_new_customer_who_ticks_the_box_is_told_with_her_consent(shop, receiver):
    made = shop.post("customer", first_name="Ada", phone="+393471234567", whatsapp=True)
    shop.settled()

    [(_, body)] = receiver.of("customers_whats_app_marketing_consent/update")
    assert body["customer_id"] == made["id"]
    assert body["phone_number"] == "+393471234567"
    assert body["whats_app_marketing_consent"]["state"] == "subscribed"
    assert len(receiver.of("customers/create")[0][1]) == 17


def test_compliance_topics_reach_whoever_the_file_declares(shop, receiver):
    customer = shop.customers()[0]["id"]
    order = shop.place(customer=customer)
    shop.post("compliance", topic="customers/redact", customer=customer)
    shop.settled()

    [(_, body)] = receiver.of("customers/redact")
    assert body["orders_to_redact"] == [order["id"]]
    assert body["customer"]["id"] == customer


def test_without_approval_no_person_is_in_a_body(shop, receiver):
    shop.config(protected_data="denied")
    shop.place(customer=shop.customers()[0]["id"])
    shop.settled()

    [(_, body)] = receiver.of("orders/create")
    assert b"Ferri" not in b"".join(body for _, body in receiver.deliveries)
    assert body["email"] is body["shipping_address"]["phone"] is None
    assert body["name"].startswith("#")


def test_what_cannot_be_done_is_refused_with_a_sentence(shop):
    order = shop.place()
    shop.act(order["id"], "cancel")

    kept = shop.order(order["id"])
    for do, words in (("ship", "cancelled order"), ("cancel", "already"), ("x", "one of")):
        with pytest.raises(ControlRefused, match=words):
            shop.act(order["id"], do)

    assert shop.order(order["id"]) == kept
