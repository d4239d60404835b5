"""What agents do with conversations: each alone, nothing lost where two click at once, and all of it can be undone."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from audiences.merging import merge_contacts
from config.roles import AGENT
from conversations.inbox.deeds import Deed, Wish, carry_out
from conversations.inbox.undoing import UndoRefused, token_of, undo
from conversations.models import ConversationEvent
from conversations.recount import recount
from conversations.standing import note_inbound
from tests.conftest import NOW
from tests.conversations.card.steps import wrote
from tests.conversations.inbox.steps import mark, talk
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_number
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


def do(deed, by, *marks, **told):
    return carry_out(Wish(deed=Deed(deed), by=by, now=told.pop("now", NOW), **told), list(marks))


def state(row):
    row.refresh_from_db()
    return (row.assignee, row.unanswered_since, row.unread_count, row.snoozed_until, row.done_at, row.done_by)  # fmt: skip


def test_one_click_takes_a_conversation(sara):
    row = talk(waits=5)

    report = do("take", sara, mark(row))

    assert state(row)[0] == sara
    assert [change.name for change in report.done] == ["Giulia"]
    assert report.refused == []


def test_the_later_of_two_who_take_it_is_told_who_was_first_and_changes_nothing(sara, luca):
    row = talk(waits=5)
    seen = mark(row)
    do("take", luca, seen)

    report = do("take", sara, seen, now=SOON)

    assert state(row)[0] == luca
    assert report.done == []
    assert ["Luca Re" in why for _name, why in report.refused] == [True]


def test_one_that_is_seen_in_a_colleagues_hands_may_be_taken_over(sara, luca):
    row = talk(waits=5, assignee=luca)

    do("take", sara, mark(row))

    assert state(row)[0] == sara


def test_it_is_given_to_a_colleague_and_let_go(sara, luca):
    row = talk(waits=5)

    do("give", sara, mark(row), to=luca)
    assert state(row)[0] == luca
    do("release", sara, mark(row))
    assert state(row)[0] is None


def test_done_ends_the_waiting_and_keeps_who_did_it(sara):
    row = talk(waits=5)

    do("done", sara, mark(row))

    assert state(row)[1:] == (None, 0, None, NOW, sara)


def test_what_the_customer_wrote_meanwhile_is_not_settled_unread(sara):
    row = talk(waits=5)
    seen = mark(row)
    note_inbound(contact=row.contact, at=NOW, text="E poi?", is_settled=False, now=NOW)

    report = do("done", sara, seen)

    assert state(row)[4] is None
    assert len(report.refused) == 1


@pytest.mark.parametrize("deed", ["done", "snooze"])
def test_what_a_colleague_took_or_settled_meanwhile_stays_as_it_is(sara, luca, deed):
    taken, settled = talk(waits=5), talk("Anna", waits=5)
    seen = [mark(taken), mark(settled)]
    do("take", luca, seen[0])
    do("done", luca, seen[1])
    before = [state(taken), state(settled)]

    report = do(deed, sara, *seen, now=SOON, until=NOW + timedelta(hours=2))

    assert [state(taken), state(settled)] == before
    assert len(report.refused) == 2


def test_what_a_colleague_put_off_meanwhile_stays_put_off(sara, luca):
    row = talk(waits=5)
    seen = mark(row)
    do("snooze", luca, seen, until=NOW + timedelta(hours=2))
    before = state(row)

    report = do("done", sara, seen, now=SOON)

    assert state(row) == before
    assert len(report.refused) == 1


def test_one_refusal_stops_none_of_the_others(sara, luca):
    rows = [talk(name, waits=5) for name in ("Anna", "Bea", "Carla")]
    seen = [mark(row) for row in rows]
    do("done", luca, seen[1])

    report = do("done", sara, *seen, now=SOON)

    assert [change.name for change in report.done] == ["Anna", "Carla"]
    assert [name for name, _why in report.refused] == ["Bea"]


def test_a_conversation_that_is_gone_says_so(sara):
    row = talk(waits=5)
    seen = mark(row)
    row.delete()

    report = do("done", sara, seen, replace(seen, contact_id=10**9))

    assert (len(report.done), len(report.refused)) == (0, 2)


def test_of_a_merged_customer_the_conversation_that_stayed_is_meant(sara):
    kept = make_contact(first_name="Giulia")
    row = talk("Doppia", waits=5)
    seen = mark(row)
    merge_contacts(survivor=kept, merged=row.contact, by=sara, now=NOW)

    do("take", sara, seen)

    kept.refresh_from_db()
    assert kept.conversation.assignee == sara


def test_done_before_and_done_again_changes_nothing(sara):
    row = talk(done_at=NOW)

    report = do("done", sara, mark(row), now=SOON)

    assert (report.done, report.refused) == ([], [])
    assert state(row)[4] == NOW


# Undo.


@pytest.mark.parametrize(
    ("deed", "told"),
    [("take", {}), ("done", {}), ("snooze", {"until": NOW + timedelta(hours=2)}), ("release", {})],
)
def test_undo_puts_everything_back(sara, luca, deed, told):
    row = talk(waits=50, assignee=luca if deed != "take" else None)
    before = state(row)
    report = do(deed, sara, mark(row), **told)
    assert state(row) != before

    back = undo(token_of(report.done, by=sara), by=sara, now=SOON)

    assert state(row) == before
    assert len(back.done) == 1


def test_an_undone_done_waits_since_before_also_after_a_recount(sara):
    contact = make_contact(first_name="Giulia")
    wrote(contact, at=NOW - timedelta(hours=3))
    row = contact.conversation
    since = row.unanswered_since
    report = do("done", sara, mark(row))

    undo(token_of(report.done, by=sara), by=sara, now=SOON)
    recount(contact_ids=[contact.pk])

    assert since is not None
    assert state(row)[1] == since


def test_undone_the_story_tells_both(sara):
    row = talk(waits=5)
    report = do("done", sara, mark(row))

    undo(token_of(report.done, by=sara), by=sara, now=SOON)

    assert list(ConversationEvent.objects.order_by("pk").values_list("verb", flat=True)) == ["done", "reopened"]  # fmt: skip


def test_what_somebody_changed_since_is_not_undone(sara, luca):
    row = talk(waits=5)
    report = do("take", sara, mark(row))
    do("give", sara, mark(row), to=luca)

    back = undo(token_of(report.done, by=sara), by=sara, now=SOON)

    assert state(row)[0] == luca
    assert len(back.refused) == 1


def test_nobody_undoes_what_somebody_else_did_nor_what_was_never_done(sara, luca):
    row = talk(waits=5)
    token = token_of(do("done", sara, mark(row)).done, by=sara)

    for wrong, by in ((token, luca), (token + "x", sara), ("", sara)):
        with pytest.raises(UndoRefused):
            undo(wrong, by=by, now=SOON)

    assert state(row)[4] == NOW


def test_after_ten_minutes_it_is_too_late(sara, frozen):
    row = talk(waits=5)
    token = token_of(do("done", sara, mark(row)).done, by=sara)
    frozen.shift(timedelta(minutes=11))

    with pytest.raises(UndoRefused):
        undo(token, by=sara, now=NOW + timedelta(minutes=11))

    assert state(row)[4] == NOW


@pytest.mark.django_db(transaction=True)
def test_of_two_agents_who_click_at_the_same_moment_one_wins_and_one_is_told():
    make_number(account=make_account())
    agents = [make_member(AGENT, username=name, first_name=name) for name in ("sara", "luca")]
    row = talk(waits=5)
    seen, together, reports = mark(row), Barrier(2), []

    def click(agent):
        together.wait()
        reports.append(do("take", agent, seen))
        connections.close_all()

    threads = [Thread(target=click, args=[agent]) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted((len(one.done), len(one.refused)) for one in reports) == [(0, 1), (1, 0)]
    assert ConversationEvent.objects.filter(verb="assigned").count() == 1
