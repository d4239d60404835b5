"""Deliveries as a bad day brings them: twice, in any order, a day late, at once, tampered with, replayed, cut."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Lane, OutboundMessage
from conversations import deliveries, doorbell, intake
from conversations.models import Message, SpokiDelivery
from spoki.signature import HEADER, sign
from tests.conftest import NOW
from tests.conversations.payloads import (
    BUSINESS,
    PHONE,
    SECRET,
    URL,
    after,
    inbound,
    outbound,
    post,
    receive,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number

pytestmark = pytest.mark.django_db

STEPS = ("Pending", "Sent", "Delivered", "Read")


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


@pytest.fixture
def door(client, settings, monkeypatch):
    """Post as Spoki does; nothing is processed."""
    settings.SPOKI_WEBHOOK_SECRETS = [SECRET]
    monkeypatch.setattr(doorbell, "ring", lambda: None)
    return client


def _deliveries(sent: list[OutboundMessage], dice: random.Random) -> list[bytes]:
    """Every step of every message, up to a last one each, shuffled and each of them twice."""
    bodies = []
    for place, message in enumerate(sent):
        last = place % len(STEPS)
        for step, status in enumerate(STEPS[: last + 1]):
            at = after(seconds=step)
            uuid = message.provider_uuid
            bodies.append(outbound(status, at=at, uuid=uuid, to_phone=message.phone))
    dice.shuffle(bodies)
    again = list(bodies)
    dice.shuffle(again)
    return [*bodies, *again]


def test_statuses_in_random_order_and_twice_end_in_exact_counts():
    """The same with 30,000 is a row of the bench."""
    sent = [
        make_message(status="accepted", provider_uuid=f"{place:032x}", number=None)
        for place in range(24)
    ]

    for body in _deliveries(sent, random.Random(7)):
        receive(body, now=after(hours=1))

    counts = {
        status: OutboundMessage.objects.filter(status=status).count()
        for status in ("accepted", "sent", "delivered", "read")
    }
    assert counts == {"accepted": 6, "sent": 6, "delivered": 6, "read": 6}
    assert SpokiDelivery.objects.count() == 60
    assert not Message.objects.exists()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(["Sent", "Delivered", "Read", "Error"]),
    repeated=st.lists(st.sampled_from(["Sent", "Delivered", "Read", "Error"]), max_size=4),
)
def test_whatever_the_order_a_message_that_was_read_is_read(order, repeated):
    sent = make_message(status="accepted", provider_uuid=uuid4().hex)

    for place, status in enumerate([*order, *repeated]):
        body = outbound(status, uuid=sent.provider_uuid, at=after(seconds=place), try_=place)
        receive(body, now=after(hours=1))

    sent.refresh_from_db()
    assert sent.status == "read"


def test_a_day_late_counts_from_when_it_happened():
    contact = make_contact(phone=PHONE)
    sent = make_message(contact=contact, status="accepted", provider_uuid="a" * 32)

    receive(outbound("Delivered", uuid="a" * 32, at=after(minutes=1)), now=after(days=1))
    receive(inbound("Grazie", at=after(minutes=5)), now=after(days=1, minutes=5))

    sent.refresh_from_db()
    assert (sent.delivered_at, sent.replied_at) == (after(minutes=1), after(minutes=5))
    assert Message.objects.get().at == after(minutes=5)
    assert contact.windows.get().closes_at < after(days=1)


def test_every_delivery_of_a_conversation_in_reverse_ends_as_in_order():
    contact = make_contact(phone=PHONE, marketing_consent_at=NOW - timedelta(days=9))
    bodies = [
        inbound("Quando arriva?", uuid="a" * 32, at=after(minutes=1)),
        outbound("Sent", uuid="b" * 32, at=after(minutes=2), text="Domani"),
        outbound("Read", uuid="b" * 32, at=after(minutes=3), text="Domani"),
        inbound("STOP", uuid="c" * 32, at=after(minutes=4)),
        inbound("START", uuid="d" * 32, at=after(minutes=5)),
    ]

    for body in reversed(bodies):
        receive(body, now=after(minutes=6))

    contact.refresh_from_db()
    told = Message.objects.order_by("at").values_list("text", "status")
    assert list(told) == [("Quando arriva?", ""), ("Domani", "read"), ("STOP", ""), ("START", "")]
    assert contact.marketing_consent == "given"
    assert contact.windows.get().last_inbound_at == after(minutes=5)


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_delivery_that_was_tampered_with_is_refused(door, place):
    body = bytearray(inbound("Ciao"))
    header = sign(SECRET, int(datetime.now(UTC).timestamp()), bytes(body))
    body[place] ^= 1

    answer = door.post(
        URL, data=bytes(body), content_type="application/json", headers={HEADER: header}
    )

    assert answer.status_code == 401
    assert not SpokiDelivery.objects.exists()


@pytest.mark.parametrize("length", [0, 1, 50])
def test_a_delivery_that_was_cut_on_its_way_is_refused(door, length):
    body = inbound("Ciao")
    header = sign(SECRET, int(datetime.now(UTC).timestamp()), body)

    answer = door.post(
        URL, data=body[:length], content_type="application/json", headers={HEADER: header}
    )

    assert answer.status_code == 401
    assert not SpokiDelivery.objects.exists()


def test_a_delivery_that_was_cut_before_it_was_signed_is_kept_and_says_so(door):
    body = inbound("Ciao")[:60]
    post(door, body)

    row = SpokiDelivery.objects.get()
    intake.process_delivery(delivery_id=row.pk, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.outcome, bytes(row.body)) == ("failed", "unreadable", body)


def test_a_delivery_that_is_replayed_within_the_tolerance_changes_nothing(door):
    body = inbound("Ciao")
    first = post(door, body)
    row = SpokiDelivery.objects.get()
    intake.process_delivery(delivery_id=row.pk, now=NOW)

    second = post(door, body)

    row.refresh_from_db()
    assert (first.status_code, second.status_code) == (200, 200)
    assert (SpokiDelivery.objects.count(), row.state, Message.objects.count()) == (1, "done", 1)


def test_a_delivery_that_is_replayed_later_is_refused(door):
    assert (
        post(door, inbound("Ciao"), at=datetime.now(UTC) - timedelta(seconds=301)).status_code
        == 401
    )
    assert not SpokiDelivery.objects.exists()


def test_the_same_news_under_another_hash_changes_nothing():
    """Spoki may repeat itself with other spaces, or another time of emission."""
    make_contact(phone=PHONE)
    receive(inbound("STOP", at=after(minutes=1)), now=after(minutes=1))
    other = json.dumps(json.loads(inbound("STOP", at=after(minutes=1))), indent=2).encode()

    receive(other, now=after(minutes=2))

    assert SpokiDelivery.objects.count() == 2
    assert Message.objects.count() == 1
    assert OutboundMessage.objects.filter(lane=Lane.REPLY).count() == 1


def at_once(works: list[Any]) -> None:
    """Run all at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(len(works))

    def run(work: Any) -> None:
        barrier.wait(timeout=10)
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)


