"""Two who tell of the same messages at the same moment, on PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connections

from conversations import backfill, deliveries, intake
from conversations.backfill import ensure_history
from conversations.joining import join
from conversations.models import (
    Conversation,
    HistoryFetch,
    HistoryUpload,
    Message,
    SpokiDelivery,
)
from conversations.upload import taking
from conversations.upload.reading import first_answers, open_sheet, read_chat
from tests.conftest import NOW
from tests.conversations import payloads
from tests.conversations.histories.steps import PHONE, START, Said, Turns, export, row
from tests.conversations.test_concurrency import at_once
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = [
    Said(number, number % 2 == 0, START + timedelta(seconds=20 * number), "Ok")
    for number in range(8)
]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(backfill, "wake", lambda fetch_id: None)


def test_of_several_cards_of_one_number_one_asks(giulia, spoki):
    spoki.add_history(PHONE, *(row(one) for one in reversed(CHAT)))

    at_once(lambda: ensure_history(contact=giulia, now=NOW, turn=Turns()))

    assert spoki.calls.count("history") == 1
    assert HistoryFetch.objects.get().state == "done"
    assert Message.objects.count() == 8


def test_of_several_cards_one_tries_a_source_that_was_down(giulia, spoki):
    HistoryFetch.objects.create(
        phone="+393330000077", state="failed", reason="unreachable", started_at=START,
        finished_at=START, again_at=NOW,
    )  # fmt: skip

    at_once(lambda: ensure_history(contact=giulia, now=NOW, turn=Turns()))

    assert spoki.calls.count("history") == 1


def test_a_file_and_the_deliveries_of_the_same_messages_give_each_once(giulia):
    by, content = make_user(), export(CHAT)
    for one in CHAT:
        event = "message.inbound" if one.is_inbound else "message.outbound"
        body = payloads.delivery(event, at=one.at, uuid=one.uuid, text=one.text)
        deliveries.store_delivery(body=body, now=NOW)
    work: list[Callable[[], object]] = [
        partial(intake.process_delivery, delivery_id=pk, now=NOW)
        for pk in SpokiDelivery.objects.values_list("pk", flat=True)
    ]
    kept = taking.receive(contact=giulia, content=content, name="a.csv", by=by, now=NOW)
    work.insert(4, partial(taking.take, upload_id=kept.pk, by=by, now=NOW))
    connections.close_all()

    def do_one():
        work.pop()()

    at_once(do_one, workers=len(work))

    assert Message.objects.count() == 8
    assert set(SpokiDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert HistoryUpload.objects.get().rows == 8


def test_the_history_and_the_deliveries_of_what_she_wrote_today_make_her_wait_once(giulia, spoki):
    today = [Said(n, True, NOW - timedelta(hours=3, seconds=-20 * n), f"Ok {n}") for n in range(4)]
    spoki.add_history(PHONE, *(row(one) for one in reversed(today)))
    for one in today:
        body = payloads.delivery("message.inbound", at=one.at, uuid=one.uuid, text=one.text)
        deliveries.store_delivery(body=body, now=NOW)
    work: list[Callable[[], object]] = [
        partial(intake.process_delivery, delivery_id=pk, now=NOW)
        for pk in SpokiDelivery.objects.values_list("pk", flat=True)
    ]
    work.insert(2, partial(ensure_history, contact=giulia, now=NOW, turn=Turns()))
    connections.close_all()

    def do_one():
        work.pop()()

    at_once(do_one, workers=len(work))

    standing = Conversation.objects.get()
    assert (standing.unread_count, standing.unanswered_since) == (4, today[0].at)
    assert (Message.objects.count(), HistoryFetch.objects.get().state) == (4, "done")
    assert set(SpokiDelivery.objects.values_list("state", flat=True)) == {"done"}


def test_one_file_taken_several_times_at_once_comes_in_once(giulia):
    sheet = open_sheet(export(CHAT))
    customer = taking.customer_of(giulia)
    told = read_chat(sheet, first_answers(sheet), customer=customer, now=NOW).told

    results = at_once(
        lambda: join(
            contact=giulia, told=told, source=Message.Source.UPLOAD, now=NOW, is_whole=True
        ),
        workers=4,
    )

    assert sorted(one.added for one in results) == [0, 0, 0, 8]
    assert Message.objects.count() == 8
