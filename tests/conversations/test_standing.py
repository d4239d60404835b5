"""Where a conversation stands: who waits, since when, and what wakes it."""

import uuid
from datetime import timedelta

import pytest

from audiences.merging import merge_contacts
from conversations import standing, tasks
from conversations.models import Conversation, ConversationEvent, Message
from conversations.recount import recount
from tests.conftest import NOW
from tests.conversations.payloads import (
    BUSINESS,
    PHONE,
    after,
    inbound,
    outbound,
    receive,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number, make_user
from tests.factories.conversations import make_inbound, make_reply, make_window
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


@pytest.fixture
def giulia():
    return make_contact(phone=PHONE)


@pytest.fixture
def sara():
    return make_user(first_name="Sara")


def write(text="Quando arriva?", *, minutes=0, told=None, **data):
    """The customer writes `minutes` after NOW; Spoki tells it at once, or `told` minutes after NOW."""
    at = after(minutes=minutes)
    told_at = at if told is None else after(minutes=told)
    key = data.pop("uuid", uuid.uuid5(uuid.NAMESPACE_URL, f"{minutes} {text}").hex)
    return receive(inbound(text, at=at, uuid=key, **data), now=told_at)


def answer(contact, by, *, minutes, text="Parte oggi!", **changes):
    reply = make_reply(contact=contact, by=by, at=after(minutes=minutes), text=text, **changes)
    standing.note_reply(contact=contact, at=reply.at, text=text, by=by, now=reply.at)
    return reply


def waiting():
    row = Conversation.objects.get()
    return row.unanswered_since, row.unread_count


def test_whoever_writes_waits_since_the_first_message(giulia):
    write(minutes=0)
    write("Pronto?", minutes=5)

    row = Conversation.objects.get()
    assert (row.contact, row.unanswered_since, row.unread_count) == (giulia, NOW, 2)
    assert (row.last_message_at, row.last_inbound_at) == (after(minutes=5), after(minutes=5))
    assert (row.preview, row.preview_kind, row.is_preview_inbound) == ("Pronto?", "text", True)
    assert row.window_closes_at == after(hours=23, minutes=55)


def test_messages_that_overtake_each_other_end_the_same(giulia):
    write("Pronto?", minutes=5, told=6)
    write(minutes=0, told=7)

    row = Conversation.objects.get()
    assert waiting() == (NOW, 2)
    assert (row.preview, row.last_inbound_at) == ("Pronto?", after(minutes=5))


def test_a_message_told_twice_counts_once(giulia):
    write(uuid="a" * 32, minutes=0)
    receive(inbound("Quando arriva il pacco?", uuid="a" * 32, at=NOW), now=after(minutes=3))

    assert waiting() == (NOW, 1)


def test_an_answer_ends_the_waiting(giulia, sara):
    write(minutes=0)

    answer(giulia, sara, minutes=2)

    row = Conversation.objects.get()
    assert waiting() == (None, 0)
    assert (row.preview, row.is_preview_inbound) == ("Parte oggi!", False)


def test_what_arrives_a_day_late_waits_though_an_answer_was_written_since(giulia, sara):
    write(minutes=0)
    answer(giulia, sara, minutes=10)

    write("E il colore?", minutes=5, told=60 * 24)

    assert waiting() == (after(minutes=5), 1)


def test_first_words_of_an_older_message_are_not_shown(giulia, sara):
    answer(giulia, sara, minutes=10)

    write("Vecchio", minutes=5, told=20)

    assert Conversation.objects.get().preview == "Parte oggi!"


def test_a_long_message_is_shown_by_its_beginning_on_one_line(giulia):
    write("Buongiorno,\n\n" + "a" * 300)

    preview = Conversation.objects.get().preview
    assert preview.startswith("Buongiorno, aaa")
    assert len(preview) == 160


@pytest.mark.parametrize("text", ["STOP", "cancella la mia iscrizione"])
def test_a_stop_word_makes_nobody_wait(giulia, text):
    write(text)

    assert waiting() == (None, 0)
    assert Message.objects.get().is_settled


@pytest.mark.parametrize(
    "text", ["Basta messaggi, ma dov'è il mio ordine 1042?", "Stop. Dov'è il pacco?"]
)
def test_a_stop_word_with_a_question_waits_for_a_person(giulia, text):
    write(text)

    assert waiting() == (NOW, 1)


def test_a_stop_word_leaves_the_question_before_it_waiting(giulia):
    write(minutes=0)
    write("STOP", minutes=1)

    assert waiting() == (NOW, 1)


def test_what_perhaps_unsubscribes_is_to_be_read(giulia):
    write("Non mi interessa")

    assert waiting() == (NOW, 1)


def test_an_answer_about_an_order_makes_nobody_wait(giulia, monkeypatch):
    monkeypatch.setattr("conversations.inbound.take_answer", lambda **_: True)
    make_order(contact=giulia, is_cod=True)

    write("Confermo")

    assert waiting() == (None, 0)


def test_a_message_that_turns_out_to_be_an_answer_waits_no_more(giulia, monkeypatch):
    write("Confermo", uuid="a" * 32)
    monkeypatch.setattr("conversations.inbound.take_answer", lambda **_: True)

    receive(inbound("Confermo", uuid="a" * 32, payload="confirm:1", at=NOW), now=after(minutes=1))

    assert waiting() == (None, 0)


def test_what_a_campaign_sends_makes_no_conversation_and_answers_nobody(giulia):
    make_message(contact=giulia, status="sent", provider_uuid="e" * 32)
    receive(outbound("Delivered", uuid="e" * 32))
    assert not Conversation.objects.exists()

    write(minutes=1)
    receive(outbound("Read", uuid="e" * 32, at=after(minutes=2)), now=after(minutes=2))

    assert waiting() == (after(minutes=1), 1)


def test_what_an_operator_writes_on_spoki_is_shown_and_answers_nobody_for_us(giulia):
    write(minutes=0)

    receive(
        outbound("Sent", uuid="b" * 32, text="Ci penso io", at=after(minutes=1)),
        now=after(minutes=1),
    )

    row = Conversation.objects.get()
    assert (row.preview, row.is_preview_inbound) == ("Ci penso io", False)
    assert waiting() == (NOW, 1)


def test_a_template_of_an_automation_moves_nobody_up(giulia):
    write(minutes=0)

    receive(
        outbound("Sent", uuid="b" * 32, template=12, text="Promo", at=after(minutes=1)),
        now=after(minutes=1),
    )

    assert Conversation.objects.get().last_message_at == NOW


def test_others_alone_make_no_conversation(giulia):
    receive(outbound("Sent", uuid="b" * 32))

    assert not Conversation.objects.exists()


def test_a_new_message_wakes_and_opens_again(giulia, sara):
    write(minutes=0)
    standing.settle(contact=giulia, by=sara, now=after(minutes=1))
    Conversation.objects.update(snoozed_until=after(days=1))

    write("Ancora io", minutes=5)

    row = Conversation.objects.get()
    assert (row.snoozed_until, row.done_at, row.done_by) == (None, None, None)
    assert waiting() == (after(minutes=5), 1)


def test_a_settled_message_wakes_nothing(giulia, sara):
    write(minutes=0)
    standing.settle(contact=giulia, by=sara, now=after(minutes=1))
    Conversation.objects.update(snoozed_until=after(days=1))

    write("STOP", minutes=5)

    row = Conversation.objects.get()
    assert (row.snoozed_until, row.done_at) == (after(days=1), after(minutes=1))


def test_done_is_written_down_with_who_did_it(giulia, sara):
    write(minutes=0)

    assert standing.settle(contact=giulia, by=sara, now=after(minutes=3))

    row, event = Conversation.objects.get(), ConversationEvent.objects.get()
    assert (row.done_at, row.done_by) == (after(minutes=3), sara)
    assert (event.verb, event.by, event.at, event.contact) == (
        "done",
        sara,
        after(minutes=3),
        giulia,
    )


def test_done_twice_is_done_once(giulia, sara):
    write(minutes=0)
    standing.settle(contact=giulia, by=sara, now=after(minutes=3))

    assert not standing.settle(contact=giulia, by=make_user(), now=after(minutes=4))

    assert Conversation.objects.get().done_by == sara
    assert ConversationEvent.objects.count() == 1


def test_what_nobody_saw_is_not_done(giulia, sara):
    write(minutes=0)
    write("Anzi no!", minutes=2)

    assert not standing.settle(contact=giulia, by=sara, seen=NOW, now=after(minutes=3))

    assert waiting() == (NOW, 2)
    assert not ConversationEvent.objects.exists()


def test_a_machine_settles_without_calling_it_done(giulia):
    write(minutes=0)

    assert standing.settle(contact=giulia, by=None, now=after(minutes=1))

    assert (waiting(), Conversation.objects.get().done_at) == ((None, 0), None)
    assert ConversationEvent.objects.get().verb == "settled"
    assert not standing.settle(contact=giulia, by=None, now=after(minutes=2))


def test_a_person_opens_again_and_it_waits_from_then_on(giulia, sara):
    write(minutes=0)
    standing.settle(contact=giulia, by=sara, now=after(minutes=1))

    assert standing.reopen(contact=giulia, by=sara, now=after(minutes=9))

    assert waiting() == (after(minutes=9), 1)
    assert Conversation.objects.get().done_at is None
    assert not standing.reopen(contact=giulia, by=sara, now=after(minutes=10))


def test_whoever_has_no_conversation_can_neither_be_done_nor_opened(giulia, sara):
    assert not standing.settle(contact=giulia, by=sara, now=NOW)
    assert not standing.reopen(contact=giulia, by=sara, now=NOW)


@pytest.mark.parametrize("status", ["failed", "skipped", "expired"])
def test_an_answer_that_did_not_arrive_answered_nobody(giulia, sara, status):
    write(minutes=0)
    answer(giulia, sara, minutes=2, status=status)

    assert standing.take_back_failed(now=after(minutes=4)) == 1

    assert waiting() == (NOW, 1)


def test_a_second_try_that_arrived_is_an_answer(giulia, sara):
    write(minutes=0)
    answer(giulia, sara, minutes=2, status="failed")
    answer(giulia, sara, minutes=3)

    assert standing.take_back_failed(now=after(minutes=4)) == 0

    assert waiting() == (None, 0)


def test_a_failed_answer_that_a_person_called_done_stays_done(giulia, sara):
    write(minutes=0)
    answer(giulia, sara, minutes=2, status="failed")
    standing.settle(contact=giulia, by=sara, now=after(minutes=3))

    assert standing.take_back_failed(now=after(minutes=4)) == 0

    assert Conversation.objects.get().done_by == sara


def test_the_sweep_looks_after_answers_that_failed(monkeypatch):
    looked = []
    monkeypatch.setattr(standing, "take_back_failed", lambda *, now: looked.append(now))

    tasks.sweep()

    assert len(looked) == 1


def test_a_picture_without_words_says_what_it_is(giulia):
    write("", content_type="Image", mediamessage_set=[{"media": "https://x.it/a.jpg"}])

    row = Conversation.objects.get()
    assert (row.preview, row.preview_kind) == ("", "image")


def test_two_conversations_of_one_person_become_one(giulia, sara):
    double = make_contact(phone="+393479999999")
    write(minutes=0)
    late = make_inbound(contact=double, at=after(minutes=7), text="Dal vecchio")
    standing.take_inbound(message=late, contact=double, is_settled=False, now=after(minutes=7))
    Conversation.objects.filter(contact=double).update(assignee=sara, assigned_at=NOW)

    merge_contacts(survivor=giulia, merged=double, by=None, now=after(minutes=9))

    row = Conversation.objects.get()
    assert (row.contact, row.assignee, row.preview) == (giulia, sara, "Dal vecchio")
    assert waiting() == (NOW, 2)


def test_the_conversation_of_a_double_goes_over_to_whoever_had_none(giulia, sara):
    double = make_contact(phone="+393479999999")
    asked = make_inbound(contact=double, text="Dal vecchio")
    standing.take_inbound(message=asked, contact=double, is_settled=False, now=NOW)
    answer(double, sara, minutes=1)

    merge_contacts(survivor=giulia, merged=double, by=None, now=after(minutes=9))

    row = Conversation.objects.get()
    assert (row.contact, row.unanswered_since, row.preview) == (giulia, None, "Parte oggi!")


def test_done_before_a_merge_stays_done(giulia, sara):
    double = make_contact(phone="+393479999999")
    asked = make_inbound(contact=double)
    standing.take_inbound(message=asked, contact=double, is_settled=False, now=NOW)
    standing.settle(contact=double, by=sara, now=after(minutes=1))

    merge_contacts(survivor=giulia, merged=double, by=None, now=after(minutes=9))

    assert waiting() == (None, 0)
    assert ConversationEvent.objects.get().contact == double


def test_a_history_makes_a_conversation_and_nobody_wait(giulia):
    make_inbound(contact=giulia, source="history", at=NOW - timedelta(days=400), text="Anni fa")

    assert recount(contact_ids=[giulia.pk]) == 1

    row = Conversation.objects.get()
    assert (row.preview, row.unanswered_since) == ("Anni fa", None)


def test_a_delivery_of_what_a_history_told_before_waits_unless_it_was_answered(giulia, sara):
    make_inbound(contact=giulia, source="history", uuid="a" * 32, at=NOW)
    answer(giulia, sara, minutes=5)

    write(uuid="a" * 32, minutes=0, told=30)
    assert waiting() == (None, 0)

    make_inbound(contact=giulia, source="history", uuid="b" * 32, at=after(minutes=8))
    write(uuid="b" * 32, minutes=8, told=40)
    assert waiting() == (after(minutes=8), 1)


def test_a_window_that_is_gone_is_gone_from_the_inbox(giulia):
    window = make_window(contact=giulia)
    make_inbound(contact=giulia)
    recount(contact_ids=[giulia.pk])
    assert Conversation.objects.get().window_closes_at == window.closes_at

    window.delete()
    recount(contact_ids=[giulia.pk])

    assert Conversation.objects.get().window_closes_at is None
