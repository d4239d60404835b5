"""Orders taken many at once leave the same rows as the same orders taken one by one."""

from typing import Any

import pytest
from django.db import transaction

from audiences.models import ConsentRecord, Contact
from orders.importing.orders import keep_orders
from orders.models import Order
from orders.shopify.nodes import order_of
from orders.taking import Heard, take_order
from tests.conftest import NOW
from tests.orders.shop import nodes

pytestmark = pytest.mark.django_db
OTHER = nodes.address(phone="347 7654321", firstName="Ugo")
CASES: dict[str, dict[str, Any]] = {
    "cash on delivery": {},
    "paid online": {
        "displayFinancialStatus": "PAID",
        "paymentGatewayNames": ["shopify_payments"],
        "totalOutstandingSet": nodes.money("0.00"),
    },
    "delivered": {
        "displayFulfillmentStatus": "FULFILLED",
        "fulfillments": [
            nodes.parcel(displayStatus="DELIVERED", deliveredAt="2026-11-22T10:00:00Z")
        ],
    },
    "two parcels, one voided": {
        "fulfillments": [
            nodes.parcel(1),
            nodes.parcel(2, status="CANCELLED", displayStatus="CANCELED"),
        ]
    },
    "marked as refused": {"tags": ["Rifiutato"], "displayFulfillmentStatus": "FULFILLED"},
    "a present to somebody else": {"shippingAddress": OTHER},
    "a guest": {"customer": None},
    "nobody to reach": {
        "customer": nodes.customer(phone=None, defaultAddress=None),
        "shippingAddress": nodes.address(phone="555-SHIP"),
    },
    "cancelled": {"cancelledAt": "2026-11-23T08:50:00Z", "cancelReason": "CUSTOMER"},
}
OWN = {"id", "order_id", "contact_id", "customer_id", "created_at", "updated_at", "parcel_id"}


def said_by(row: Any) -> dict[str, Any]:
    return {
        f.attname: getattr(row, f.attname)
        for f in row._meta.concrete_fields
        if f.attname not in OWN
    }


def everything(order: Order) -> dict[str, Any]:
    contact = Contact.objects.filter(orders=order).values("phone", "first_name", "language")
    return {
        "order": said_by(order),
        "contact": list(contact),
        "customer": order.customer and order.customer.shopify_id,
        "lines": [said_by(line) for line in order.lines.order_by("shopify_id")],
        "parcels": [said_by(parcel) for parcel in order.parcels.order_by("shopify_id")],
        "consents": list(ConsentRecord.objects.values("purpose", "state", "source").order_by("pk")),
    }


@pytest.mark.parametrize("case", CASES)
def test_the_quick_way_leaves_what_the_slow_way_leaves(case) -> None:
    payload = order_of(nodes.order(1001, **CASES[case]))
    with transaction.atomic():
        take_order(payload=payload, now=NOW, is_import=True, heard=Heard(at=NOW))
        slow = everything(Order.objects.get())
        transaction.set_rollback(True)

    keep_orders([payload], as_of=NOW, now=NOW)

    assert everything(Order.objects.get()) == slow


def test_two_hundred_orders_cost_as_many_statements_as_twenty(
    django_assert_max_num_queries,
) -> None:
    for first, size in ((1, 20), (1000, 200)):
        payloads = [
            order_of(nodes.plain_order(first + number, fulfillments=[nodes.parcel(first + number)]))
            for number in range(size)
        ]
        with django_assert_max_num_queries(60):
            keep_orders(payloads, as_of=NOW, now=NOW)

    assert Order.objects.count() == 220


def test_an_order_named_twice_in_a_batch_comes_in_once() -> None:
    payload = order_of(nodes.order(1001))

    assert keep_orders([payload, payload], as_of=NOW, now=NOW) == (1, 0, 1)
    assert Order.objects.get().lines.count() == 1
