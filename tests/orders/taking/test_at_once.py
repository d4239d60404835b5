"""Twenty deliveries of one order at once, on a database that really has them wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from django.db import connection, transaction

from audiences.models import Contact
from orders import reactions
from orders.models import Order, OrderLine, Parcel
from tests.orders.taking import bodies
from tests.orders.taking.bodies import at, hear

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


def test_twenty_deliveries_of_one_order_at_once_end_in_one_row_that_is_told_once(monkeypatch):
    told, guard, start = [], Lock(), Barrier(AT_ONCE)
    real = reactions.order_taken

    def listen(taken, *, now):
        with guard:
            told.append(taken.is_new)
        real(taken, now=now)

    monkeypatch.setattr(reactions, "order_taken", listen)
    shipped = bodies.order(
        updated_at=at(hours=4), fulfillment_status="fulfilled", fulfillments=[bodies.fulfillment()]
    )

    def deliver(number):
        topic, body = (
            ("orders/create", bodies.order()) if number % 2 else ("orders/fulfilled", shipped)
        )
        start.wait(timeout=30)
        try:
            with transaction.atomic():
                return hear(topic, body).word
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        words = list(pool.map(deliver, range(AT_ONCE)))

    order = Order.objects.get()
    assert (order.fulfillment_status, order.is_cod) == ("fulfilled", True)
    assert (OrderLine.objects.count(), Parcel.objects.count(), Contact.objects.count()) == (1, 1, 1)
    assert told.count(True) == 1
    assert words.count("stale") >= AT_ONCE - 2
