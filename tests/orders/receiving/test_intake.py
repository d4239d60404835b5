"""From a stored delivery to its handler, and what is written down of it."""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection

from audiences.deliveries import Outcome
from orders import deliveries, intake
from orders.models import Product, ShopifyDelivery
from orders.shopify.payloads.reading import Unreadable
from tests.conftest import NOW
from tests.orders.receiving.hooks import SHOP, after, order_body, process, receive, store

pytestmark = pytest.mark.django_db


def test_a_handler_is_given_the_body_and_what_the_headers_said(handle):
    told: list[tuple] = []

    def remember(body, received, now):
        told.append((received, now))
        return Outcome("order")

    handle(remember)
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    row = receive(order_body(note="Perché?"), triggered_at=moment, webhook_id="b5", now=NOW)

    ((received, now),) = told
    assert now == NOW
    assert (received.topic, received.shop_domain) == ("orders/create", SHOP)
    assert (received.triggered_at, received.received_at) == (moment, NOW)
    assert (received.webhook_id, received.delivery_id) == ("b5", row.pk)


def test_what_a_handler_used_is_done_and_says_what_it_was_about(handle):
    handle(lambda *_: Outcome("order"))

    row = receive()

    assert (row.state, row.outcome, row.object_id) == ("done", "order", 5_678_901_234_567)
    assert (row.processed_at, row.leased_until, row.attempts) == (NOW, None, 1)


def test_what_a_handler_did_not_use_is_kept_as_such(handle):
    handle(lambda *_: Outcome("stale", is_used=False))

    row = receive()

    assert (row.state, row.outcome) == ("ignored", "stale")


def test_what_a_handler_puts_off_waits_until_then_and_that_is_no_attempt(handle):
    handle(lambda *_: Outcome("no_order_yet", wait_until=after(minutes=3)))

    row = receive()

    assert (row.state, row.outcome, row.attempts) == ("received", "no_order_yet", 0)
    assert row.due_at == after(minutes=3)
    assert deliveries.claim_next(now=after(minutes=2)) is None


def test_a_topic_without_a_handler_is_kept_as_not_used(handle):
    handle()

    row = receive(b'{"id": 7}', topic="moons/eclipsed")

    assert (row.state, row.outcome, bytes(row.body)) == ("ignored", "unknown_topic", b'{"id": 7}')


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", "the body is not JSON that can be read"),
        (b"", "the body is not JSON that can be read"),
        (b"{", "the body is not JSON that can be read"),
        (b"[" * 100_000, "the body is not JSON that can be read"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "the body is not JSON that can be read"),
        (b"\xff\xfe", "the body is not UTF-8"),
        ("Perché".encode("latin-1"), "the body is not UTF-8"),
        (b"[1]", "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
    ],
    ids=["html", "empty", "cut", "deep", "long number", "utf-16", "latin-1", "list", "null"],
)
def test_an_authentic_body_that_cannot_be_read_is_kept_as_failed_and_never_tried_again(
    handle, body, error
):
    seen = handle()

    row = receive(body)

    assert (row.state, row.outcome, row.error) == ("failed", "unreadable", error)
    assert bytes(row.body) == body
    assert seen == []
    assert deliveries.claim_next(now=after(days=1)) is None


def test_a_byte_order_mark_does_not_hide_the_body(handle):
    seen = handle()

    receive(b"\xef\xbb\xbf" + order_body())

    assert seen[0]["name"] == "#1001"


def test_what_a_handler_cannot_use_is_kept_as_failed_with_its_words(handle):
    def refuse(*_):
        raise Unreadable("the order has no id")

    handle(refuse)

    row = receive()

    assert (row.state, row.outcome, row.error) == ("failed", "unreadable", "the order has no id")


def test_a_body_that_names_another_shop_than_its_header_is_not_used(handle):
    seen = handle()

    row = receive(order_body(shop_domain="other.myshopify.com"))

    assert (row.state, row.outcome) == ("ignored", "unknown_shop")
    assert seen == []


