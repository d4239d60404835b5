"""Two workers at the same moment."""

import threading

import pytest
from django.db import connections

from conversations import deliveries
from conversations.models import SpokiDelivery
from tests.conftest import NOW
from tests.conversations.payloads import inbound

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, workers=6):
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


def test_the_same_delivery_posted_several_times_at_once_is_kept_once():
    ids = at_once(lambda: deliveries.store_delivery(body=inbound(), now=NOW))

    assert len(ids) == 6
    assert [found for found in ids if found is not None] == [SpokiDelivery.objects.get().pk]


def test_one_of_several_workers_claims_a_delivery():
    deliveries.store_delivery(body=inbound(), now=NOW)
    delivery_id = SpokiDelivery.objects.get().pk

    claimed = at_once(lambda: deliveries.claim(delivery_id=delivery_id, now=NOW))

    assert sorted(claimed) == [False] * 5 + [True]
