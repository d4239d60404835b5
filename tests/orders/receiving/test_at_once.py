"""Several deliveries and several workers at the same moment, on real connections."""

import threading
from contextlib import closing

import psycopg
import pytest
from django.db import connection, connections

from audiences.deliveries import Outcome
from orders import deliveries, intake
from orders.deliveries import Arrival
from orders.models import ShopifyDelivery
from orders.subjects import Subject, take_turn
from tests.conftest import NOW
from tests.orders.receiving.hooks import SHOP, order_body, post, store

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, workers=20):
    """Call `work` from several threads, each with its own connection; return the answers."""
    barrier, answers = threading.Barrier(workers), []

    def run():
        barrier.wait(timeout=10)
        try:
            answers.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def test_one_delivery_posted_twenty_times_at_once_is_kept_once(rings):
    body = order_body()

    answers = at_once(lambda: post(body, Webhook_Id="b54557e4").status_code)

    assert answers == [200] * 20
    assert ShopifyDelivery.objects.count() == 1
    assert len(rings) == 1


def test_one_of_several_workers_claims_a_delivery():
    arrival = Arrival(shop_domain=SHOP, webhook_id="b5", topic="orders/create")
    deliveries.store_delivery(arrival=arrival, body=b"{}", now=NOW)

    claimed = at_once(lambda: deliveries.claim_next(now=NOW), workers=6)

    assert len(claimed) == 6
    assert sum(found is not None for found in claimed) == 1


def test_deliveries_about_one_order_are_processed_one_after_the_other(handle):
    told: list[str] = []
    is_inside, goes_on = threading.Event(), threading.Event()

    def handler(body, received, now):
        told.append(f"begin {body['number']}")
        if body["number"] == 1:
            is_inside.set()
            assert goes_on.wait(10)
        told.append(f"end {body['number']}")
        return Outcome("order")

    handle(handler)
    for number in (1, 2):
        store(order_body(number=number))

    workers = [threading.Thread(target=work_once) for _ in range(2)]
    workers[0].start()
    assert is_inside.wait(10)
    workers[1].start()
    until_somebody_waits_for_a_turn()
    goes_on.set()
    for worker in workers:
        worker.join(timeout=10)

    assert told == ["begin 1", "end 1", "begin 2", "end 2"]


def work_once():
    try:
        claimed = deliveries.claim_next(now=NOW)
        assert claimed is not None
        intake.process(claimed, now=NOW)
    finally:
        connections.close_all()


def until_somebody_waits_for_a_turn():
    pause = threading.Event()
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if cursor.fetchone():
                return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


def other_connection():
    parameters = connection.get_connection_params()
    wanted = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(**{key: parameters[key] for key in wanted if parameters.get(key)})


def test_whoever_waits_too_long_for_its_turn_is_put_off(handle, monkeypatch):
    monkeypatch.setattr("orders.subjects.LONGEST_WAIT", "1ms")
    handle()
    row = store()

    with closing(other_connection()) as other:
        other.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('shopify order 5678901234567', 0))"
        )
        claimed = deliveries.claim_next(now=NOW)
        assert claimed is not None
        intake.process(claimed, now=NOW)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("received", 1)
    assert row.error.startswith("OperationalError: canceling statement due to lock timeout")


def test_waiting_for_ones_turn_leaves_other_locks_their_time():
    from django.db import transaction

    with transaction.atomic(), connection.cursor() as cursor:
        take_turn(Subject("order", 1))
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_no_more_workers_are_at_it_than_there_are_places(handle):
    handle()
    store()

    with closing(other_connection()) as other:
        for place in range(intake.PLACES):
            other.execute("SELECT pg_advisory_lock(%s, %s)", [intake._PLACE_LOCK, place])
        assert intake.work(clock=lambda: NOW, is_time_up=lambda: False) is None
        # A session that ends gives its locks back a moment later.
        other.execute("SELECT pg_advisory_unlock_all()")

    assert intake.work(clock=lambda: NOW, is_time_up=lambda: False) == 1


def test_a_place_is_given_back_after_trouble(handle, monkeypatch):
    def fail(**_):
        raise RuntimeError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "claim_some", fail)
        for _ in range(intake.PLACES + 1):
            with pytest.raises(RuntimeError):
                intake.work(clock=lambda: NOW, is_time_up=lambda: False)

    assert intake.work(clock=lambda: NOW, is_time_up=lambda: False) == 0