def test_a_body_that_names_our_shop_in_any_case_is_used(handle):
    handle()

    assert receive(order_body(shop_domain=SHOP.upper())).state == "done"


@pytest.fixture
def broken(handle):
    """A fault of ours in the middle of the processing, after something was written."""

    def fail(*_):
        Product.objects.create(title="Half of it")
        raise RuntimeError("bug\nDETAIL: Key (phone)=(+393331234567)")

    handle(fail)


def test_a_fault_of_ours_changes_nothing_and_is_tried_again_later(broken):
    row = receive()

    assert (row.state, row.attempts, row.error) == ("received", 1, "RuntimeError: bug")
    assert (row.due_at, row.leased_until) == (after(minutes=1), None)
    assert Product.objects.count() == 0


def test_a_fault_that_does_not_go_away_is_left_for_a_person(broken):
    row = receive()

    for hour in range(1, 5):
        process(row, now=after(hours=hour))

    assert (row.state, row.outcome, row.attempts) == ("failed", "fault", 5)
    assert deliveries.claim_next(now=after(days=9)) is None


def test_a_fault_that_went_away_leaves_no_trace(broken, handle):
    row = receive()
    handle()

    process(row, now=after(minutes=1))

    assert (row.state, row.error) == ("done", "")


def test_a_fault_after_some_work_was_recorded_does_not_undo_the_outcome(handle):
    from django.db import transaction

    def later(*_):
        transaction.on_commit(lambda: None)
        return Outcome("order")

    handle(later)

    assert receive().state == "done"


def test_a_delivery_during_which_every_worker_died_is_left_for_a_person(handle):
    seen = handle()
    row = store()
    for minute in range(0, 25, 5):
        assert deliveries.claim_next(now=after(minutes=minute)) is not None

    process(row, now=after(hours=1))

    assert (row.state, row.outcome) == ("failed", "worker_died")
    assert seen == []


def test_a_worker_that_was_overtaken_does_nothing(handle):
    seen = handle()
    row = store()
    slow = deliveries.claim_next(now=NOW)
    assert slow is not None
    process(row, now=after(minutes=5))

    intake.process(slow, now=after(minutes=5))

    assert len(seen) == 1


def test_who_was_in_the_way_of_another_worker_tries_again_at_once(handle):
    tries: list[None] = []

    def collide(*_):
        tries.append(None)
        if len(tries) < 3:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'dead' USING ERRCODE = '40P01'; END $$")
        return Outcome("order")

    handle(collide)

    row = receive()

    assert (row.state, len(tries), row.attempts) == ("done", 3, 1)


def test_another_trouble_of_the_database_is_not_repeated_at_once(handle):
    tries: list[None] = []

    def fail(*_):
        tries.append(None)
        raise OperationalError("the disk is full")

    handle(fail)

    assert (receive().state, len(tries)) == ("received", 1)


def test_one_poisoned_delivery_does_not_hold_up_the_others(handle):
    def fail_first(body, received, now):
        if body["id"] == 1:
            raise MemoryError
        return Outcome("order")

    handle(fail_first)
    for number in (1, 2, 3):
        store(order_body(id=number))

    done = intake.work(clock=lambda: NOW, is_time_up=lambda: False)

    assert done == 3
    assert ShopifyDelivery.objects.filter(state="done").count() == 2


def test_work_goes_in_the_order_of_arrival(handle):
    seen = handle()
    for number, minute in ((2, -1), (1, -2), (3, 0)):
        store(order_body(id=number), now=after(minutes=minute))

    intake.work(clock=lambda: NOW, is_time_up=lambda: False)

    assert [body["id"] for body in seen] == [1, 2, 3]


def test_a_turn_ends_when_its_time_is_up(handle):
    seen = handle()
    for _ in range(4):
        store()
    left = iter([False, False, True])

    # One alone, then two together.
    assert intake.work(clock=lambda: NOW, is_time_up=lambda: next(left)) == 3
    assert len(seen) == 3
