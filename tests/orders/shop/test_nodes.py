"""A node says the same as the webhook's body of the same thing."""

from datetime import UTC, datetime
from typing import Any

from orders.shopify import nodes as read
from tests.orders.shop import nodes
from tests.orders.shop.stub import connection


def order_of(node: nodes.Node) -> Any:
    return read.order_of(node)


def customer_of(node: object) -> Any:
    return read.customer_of(node)


def checkout_of(node: nodes.Node) -> Any:
    return read.checkout_of(node)


def product_of(node: nodes.Node) -> Any:
    return read.product_of(node)


def test_an_order_says_what_its_webhook_says():
    payload = order_of(nodes.order(9_007_199_254_740_993))

    assert payload.id == 9_007_199_254_740_993
    assert (payload.name, payload.total_cents, payload.outstanding_cents) == (
        "#9007199254740993", 6490, 6490,
    )  # fmt: skip
    assert (payload.financial_status, payload.fulfillment_status) == ("pending", "")
    assert payload.gateway_names == ("Contrassegno",)
    assert payload.attributes == {"citofono": "Bianchi"}
    assert payload.language == "it"
    assert payload.shipping_titles == ("Contrassegno",)
    assert payload.shipping_address.as_json()["province_code"] == "NA"
    assert payload.updated_at == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_phones_are_found_in_their_places_in_the_usual_order():
    payload = order_of(nodes.order(phone="+393339999999"))

    found = [(one.place, one.raw) for one in payload.phones]
    assert found[:2] == [("shipping_address", "333 1234567"), ("order", "+393339999999")]
    assert ("customer", "+393331234567") in found


def test_the_amount_is_the_one_the_buyer_saw():
    seen = nodes.money("64.90", seen=("62.00", "CHF"))
    payload = order_of(
        nodes.order(
            totalOutstandingSet=seen, currentTotalPriceSet=seen, presentmentCurrencyCode="CHF"
        )
    )

    assert (payload.total_cents, payload.currency) == (6490, "EUR")
    assert (payload.outstanding_cents, payload.due_currency) == (6200, "CHF")


def test_tokens_that_graphql_does_not_have_stay_as_they_are_known():
    payload = order_of(nodes.order())

    assert {"checkout_token", "cart_token"} <= payload.missing
    assert not {"lines", "tags", "note", "total", "phones"} & payload.missing


def test_a_line_carries_type_and_tags_of_its_product():
    gone = nodes.line(2, product=None, variant=None, currentQuantity=0)
    first, second = order_of(nodes.order(lines=(nodes.line(1), gone))).lines

    assert (first.product_id, first.variant_id, first.price_cents) == (71, 81, 349)
    assert (first.product_type, first.product_tags) == ("Umido cane", ("umido",))
    assert (second.product_id, second.quantity, second.product_type) == (None, 0, None)


def test_a_parcel_tells_courier_tracking_and_its_news():
    event = {
        "id": "gid://shopify/FulfillmentEvent/5", "status": "OUT_FOR_DELIVERY",
        "message": "In consegna", "happenedAt": "2026-11-23T07:00:00Z",
    }  # fmt: skip
    parcel = nodes.parcel(displayStatus="OUT_FOR_DELIVERY", events=connection(event))
    (payload,) = order_of(nodes.order(fulfillments=[parcel])).fulfillments

    assert (payload.status, payload.shipment_status) == ("success", "out_for_delivery")
    assert (payload.courier, payload.tracking_number) == ("BRT", "ABC1")
    (news,) = payload.events
    assert (news.id, news.fulfillment_id, news.order_id) == (5, 301, 1001)
    assert (news.status, news.happened_at) == (
        "out_for_delivery", datetime(2026, 11, 23, 7, tzinfo=UTC),
    )  # fmt: skip


def test_a_display_status_of_the_request_says_nothing_of_the_courier():
    parcels = [nodes.parcel(1, displayStatus="FULFILLED"), nodes.parcel(2, displayStatus=None)]

    told = order_of(nodes.order(fulfillments=parcels)).fulfillments

    assert [one.shipment_status for one in told] == ["", ""]


def test_a_refund_tells_what_was_put_back_and_paid_back():
    refund = {
        "id": "gid://shopify/Refund/9", "createdAt": "2026-11-23T09:00:00Z", "note": "",
        "refundLineItems": connection({"quantity": 1, "restockType": "RETURN"}),
        "transactions": connection(
            {"kind": "REFUND", "status": "SUCCESS", "amountSet": nodes.money("10.00")}
        ),
    }  # fmt: skip

    (payload,) = order_of(nodes.order(refunds=[refund])).refunds

    assert (payload.restock_types, payload.paid_back_cents) == ({"return"}, 1000)


def test_a_customer_carries_both_consents_of_the_default_phone():
    payload = customer_of(nodes.customer())

    assert (payload.phone, payload.language, payload.tags) == ("+393331234567", "it", ("vip",))
    assert payload.whatsapp_consent.state == "subscribed"
    assert payload.whatsapp_consent.at == datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert payload.sms_consent.state == "not_subscribed"


def test_a_customer_without_phone_or_permission_is_read_all_the_same():
    bare = {
        "id": "gid://shopify/Customer/5",
        "defaultPhoneNumber": None,
        "defaultEmailAddress": None,
    }
    payload = customer_of(bare)

    assert (payload.id, payload.phone, payload.whatsapp_consent) == (5, "", None)
    assert customer_of(None) is None
    assert order_of(nodes.order(customer=None, shippingAddress=None)).customer is None


def test_a_checkout_is_known_by_its_id_and_amounts_to_what_the_buyer_sees():
    payload = checkout_of(nodes.checkout(totalPriceSet=nodes.money("52.00", seen=("50.00", "CHF"))))

    assert (payload.id, payload.token, payload.amount_cents, payload.currency) == (
        801, "", 5000, "CHF",
    )  # fmt: skip
    assert payload.email == "anna501@example.com"
    assert payload.completed_at is None


def test_a_product_tells_its_lowest_price_and_its_stock():
    payload = product_of(nodes.product())

    assert (payload.id, payload.price_cents, payload.stock, payload.is_active) == (
        71,
        349,
        50,
        True,
    )
    assert not product_of(nodes.product(status="ARCHIVED")).is_active
