"""What a delivery is about, read from the shapes of Shopify's topics."""

import pytest

from orders.subjects import Subject, subject_of

ORDER = Subject("order", 4_783_296_544_821)


@pytest.mark.parametrize(
    ("topic", "body", "subject"),
    [
        ("orders/updated", {"id": ORDER.pk}, ORDER),
        ("orders/edited", {"order_edit": {"id": 7, "order_id": ORDER.pk}}, ORDER),
        ("fulfillments/update", {"id": 7, "order_id": ORDER.pk}, ORDER),
        ("fulfillment_events/create", {"id": 7, "order_id": str(ORDER.pk)}, ORDER),
        ("refunds/create", {"id": 7, "order_id": ORDER.pk}, ORDER),
        ("order_transactions/create", {"id": 7, "order_id": ORDER.pk}, ORDER),
        ("returns/request", {"id": 7, "order": {"id": ORDER.pk}}, ORDER),
        ("returns/close", {"id": 7, "order_id": ORDER.pk}, ORDER),
        ("customers/update", {"id": 7}, Subject("customer", 7)),
        ("customers_marketing_consent/update", {"id": 7}, Subject("customer", 7)),
        ("customers_email_marketing_consent/update", {"customer_id": 7}, Subject("customer", 7)),
        ("customers_whats_app_marketing_consent/update", {"customer_id": "7"},
         Subject("customer", 7)),
        ("customer.tags_added", {"customerId": "gid://shopify/Customer/7"}, Subject("customer", 7)),
        ("customers/redact", {"shop_id": 1, "customer": {"id": 7}}, Subject("customer", 7)),
        ("customers/merge", {"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/7"},
         Subject("customer", 7)),
        ("checkouts/delete", {"id": 7}, Subject("checkout", 7)),
        ("products/update", {"id": 7}, Subject("product", 7)),
        ("shop/redact", {"shop_id": 7}, None),
        ("app/uninstalled", {"id": 7}, None),
    ],
)  # fmt: skip
def test_each_topic_says_in_its_own_place_what_it_is_about(topic, body, subject):
    assert subject_of(topic, body) == subject


@pytest.mark.parametrize(
    "nonsense", [None, "", "abc", 0, -1, True, 1.5, 2**63, "9" * 30, "²", [], {}]
)
def test_an_id_the_table_could_not_hold_is_none(nonsense):
    assert subject_of("orders/create", {"id": nonsense}) is None


def test_the_largest_id_is_kept_exactly():
    assert subject_of("orders/create", {"id": 2**63 - 1}) == Subject("order", 2**63 - 1)


@pytest.mark.parametrize("body", [{}, {"order_edit": None}, {"order_edit": [1]}])
def test_a_body_that_does_not_say_is_about_nothing(body):
    assert subject_of("orders/edited", body) is None
