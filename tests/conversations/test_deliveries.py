"""The life of a stored delivery: claims, faults, the sweep, a second try."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerAway

from audiences.deliveries import Outcome, RepeatRefused
from audiences.models import ContactToRead
from conversations import deliveries, intake, tasks
from conversations.models import Message, SpokiDelivery
from tests.conftest import NOW
from tests.conversations.payloads import PHONE, after, inbound, outbound, process, receive

pytestmark = pytest.mark.django_db


def stored(body=None):
    return deliveries.store_delivery(body=inbound() if body is None else body, now=NOW)


def test_one_worker_claims_a_delivery():
    delivery_id = stored()

    assert deliveries.claim(delivery_id=delivery_id, now=NOW) is True
    assert deliveries.claim(delivery_id=delivery_id, now=after(minutes=4)) is False


def test_a_delivery_whose_worker_died_is_claimed_again():
    delivery_id = stored()
    deliveries.claim(delivery_id=delivery_id, now=NOW)

    assert deliveries.claim(delivery_id=delivery_id, now=after(minutes=5)) is True


def test_a_finished_delivery_is_not_processed_again():
    row = receive(inbound())
    Message.objects.all().delete()

    process(row, now=after(hours=1))

    assert (row.state, row.attempts) == ("done", 1)
    assert Message.objects.count() == 0


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b"\xff\xfe", b"{"])
def test_an_authentic_body_that_cannot_be_read_is_kept_as_failed(body):
    row = receive(body)

    assert row.state == "failed"
    assert row.error.startswith("the body is not")
    assert bytes(row.body) == body


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"event": "message.note", "data": {"text": "nota"}}',
        b'{"event": "contact.updated", "data": {}}',
        b'{"event": "something.new", "data": null}',
    ],
)
def test_an_event_that_is_not_used_is_kept_as_such(body):
    row = receive(body)

    assert (row.state, row.outcome) == ("ignored", "not_used")


@pytest.mark.parametrize("kind", ["created", "updated", "deleted"])
def test_an_event_about_a_contact_has_it_read_again_once(kind):
    body = f'{{"event": "contact.{kind}", "data": {{"id": 1, "phone": "{PHONE}"}}}}'.encode()

    row = receive(body)
    receive(body + b" ")

    assert (row.state, row.outcome) == ("done", "contact")
    assert ContactToRead.objects.get().spoki_id == 1


@pytest.fixture
def broken(monkeypatch):
    """A fault of ours in the middle of the processing, after something was written."""

    def fail(*, event, delivery, now):
        Message.objects.create(uuid="x", direction="inbound", at=now, news_at=now)
        raise RuntimeError("bug")

    monkeypatch.setattr(intake, "receive_message", fail)


def test_a_fault_of_ours_changes_nothing_and_is_tried_again_later(broken):
    row = receive(inbound())

    assert (row.state, row.attempts, row.error) == ("received", 1, "RuntimeError: bug")
    assert row.due_at == after(minutes=1)
    assert Message.objects.count() == 0


def test_what_is_kept_of_a_fault_names_nobody(monkeypatch):
    def fail(*, event, delivery, now):
        raise ValueError(f"({PHONE}) is there\nDETAIL: Failing row contains (Giulia)")

    monkeypatch.setattr(intake, "receive_message", fail)

    assert receive(inbound()).error == "ValueError: (…) is there"


def test_a_fault_that_does_not_go_away_is_left_for_a_person(broken):
    row = receive(inbound())

    for hour in range(1, 5):
        process(row, now=after(hours=hour))

    assert (row.state, row.attempts) == ("failed", 5)


@pytest.mark.parametrize(
    ("collisions", "state", "due_in"), [(2, "done", None), (3, "received", 60)]
)
def test_who_was_in_the_way_of_another_worker_tries_again_at_once(
    monkeypatch, collisions, state, due_in
):
    tries: list[None] = []

    def collide(*, event, delivery, now):
        tries.append(None)
        Message.objects.create(uuid=f"try {len(tries)}", direction="inbound", at=now, news_at=now)
        if len(tries) <= collisions:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'dead' USING ERRCODE = '40P01'; END $$")
        return Outcome("inbound")

    monkeypatch.setattr(intake, "receive_message", collide)
    row = receive(inbound())

    assert (row.state, len(tries), row.attempts) == (state, 3, 1)
    assert Message.objects.count() == (1 if state == "done" else 0)
    assert due_in is None or row.due_at == after(seconds=due_in)


def test_another_trouble_of_the_database_is_not_repeated_at_once(monkeypatch):
    tries: list[None] = []

    def fail(*, event, delivery, now):
        tries.append(None)
        raise OperationalError("the disk is full")

    monkeypatch.setattr(intake, "receive_message", fail)

    assert (receive(inbound()).state, len(tries)) == ("received", 1)


def test_a_fault_that_went_away_leaves_no_trace(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive_message", None)
        row = receive(inbound())

    process(row, now=after(minutes=1))

    assert (row.state, row.error) == ("done", "")


def work(*, now=NOW):
    return intake.work(clock=lambda: now, is_time_up=lambda: False)


def test_a_worker_takes_all_that_is_due_and_nothing_else():
    stored()
    stored(inbound("Altro", uuid="a" * 32))
    late = deliveries.store_delivery(body=b"{}", now=after(minutes=1))

    assert work() == 2
    assert list(SpokiDelivery.objects.unfinished().values_list("pk", flat=True)) == [late]


def test_a_worker_leaves_alone_what_another_holds_until_that_one_must_have_died():
    deliveries.claim(delivery_id=stored(), now=NOW)

    assert work(now=after(minutes=4)) == 0
    assert work(now=after(minutes=5)) == 1


def test_what_a_customer_writes_waits_behind_no_statuses():
    statuses = [stored(outbound(uuid=f"{place:032x}")) for place in range(3)]
    hers = stored(inbound("STOP"))

    order = [deliveries.claim_next(now=NOW) for _ in range(4)]

    assert order == [hers, *statuses]
    assert deliveries.claim_next(now=NOW) is None


def test_no_more_workers_are_at_it_than_there_are_places():
    stored()

    with closing(connection.copy()) as others, others.cursor() as cursor:
        for place in range(intake.PLACES):
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [intake._WORK, place])
        assert work() is None
        cursor.execute("SELECT pg_advisory_unlock_all()")

    assert work() == 1


def test_a_delivery_whose_workers_all_died_is_left_for_a_person():
    delivery_id = stored()
    for hour in range(5):
        deliveries.claim(delivery_id=delivery_id, now=after(hours=hour))

    row = process(SpokiDelivery.objects.get(), now=after(hours=5))

    assert (row.state, row.outcome) == ("failed", "worker_died")
    assert Message.objects.count() == 0


@pytest.fixture
def woken(monkeypatch):
    calls: list[float] = []
    monkeypatch.setattr(
        tasks, "wake_for_deliveries", lambda after_seconds=0: calls.append(after_seconds)
    )
    return calls


def test_the_sweep_wakes_a_worker_for_what_nobody_finished(woken):
    tasks.sweep()
    assert woken == []

    deliveries.store_delivery(body=inbound(), now=NOW - timedelta(days=365))
    tasks.sweep()
    assert woken == [0]


def test_a_worker_hands_on_what_its_turn_left(woken, monkeypatch):
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
    deliveries.store_delivery(body=inbound(), now=NOW - timedelta(days=365))

    tasks.process_deliveries()

    assert woken == [1]
    assert SpokiDelivery.objects.get().state == "received"


def test_a_worker_that_left_nothing_wakes_nobody(woken):
    deliveries.store_delivery(body=inbound(), now=NOW - timedelta(days=365))

    tasks.process_deliveries()

    assert woken == []
    assert SpokiDelivery.objects.get().state == "done"


def test_a_broker_that_is_away_is_no_error(monkeypatch, caplog):
    def away(**_):
        raise BrokerAway

    monkeypatch.setattr(tasks.process_deliveries, "apply_async", away)

    tasks.wake_for_deliveries()

    assert "process_deliveries waits for its next regular run" in caplog.text


@pytest.mark.parametrize("body", [b"<html>", b'{"event": "message.note"}'])
def test_a_failed_or_unused_delivery_can_be_processed_again(body):
    row = receive(body)

    deliveries.process_again(delivery=row, now=after(hours=1))

    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("received", 0, "")
    assert row.due_at == after(hours=1)


def test_a_delivery_that_is_done_is_not_processed_again():
    row = receive(inbound())

    with pytest.raises(RepeatRefused):
        deliveries.process_again(delivery=row, now=NOW + timedelta(hours=1))

    row.refresh_from_db()
    assert row.state == "done"


def test_a_repeated_body_is_not_stored_again():
    stored()

    assert stored() is None
    assert SpokiDelivery.objects.count() == 1
