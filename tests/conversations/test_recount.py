"""The rows of the inbox made again out of the messages are what they were."""

from datetime import timedelta
from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import standing
from conversations.models import CardOpening, Conversation, ConversationEvent
from conversations.recount import recount
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.conversations import make_inbound, make_reply, make_window

pytestmark = pytest.mark.django_db
SHOWN = (
    "last_message_at",
    "last_inbound_at",
    "preview",
    "preview_kind",
    "is_preview_inbound",
    "unanswered_since",
    "unread_count",
    "window_closes_at",
)
# What happens, and for a message how many minutes before it is told it was written.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "lost", "stop", "answer", "done", "reopen", "settled"]),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=10,
)


def shown(contact):
    return Conversation.objects.filter(contact=contact).values(*SHOWN).first()


def take(contact, by, what, at, late):
    if what in {"write", "stop"}:
        # A second apart in writing as well: of two equal moments nobody can say which was last.
        message = make_inbound(contact=contact, text=f"{what} {at:%H:%M}", at=at - late)
        standing.take_inbound(message=message, contact=contact, is_settled=what == "stop", now=at)
    elif what == "lost":
        lost = make_inbound(contact=contact, text="lost", at=at - late, source="history")
        standing.take_told(messages=[lost], contact=contact)
    elif what == "answer":
        make_reply(contact=contact, by=by, at=at, text="Ecco")
        standing.note_reply(contact=contact, at=at, text="Ecco", by=by, now=at)
    elif what == "reopen":
        standing.reopen(contact=contact, by=by, now=at)
    else:
        standing.settle(contact=contact, by=by if what == "done" else None, now=at)


@given(steps=STEPS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happened_the_recount_finds_what_was_kept(steps):
    with transaction.atomic():
        contact, by = make_contact(), make_user()
        for number, (what, minutes) in enumerate(steps, start=1):
            at = NOW + timedelta(minutes=number)
            take(contact, by, what, at, timedelta(minutes=minutes, seconds=number))
        kept = shown(contact)

        changed = recount(contact_ids=[contact.pk])

        assert shown(contact) == kept
        assert changed == 0
        transaction.set_rollback(True)


def test_the_command_makes_every_row_again(django_assert_max_num_queries):
    for _ in range(3):
        contact = make_contact()
        message = make_inbound(contact=contact)
        make_window(contact=contact)
        standing.take_inbound(message=message, contact=contact, is_settled=False, now=NOW)
    answered = make_reply().contact
    before = {row["contact"]: row for row in Conversation.objects.values("contact", *SHOWN)}
    Conversation.objects.all().delete()

    said = StringIO()
    with django_assert_max_num_queries(14):
        call_command("rebuild_conversations", stdout=said)

    after = {row["contact"]: row for row in Conversation.objects.values("contact", *SHOWN)}
    assert after.pop(answered.pk)["preview"] == "Parte oggi!"
    assert after == before
    assert "4" in said.getvalue()


def test_one_conversation_can_be_made_again_alone():
    wrong, other = make_contact(), make_contact()
    for contact in (wrong, other):
        make_inbound(contact=contact)
        recount(contact_ids=[contact.pk])
    Conversation.objects.update(preview="Sbagliato")

    call_command("rebuild_conversations", contact=[wrong.pk], stdout=StringIO())

    assert shown(wrong)["preview"] == "Quando arriva il mio pacco?"
    assert shown(other)["preview"] == "Sbagliato"


def test_the_recount_keeps_what_people_decided():
    contact, by = make_contact(), make_user()
    make_inbound(contact=contact)
    recount(contact_ids=[contact.pk])
    Conversation.objects.update(assignee=by, snoozed_until=NOW, preview="Sbagliato")

    recount(contact_ids=[contact.pk])

    row = Conversation.objects.get()
    assert (row.assignee, row.snoozed_until) == (by, NOW)


def test_a_conversation_without_messages_is_left_alone():
    contact = make_contact()
    Conversation.objects.create(contact=contact, last_message_at=NOW, preview="Ciao")

    assert recount(contact_ids=[contact.pk]) == 0

    assert Conversation.objects.get().preview == "Ciao"


@pytest.mark.parametrize("model", [ConversationEvent, CardOpening])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_what_people_did_can_neither_be_changed_nor_deleted(model, change):
    named = {"verb": "done"} if model is ConversationEvent else {"way": "inbox"}
    row = model.objects.create(contact=make_contact(), at=NOW, by=make_user(), **named)
    found = model.objects.filter(pk=row.pk)

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        found.update(at=NOW + timedelta(1)) if change == "update" else found.delete()

    assert found.get().at == NOW


def test_the_log_can_be_shortened_by_whoever_says_so():
    row = CardOpening.objects.create(contact=make_contact(), at=NOW, by=make_user(), way="inbox")

    with pgtrigger.ignore("conversations.CardOpening:append_only"):
        CardOpening.objects.filter(pk=row.pk).delete()

    assert not CardOpening.objects.exists()
