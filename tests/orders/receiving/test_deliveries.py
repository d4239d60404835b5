"""The life of a stored delivery: claims, a second try, the end."""

import pytest

from audiences.deliveries import RepeatRefused
from orders import deliveries, tasks
from orders.deliveries import Arrival
from orders.models import ShopifyDelivery
from tests.conftest import NOW
from tests.orders.receiving.hooks import SHOP, after, order_body, receive, store

pytestmark = pytest.mark.django_db

# Due by the clock of the machine too, which tasks read.
LONG_AGO = after(days=-900)


def test_the_same_webhook_id_is_kept_once_per_shop():
    one = Arrival(shop_domain=SHOP, webhook_id="b5", topic="orders/create")
    other = Arrival(shop_domain="other.myshopify.com", webhook_id="b5", topic="orders/create")

    kept = [
        deliveries.store_delivery(arrival=arrival, body=b"{}", now=NOW)
        for arrival in (one, one, other)
    ]

    assert kept == [True, False, True]


def test_one_worker_claims_a_delivery():
    store()

    assert deliveries.claim_next(now=NOW) is not None
    assert deliveries.claim_next(now=after(minutes=1)) is None


def test_a_delivery_whose_worker_died_is_claimed_again():
    store()
    deliveries.claim_next(now=NOW)

    again = deliveries.claim_next(now=after(minutes=2))

    assert again is not None
    assert again.attempts == 2


@pytest.mark.parametrize("topic", ["orders/create", "moons/eclipsed"])
def test_a_finished_delivery_can_be_processed_again(handle, topic):
    seen = handle()
    row = receive(topic=topic)

    assert deliveries.process_again(ids=[row.pk], now=after(hours=1)) == 1

    row.refresh_from_db()
    assert (row.state, row.attempts, row.due_at) == ("received", 0, after(hours=1))
    claimed = deliveries.claim_next(now=after(hours=1))
    assert claimed is not None
    assert claimed.pk == row.pk
    assert len(seen) == (topic == "orders/create")


def test_those_that_wait_already_stay_as_they_are(handle):
    handle()
    finished, held = receive(), store()
    deliveries.claim_next(now=NOW)

    assert deliveries.process_again(ids=[finished.pk, held.pk], now=after(minutes=1)) == 1

    held.refresh_from_db()
    assert held.attempts == 1
    with pytest.raises(RepeatRefused):
        deliveries.process_again(ids=[finished.pk, held.pk], now=after(minutes=1))


def test_what_came_for_another_shop_holds_nothing_to_process_again():
    arrival = Arrival(shop_domain="other.myshopify.com", webhook_id="b5", topic="orders/create")
    deliveries.note_refused(arrival=arrival, outcome="unknown_shop", now=NOW)

    with pytest.raises(RepeatRefused):
        deliveries.process_again(ids=[ShopifyDelivery.objects.get().pk], now=NOW)


@pytest.mark.parametrize(("days", "is_kept"), [(30, True), (31, False)])
def test_what_was_used_is_forgotten_after_thirty_days(handle, days, is_kept):
    handle()
    receive()
    receive(topic="moons/eclipsed")

    deliveries.forget_old(now=after(days=days))

    assert ShopifyDelivery.objects.count() == (2 if is_kept else 0)


def test_what_failed_waits_for_a_person_for_ninety_days():
    receive(b"<html>")

    assert deliveries.forget_old(now=after(days=89)) == 0
    assert deliveries.forget_old(now=after(days=91)) == 1


def test_what_still_waits_is_never_forgotten():
    store()

    assert deliveries.forget_old(now=after(days=900)) == 0


def test_the_bodies_about_a_person_are_erased(handle):
    handle()
    hers = receive(order_body(phone="+393331234567"))
    by_mail = receive(order_body(email="ada@example.it"))
    about = receive(order_body(id=77))
    others = receive(order_body(phone="+393337654321"))

    erased = deliveries.erase(texts=["+393331234567", "ada@example.it"], object_ids=[77])

    assert erased == 3
    for row in (hers, by_mail, about):
        row.refresh_from_db()
        assert (bytes(row.body), row.outcome, row.state) == (b"", "erased", "done")
    others.refresh_from_db()
    assert bytes(others.body) != b""


def test_a_text_too_short_to_mean_a_person_erases_nothing(handle):
    handle()
    receive()

    assert deliveries.erase(texts=["", "1001"]) == 0


@pytest.fixture
def woken(monkeypatch):
    calls: list[float] = []
    monkeypatch.setattr(
        tasks, "wake_for_deliveries", lambda after_seconds=0: calls.append(after_seconds)
    )
    return calls


def test_the_sweep_wakes_a_worker_for_what_nobody_finished(woken):
    tasks.sweep_deliveries()
    assert woken == []

    store(now=LONG_AGO)
    tasks.sweep_deliveries()
    assert woken == [0]


def test_a_worker_hands_on_what_its_turn_left(handle, woken, monkeypatch):
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
    handle()
    store(now=LONG_AGO)

    tasks.process_deliveries()

    assert woken == [1]
    assert ShopifyDelivery.objects.get().state == "received"


def test_a_worker_that_left_nothing_wakes_nobody(handle, woken):
    handle()
    store(now=LONG_AGO)

    tasks.process_deliveries()

    assert woken == []
    assert ShopifyDelivery.objects.get().state == "done"


def test_a_broker_that_is_away_is_no_error(monkeypatch, caplog):
    from kombu.exceptions import OperationalError

    def away(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.process_deliveries, "apply_async", away)

    tasks.wake_for_deliveries()

    assert "process_deliveries waits for its next regular run" in caplog.text
