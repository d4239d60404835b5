"""Orders taken many at once leave the same rows as the same orders taken one by one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audiences.models import ConsentRecord, Contact
from orders.customers.accounts import take_customers
from orders.importing.orders import keep_orders
from orders.models import Order, ShopifyCustomer
from orders.shopify.nodes import customer_of, order_of
from orders.shopify.payloads.customer import CustomerPayload
from orders.taking import Heard, take_order
from orders.taking.copying import copy_in
from orders.taking.orders import clear_database_defaults
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
    "signs that COPY reads as its own": {
        "note": "tab\there, line\nthere, \\N, \\., \"so\", 'so', {a,b} 🐶",
        "tags": ["a,b", "{c}", 'd"e', "f\\g", "null", " "],
        "customAttributes": [{"key": "citofono\\n", "value": 'Rossi\t"2°"\\'}],
        "shippingAddress": nodes.address(address1="Via \\N 3\n{interno}", company="\\N"),
        "sourceName": "\\N",
    },
    "a letter that cannot be stored": {"note": "a\x00b\ud800c", "tags": ["d\x00e"]},
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


def test_rows_that_are_copied_have_their_keys_and_are_saved_no_second_time() -> None:
    rows = [_row(1), _row(2)]

    copy_in(rows)

    assert [row.pk for row in Order.objects.order_by("shopify_id")] == [row.pk for row in rows]
    rows[0].name = "#changed"
    rows[0].save()
    assert [*Order.objects.order_by("shopify_id").values_list("name", flat=True)] == [
        "#changed",
        "#2",
    ]
    assert Order.objects.create(name="#3", placed_at=NOW, total_cents=1).pk > rows[1].pk


def test_rows_that_are_not_accepted_are_refused_together_in_djangos_words() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in([_row(1), _row(2), _row(1)])

    assert not Order.objects.exists()


def test_customers_told_of_again_keep_what_shopify_does_not_tell() -> None:
    people = [nodes.customer(pk, phone=f"+3933312345{pk}") for pk in (51, 52)]
    take_customers(payloads=_read(people), now=NOW)
    ShopifyCustomer.objects.update(created_at=NOW - timedelta(days=9))
    before = {row.shopify_id: (row.pk, row.contact_id) for row in ShopifyCustomer.objects.all()}

    later = [one | {"tags": ["again"], "updatedAt": "2026-11-23T09:30:00Z"} for one in people]
    take_customers(payloads=_read(later), now=NOW)

    rows = ShopifyCustomer.objects.all()
    assert {row.shopify_id: (row.pk, row.contact_id) for row in rows} == before
    assert {row.created_at for row in rows} == {NOW - timedelta(days=9)}
    assert [row.tags for row in rows] == [["again"], ["again"]]


def _row(number: int) -> Order:
    row = Order(shopify_id=number, name=f"#{number}", placed_at=NOW, total_cents=1)
    clear_database_defaults(row)
    return row


def _read(people: list[dict[str, Any]]) -> list[CustomerPayload]:
    return [payload for payload in map(customer_of, people) if payload is not None]


def test_an_order_placed_while_shopify_was_asked_is_left_to_its_webhook():
    def placed(number: int, *, minutes_ago: int) -> Any:
        at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
        return order_of(nodes.order(number, createdAt=at, processedAt=at, updatedAt=at))

    meanwhile = placed(2, minutes_ago=4)

    kept = keep_orders([placed(1, minutes_ago=6), meanwhile], as_of=NOW, now=NOW)

    assert kept == (1, 0, 1)
    assert list(Order.objects.values_list("shopify_id", "is_imported")) == [(1, True)]
    assert not take_order(payload=meanwhile, now=NOW, heard=Heard(at=NOW)).order.is_imported