def keep(body: bytes) -> int:
    """Store a delivery that nobody has stored yet; its id."""
    delivery_id = deliveries.store_delivery(body=body, now=after(minutes=5))
    assert delivery_id is not None
    return delivery_id


def process(pk: int) -> Any:
    return lambda: intake.process_delivery(delivery_id=pk, now=after(minutes=5))


@pytest.mark.django_db(transaction=True)
def test_stops_at_the_same_moment_are_one_withdrawal_and_one_confirmation():
    contact = make_contact(phone=PHONE, marketing_consent_at=NOW - timedelta(days=9))
    ids = []
    for place in range(5):
        body = inbound("STOP", uuid=f"{place:032x}", at=after(minutes=1))
        ids.append(keep(body))

    at_once([process(pk) for pk in ids])

    contact.refresh_from_db()
    assert contact.marketing_consent == "withdrawn"
    assert set(SpokiDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert Message.objects.filter(opt_out="stop").count() == 5
    assert OutboundMessage.objects.filter(lane=Lane.REPLY).count() == 1


@pytest.mark.django_db(transaction=True)
def test_all_the_statuses_of_a_message_at_the_same_moment_end_at_the_highest():
    sent = make_message(status="accepted", provider_uuid="a" * 32)
    ids = []
    for status in STEPS:
        body = outbound(status, uuid="a" * 32, to_phone=sent.phone)
        ids.append(keep(body))

    at_once([process(pk) for pk in [*ids, *ids]])

    sent.refresh_from_db()
    assert sent.status == "read"
    assert set(SpokiDelivery.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_the_same_new_person_in_two_deliveries_at_once_is_one_person():
    ids = []
    for place in range(4):
        body = inbound("Ciao", uuid=f"{place:032x}", at=after(minutes=1))
        ids.append(keep(body))

    at_once([process(pk) for pk in ids])

    # Whoever met the other at the same door is tried again a minute later.
    for pk in ids:
        intake.process_delivery(delivery_id=pk, now=after(minutes=7))
    assert set(Message.objects.values_list("contact__phone", flat=True)) == {PHONE}
    assert set(SpokiDelivery.objects.values_list("state", flat=True)) == {"done"}
