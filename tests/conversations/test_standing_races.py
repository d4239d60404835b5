"""Several workers on one conversation at the same moment."""

import threading

import pytest
from django.db import connections, transaction

from conversations import standing
from conversations.models import Conversation
from conversations.recount import recount
from tests.conftest import NOW
from tests.conversations.payloads import after
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.conversations import make_inbound

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run each in a thread and a connection of its own; raise what one of them raised."""
    barrier, failed = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait(timeout=10)
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []


def test_messages_that_arrive_together_are_all_counted():
    contact = make_contact()

    def write(minute):
        with transaction.atomic():
            message = make_inbound(contact=contact, at=after(minutes=minute), uuid=f"{minute:032x}")
            standing.take_inbound(message=message, contact=contact, is_settled=False, now=NOW)

    at_once(*(lambda minute=minute: write(minute) for minute in range(8)))

    row = Conversation.objects.get()
    assert (row.unread_count, row.unanswered_since) == (8, NOW)
    assert row.last_inbound_at == after(minutes=7)


def test_a_recount_beside_new_messages_loses_none():
    contact = make_contact()

    def write(minute):
        with transaction.atomic():
            message = make_inbound(contact=contact, at=after(minutes=minute), uuid=f"{minute:032x}")
            standing.take_inbound(message=message, contact=contact, is_settled=False, now=NOW)

    write(0)
    at_once(
        *(lambda minute=minute: write(minute) for minute in range(1, 5)),
        *(lambda: recount(contact_ids=[contact.pk]) for _ in range(3)),
    )

    assert Conversation.objects.get().unread_count == 5


def test_of_two_people_who_say_done_one_did_it():
    contact, by = make_contact(), [make_user(), make_user()]
    standing.note_inbound(contact=contact, at=NOW, text="Ciao", is_settled=False, now=NOW)
    done = []

    at_once(
        *(
            lambda who=who: done.append(
                standing.settle(contact=contact, by=who, now=after(minutes=1))
            )
            for who in by
        )
    )

    assert sorted(done) == [False, True]
    assert contact.conversation_events.count() == 1
